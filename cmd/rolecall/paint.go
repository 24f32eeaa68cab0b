package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A paint prints the tour: with colours on a terminal, plain elsewhere and where
// NO_COLOR is set (https://no-color.org).
type paint struct {
	w       io.Writer
	colours bool
}

func newPaint(w io.Writer, lookup func(string) (string, bool)) *paint {
	none, _ := lookup("NO_COLOR")
	kind, _ := lookup("TERM")
	return &paint{w, isTerminal(w) && none == "" && kind != "dumb"}
}

// Colours, as parameters of the terminal's SGR sequence (ECMA-48, 8.3.117).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (p *paint) in(colour, text string) string {
	if !p.colours || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p *paint) title(text string)   { fmt.Fprintf(p.w, "\n%s\n", p.in(bold, text)) }
func (p *paint) text(text string)    { fmt.Fprintln(p.w, text) }
func (p *paint) chapter(text string) { fmt.Fprintf(p.w, "\n%s\n", p.in(bold+";"+cyan, text)) }

func (p *paint) scene(step int, title string) { fmt.Fprintf(p.w, "\n%3d  %s\n", step, title) }

// request prints who asks for what.
func (p *paint) request(s scene) {
	credentials := "as " + s.who
	switch {
	case s.who == "nobody":
		credentials = "without a token"
	case s.bearer == "":
		credentials = "with " + s.who + "'s password"
	}
	fmt.Fprintf(p.w, "     %s %s  %s\n", p.in(bold, s.method), s.url, p.in(dim, credentials))
}

// answer prints a status and the body.
func (p *paint) answer(status int, body string) {
	colour := green
	switch {
	case status >= 500:
		colour = red
	case status >= 400:
		colour = yellow
	}
	fmt.Fprintf(p.w, "     %s", p.in(bold+";"+colour, fmt.Sprintf("%d %s", status, http.StatusText(status))))
	if body != "" {
		fmt.Fprintf(p.w, "  %s", p.in(dim, body))
	}
	fmt.Fprintln(p.w)
}

func (p *paint) wrong(text string) { fmt.Fprintf(p.w, "     %s\n", p.in(bold+";"+red, "WRONG: "+text)) }

func (p *paint) tree(text string) {
	fmt.Fprintln(p.w)
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); line == "" {
			fmt.Fprintln(p.w)
			continue
		}
		fmt.Fprintf(p.w, "       %s\n", line)
	}
}

func (p *paint) lines(lines ...string) {
	fmt.Fprintln(p.w)
	for _, line := range lines {
		switch {
		case line == "":
			fmt.Fprintln(p.w)
		case strings.HasPrefix(line, "#"):
			fmt.Fprintln(p.w, "  "+p.in(dim, line))
		default:
			fmt.Fprintln(p.w, "  "+line)
		}
	}
	fmt.Fprintln(p.w)
}
