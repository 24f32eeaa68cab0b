package client_test

import (
	"testing"

	"github.com/rolecall/rolecall"
)

// BenchmarkCheck is a question over loopback, beside a hundred in one round trip
// and the same question asked in process.
func BenchmarkCheck(b *testing.B) {
	s := newServer(b)
	c := s.dial(b, "")
	blog(b, c)
	s.interfere(nil)
	one := rolecall.Request{Subject: "alice", Permission: "post.publish"}
	for _, bench := range []struct {
		name    string
		checker rolecall.Checker
		reqs    []rolecall.Request
	}{
		{"in-process", s.rc, []rolecall.Request{one}},
		{"one", c, []rolecall.Request{one}},
		{"hundred", c, hundred(one)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if decisions, err := bench.checker.CheckAll(b.Context(), bench.reqs); err != nil || !decisions[0].Allowed {
					b.Fatal(decisions, err)
				}
			}
		})
	}
}

func hundred(req rolecall.Request) []rolecall.Request {
	all := make([]rolecall.Request, 100)
	for i := range all {
		all[i] = req
	}
	return all
}
