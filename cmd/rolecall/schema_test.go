package main

import (
	"strings"
	"testing"

	"github.com/rolecall/rolecall/internal/server"
)

func TestTheStatusOfASchemaSaysWhetherThisProgramWorksWithIt(t *testing.T) {
	for _, tt := range []struct {
		version, least, known int
		want                  string
	}{
		{0, 0, 12, "no project yet"},
		{11, 1, 12, "'rolecall migrate up' brings it there"},
		{12, 1, 12, "up to date"},
		{13, 12, 12, "schema 13 of a newer version of rolecall; this one knows 12, and works with it"},
		{13, 13, 12, "schema 13 of a newer version of rolecall; this one knows 12, and can't work with it: upgrade rolecall"},
	} {
		got := describe(server.Schema{Place: "database", Version: tt.version, Least: tt.least, Known: tt.known})
		if !strings.Contains(got, tt.want) {
			t.Errorf("schema %d, which takes %d, by a program that knows %d: %q, want %q", tt.version, tt.least, tt.known, got, tt.want)
		}
	}
}
