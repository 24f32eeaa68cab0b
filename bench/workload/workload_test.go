package workload

import (
	"reflect"
	"testing"
)

// slowly answers from the lists of assignments and grants alone.
func (w *World) slowly(q Question) (yes bool) {
	w.Assignments(func(user, role, tenant int) {
		if User(user) != q.User || tenant >= 0 && Tenant(tenant) != q.Tenant {
			return
		}
		for _, p := range w.Grants[role] {
			yes = yes || Permission(p) == q.Permission
		}
	})
	return yes
}

func TestTheFloorAnswersWhatTheListsSay(t *testing.T) {
	w := New(Sizes[0])
	allowed := 0
	for i, q := range w.Questions[:300] {
		want := w.slowly(q)
		if got := w.Floor.Decide(&w.Questions[i]); got != want {
			t.Errorf("Decide(%v) = %v, want %v", q, got, want)
		}
		if want {
			allowed++
		}
	}
	if allowed < 100 || allowed > 250 {
		t.Errorf("%d of 300 are allowed: the questions are one-sided", allowed)
	}
	for _, q := range []Question{{"nobody", Tenant(0), Permission(0)}, {User(0), "nowhere", Permission(0)}, {User(0), Tenant(0), "nothing"}} {
		if w.Floor.Decide(&q) {
			t.Errorf("Decide(%v) = true, of what does not exist", q)
		}
	}
}

func TestAWorldIsTheSameEachTime(t *testing.T) {
	if a, b := New(Sizes[0]), New(Sizes[0]); !reflect.DeepEqual(a, b) {
		t.Error("two worlds of one size differ")
	}
}
