package main

import (
	"bytes"
	"testing"
)

func TestTheProgressBarShowsHowFarTheInputIsRead(t *testing.T) {
	for _, tt := range []struct {
		name       string
		size, read int64
		want       string
	}{
		{"half of a file", 200, 100, "\r[===============               ]  50%  7 lines"},
		{"all of a file", 200, 200, "\r[==============================] 100%  7 lines"},
		{"a file that grew", 200, 300, "\r[==============================] 100%  7 lines"},
		{"a pipe", 0, 100, "\r7 lines"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got bytes.Buffer
			(&progress{&got, tt.size, "lines"}).at(tt.read, 7)
			if got.String() != tt.want {
				t.Errorf("at(%d) of %d = %q, want %q", tt.read, tt.size, got.String(), tt.want)
			}
		})
	}
}

func TestThereIsNoProgressBarWithoutATerminal(t *testing.T) {
	var got bytes.Buffer
	p := newProgress(&got, 10, "lines")
	p.at(5, 1)
	p.done()
	if got.Len() > 0 {
		t.Errorf("it wrote %q", got.String())
	}
}
