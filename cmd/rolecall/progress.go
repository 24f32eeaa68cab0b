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
}

func newProgress(w io.Writer, size int64) *progress {
	if !isTerminal(w) {
		w = nil
	}
	return &progress{w, size}
}

// at shows that so many bytes are read and so many lines done.
func (p *progress) at(read int64, lines int) {
	const width = 30
	switch {
	case p.w == nil:
	case p.size == 0:
		fmt.Fprintf(p.w, "\r%d lines", lines)
	default:
		done := int(min(read, p.size) * width / p.size)
		fmt.Fprintf(p.w, "\r[%s%s] %3d%%  %d lines", strings.Repeat("=", done), strings.Repeat(" ", width-done), min(read, p.size)*100/p.size, lines)
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
