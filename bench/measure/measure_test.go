package measure

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall/bench/workload"
)

func TestAWrongAnswerEndsTheRun(t *testing.T) {
	w := workload.New(workload.Sizes[0])
	n := 0
	liar := &Engine{Name: "liar", Load: func(context.Context, *workload.World) (Decide, error) {
		return func(q *workload.Question) (bool, error) {
			n++
			return w.Floor.Decide(q) != (n == 100), nil
		}, nil
	}}
	_, err := Run(t.Context(), liar, w, Limits{10 * time.Minute, time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "the floor") {
		t.Errorf("Run = %v, want that the floor disagrees", err)
	}
	if n != 100 {
		t.Errorf("it went on for %d questions after a wrong one", n-100)
	}
}

func TestEachDecisionIsMeasuredAfterAgreement(t *testing.T) {
	w := workload.New(workload.Sizes[0])
	e := &Engine{Name: "floor", Load: func(context.Context, *workload.World) (Decide, error) {
		return func(q *workload.Question) (bool, error) { return w.Floor.Decide(q), nil }, nil
	}}
	r, err := Run(t.Context(), e, w, Limits{10 * time.Minute, time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if r.Agreed != MaxAgree || r.Decisions == 0 || r.CPU <= 0 || r.Floor <= 0 || r.Ratio <= 0 {
		t.Errorf("Run = %+v", r)
	}
}
