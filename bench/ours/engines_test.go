package main

import (
	"context"
	"testing"
	"time"

	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

// The replica and HTTP need the server's binary; the run itself compares them.
func TestRolecallAgreesWithTheFloor(t *testing.T) {
	w := workload.New(workload.Sizes[0])
	for _, e := range engines(t.TempDir(), "") {
		if e.Name == "replica" {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := measure.Run(ctx, e, w, measure.Limits{Agree: 10 * time.Minute, Run: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			if r.Agreed != measure.MaxAgree {
				t.Errorf("%d answers were compared, want %d", r.Agreed, measure.MaxAgree)
			}
		})
	}
}
