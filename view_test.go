package rolecall_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

func TestAPlanReadsWhatTheOperationsBeforeItLeft(t *testing.T) {
	rc := newStage(t).Service
	ctx := t.Context()
	var seen []string
	look := rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		tenants, err := rolecall.All[*rolecall.Tenant](ctx, v, rolecall.Query{Kind: rolecall.KindTenant})
		for _, tenant := range tenants {
			seen = append(seen, tenant.Name)
		}
		return nil, err
	})
	if _, err := rc.Write(ctx, system,
		look, rolecall.Create(&rolecall.Tenant{ID: "a", Name: "A"}), look,
		rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
			a, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: "a"})
			if err != nil {
				return nil, err
			}
			a.Name = "A2"
			return []rolecall.Op{rolecall.Update(a), look}, nil
		})); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(seen), "[A A2]"; got != want {
		t.Errorf("the plans saw %s, want %s", got, want)
	}
}

func TestAPlanReadsOnlyWhatItsActorMay(t *testing.T) {
	rc := newStage(t).Service
	ctx := t.Context()
	if _, err := rc.Write(ctx, system, rolecall.Create(&rolecall.User{ID: "nobody"}), rolecall.Create(&rolecall.Tenant{ID: "a", Name: "A"})); err != nil {
		t.Fatal(err)
	}
	_, err := rc.Write(ctx, rolecall.Actor{Subject: "nobody"}, rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		_, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: "a"})
		return nil, err
	}))
	if !errors.Is(err, rolecall.ErrForbidden) {
		t.Errorf("error = %v, want forbidden", err)
	}
}

func TestAPlanThatFailsLeavesNothing(t *testing.T) {
	rc := newStage(t).Service
	before := rc.Revision()
	_, err := rc.Write(t.Context(), system, rolecall.Plan(func(context.Context, *rolecall.View) ([]rolecall.Op, error) {
		return []rolecall.Op{
			rolecall.Create(&rolecall.Tenant{ID: "a", Name: "A"}),
			rolecall.Delete(&rolecall.Tenant{ID: "b"}),
		}, nil
	}))
	if !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("error = %v, want not found", err)
	}
	if got := rc.Revision(); got != before {
		t.Errorf("the revision moved from %d to %d", before, got)
	}
}

func TestNoWriteComesBetweenReadingAndDoing(t *testing.T) {
	rc := newStage(t).Service
	ctx := t.Context()
	if _, err := rc.Write(ctx, system, rolecall.Create(&rolecall.Tenant{ID: "a", Name: "."})); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := rc.Write(ctx, system, rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
				a, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: "a"})
				if err != nil {
					return nil, err
				}
				a.Name += "."
				return []rolecall.Op{rolecall.Update(a)}, nil
			})); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	a, err := rolecall.Find(ctx, rc, system, &rolecall.Tenant{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := a.Name, "........."; got != want {
		t.Errorf("the name is %q, want %q: a write was lost", got, want)
	}
}

// As many views as there are connections, each of which reads more: none waits
// for a connection that another holds.
func TestReadingMoreWhileAViewIsOpen(t *testing.T) {
	s := newStage(t, user("ann"), user("bob"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var open, done sync.WaitGroup
	n := max(4, 2*runtime.GOMAXPROCS(0))
	open.Add(n)
	for range n {
		done.Go(func() {
			err := s.View(ctx, system, func(v *rolecall.View) error {
				open.Done()
				open.Wait()
				inside := v.Context(ctx)
				page, err := s.List(inside, system, rolecall.Query{Kind: rolecall.KindUser, Total: true})
				if err == nil && page.Total != 2 {
					t.Errorf("%d users, want 2", page.Total)
				}
				if err == nil {
					_, err = s.Audit(inside, system, rolecall.EntryQuery{Limit: 1})
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
}

func TestWhatIsReadWhileAViewIsOpenIsItsState(t *testing.T) {
	s := newStage(t, user("ann"))
	err := s.View(t.Context(), system, func(v *rolecall.View) error {
		s.add(user("bob"))
		if _, err := rolecall.Find(v.Context(t.Context()), s.Service, system, &rolecall.User{ID: "bob"}); !errors.Is(err, rolecall.ErrNotFound) {
			t.Errorf("a user made after the view was opened: %v", err)
		}
		if _, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.User{ID: "bob"}); err != nil {
			t.Error(err)
		}
		_, err := s.List(v.Context(t.Context()), rolecall.Actor{Subject: "ann", Door: "test"}, rolecall.Query{Kind: rolecall.KindUser})
		if !errors.Is(err, rolecall.ErrForbidden) {
			t.Errorf("as who may not: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
