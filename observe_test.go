package rolecall_test

import (
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// heard keeps what an Observer is told of decisions.
type heard struct {
	asked     []rolecall.Request
	decisions []rolecall.Decision
}

func (h *heard) Decided(_ rolecall.Actor, asked []rolecall.Request, decisions []rolecall.Decision, _ time.Duration) {
	h.asked, h.decisions = append(h.asked, asked...), append(h.decisions, decisions...)
}

func (*heard) Wrote(rolecall.Actor, rolecall.Receipt, error, time.Duration) {}

// However a question is asked, the Observer is told it, and why it came out so.
func TestAnObserverIsToldEveryDecision(t *testing.T) {
	var h heard
	rc, err := rolecall.Open(t.Context(), sqlite.Memory(), rolecall.WithObserver(&h))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	req := rolecall.Request{Subject: "nobody", Permission: "post.publish", Tenant: "acme"}
	d, err := rc.Check(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if can, err := rc.Can(t.Context(), req.Subject, req.Permission, req.Tenant); can || err != nil {
		t.Errorf("Can = %v, %v", can, err)
	}
	if _, err := rc.CheckAll(t.Context(), []rolecall.Request{req}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if len(h.asked) != 3 || h.asked[i] != req || h.decisions[i] != d || d.Reason != rolecall.UnknownSubject {
			t.Fatalf("it is told %+v of %+v", h.decisions, h.asked)
		}
	}
}
