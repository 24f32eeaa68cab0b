package store

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
)

// A Stream runs a query on a driver's connection and writes its rows as lines:
// columns with tabs between them, \N for NULL, and a backslash before what would
// be taken for something else. It is PostgreSQL's text format of COPY.
type Stream func(ctx context.Context, c any, query string, to io.Writer) error

// streamBytes is how much text is visited at a time.
const streamBytes = 64 << 10

// stream sends the rows of a table as text, in no order.
func (t *table) stream(ctx context.Context, run Stream, from any, to chan<- *batch) error {
	columns := t.keys()
	for _, f := range t.columns[t.key:] {
		if loaded(t.kind, f.name) {
			columns = append(columns, f.name)
		}
	}
	w := &lineWriter{ctx: ctx, table: t, to: to, text: make([]byte, 0, streamBytes+4096)}
	if err := run(ctx, from, "SELECT "+quoted(columns)+" FROM "+t.name, w); err != nil {
		return err
	}
	return w.send(len(w.text))
}

// A lineWriter sends what is written to it, in whole lines.
type lineWriter struct {
	ctx   context.Context
	table *table
	to    chan<- *batch
	text  []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.text = append(w.text, p...)
	if len(w.text) < streamBytes {
		return len(p), nil
	}
	end := bytes.LastIndexByte(w.text, '\n') + 1
	return len(p), w.send(end)
}

// send sends the text up to end.
func (w *lineWriter) send(end int) error {
	if end == 0 {
		return nil
	}
	b := &batch{table: w.table, text: string(w.text[:end])}
	w.text = append(w.text[:0], w.text[end:]...)
	select {
	case w.to <- b:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

// visitLines makes a record of each line and calls f with it.
func (b *batch) visitLines(f func(rolecall.Record) error) error {
	r := rolecall.NewRecord(b.table.kind)
	var columns []cell
	resource := -1
	for i, f := range b.table.fields(r) {
		if i < b.table.key || loaded(b.table.kind, f.name) {
			if f.name == "resource" {
				resource = len(columns)
			}
			columns = append(columns, f.cell)
		}
	}
	rest := b.text
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		for i, c := range columns {
			var text string
			text, line, _ = strings.Cut(line, "\t")
			if i == resource { // which a policy keeps, and the whole text with it
				text = strings.Clone(text)
			}
			if err := setText(c, text); err != nil {
				return err
			}
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// setText sets a column from its text in a line.
func setText(c cell, text string) error {
	if text == `\N` {
		return c.Scan(nil)
	}
	if strings.IndexByte(text, '\\') >= 0 {
		text = unescape(text)
	}
	switch c := c.(type) {
	case texter:
		c.set(text)
		return nil
	case flagCell, countCell, momentCell:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return mismatch(text, "a number")
		}
		return c.Scan(n)
	case secretCell:
		return mismatch(text, "what is not loaded") // a policy needs no secret
	}
	return c.Scan(text)
}

// unescape undoes what COPY's text format does to special characters.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			i++
			switch c = text[i]; c {
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'v':
				c = '\v'
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
