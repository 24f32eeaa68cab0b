package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A progress is a bar on a terminal, and nothing anywhere else.
type progress struct {
	w    io.Writer // nil shows nothing
	size int64     // 0 if unknown
	what string    // "lines"
}

func newProgress(w io.Writer, size int64, what string) *progress {
	if !isTerminal(w) {
		w = nil
	}
	return &progress{w, size, what}
}

// at shows how much of the size is read, and how many are done.
func (p *progress) at(read int64, done int) {
	const width = 30
	switch {
	case p.w == nil:
	case p.size == 0:
		fmt.Fprintf(p.w, "\r%d %s", done, p.what)
	default:
		full := int(min(read, p.size) * width / p.size)
		fmt.Fprintf(p.w, "\r[%s%s] %3d%%  %d %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), min(read, p.size)*100/p.size, done, p.what)
	}
}

// done clears the bar.
func (p *progress) done() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
