package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// With this in the environment, the test's program is one that is run: it ends, or
// never does, or takes ever more memory.
const asProgram = "ROLECALL_BENCH_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
		os.Exit(m.Run())
	case "ends":
		fmt.Println(`"done"`)
	case "hangs":
		for { // not select{}, which Go would call a deadlock
			time.Sleep(time.Hour)
		}
	case "grows":
		for grown := [][]byte{}; ; time.Sleep(time.Millisecond) {
			if len(grown) < 100 { // enough, and not the machine's
				grown = append(grown, make([]byte, 1<<22))
				for i := range grown[len(grown)-1] {
					grown[len(grown)-1][i] = 1
				}
			}
		}
	}
}

func TestAProgramIsEndedAtItsLimits(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{folder: filepath.Dir(self)}
	for _, tt := range []struct {
		program string
		limit   limit
		want    error
	}{
		{"ends", limit{time: 5 * time.Minute}, nil},
		{"hangs", limit{time: time.Millisecond}, errTime},
		{"grows", limit{time: 5 * time.Minute, memory: 200 << 20}, errMemory},
	} {
		t.Run(tt.program, func(t *testing.T) {
			if tt.want == errMemory && runtime.GOOS != "linux" {
				t.Skip("the memory of another process is known on Linux alone")
			}
			t.Setenv(asProgram, tt.program)
			var out string
			if _, err := r.run(t.Context(), tt.limit, &out, filepath.Base(self)); !errors.Is(err, tt.want) {
				t.Errorf("run = %v, want %v", err, tt.want)
			}
			if tt.want == nil && out != "done" {
				t.Errorf("it said %q", out)
			}
		})
	}
}
