package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// errMismatch is what two prompts that were answered differently end with.
var errMismatch = errors.New("the passwords do not match; nothing was changed")

// passwordFlag adds --password-stdin, which reads a line of standard input in
// place of the prompts.
func passwordFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("password-stdin", false, "read the password from standard input: one line, or two that must match")
}

// newPassword asks for a password twice, without showing it, or reads it from
// standard input: one line or, as at a prompt, two.
func (a *app) newPassword(fromStdin bool) (string, error) {
	if fromStdin {
		return a.passwordLines()
	}
	terminal, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return "", errors.New("there is no terminal to ask for a password; use --password-stdin")
	}
	first, err := a.hidden(terminal, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := a.hidden(terminal, "Again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errMismatch
	}
	return first, nil
}

// password asks for a password once, or reads it from standard input.
func (a *app) password(fromStdin bool) (string, error) {
	if fromStdin {
		return a.passwordLines()
	}
	terminal, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return "", errors.New("there is no terminal to ask for a password; use --password-stdin")
	}
	return a.hidden(terminal, "Password: ")
}

func (a *app) hidden(terminal *os.File, prompt string) (string, error) {
	fmt.Fprint(a.stderr, prompt)
	text, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(a.stderr)
	return string(text), err
}

func (a *app) passwordLines() (string, error) {
	text, err := io.ReadAll(io.LimitReader(a.stdin, 16<<10))
	if err != nil {
		return "", err
	}
	first, second, two := strings.Cut(strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n")
	if two && first != second {
		return "", errMismatch
	}
	if first == "" {
		return "", errors.New("there is no password on standard input")
	}
	return first, nil
}

// confirm asks a question that "y" or "yes" answers; anything else means no.
func (a *app) confirm(question string) bool {
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	line, _ := bufio.NewReader(a.stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true
	}
	return false
}
