package rolecall_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/rolecall/rolecall"
	"pgregory.net/rapid"
)

// What the differential test asks about.
var (
	allSubjects    = []rolecall.SubjectID{"adam", "bob", "eve", "queen", "exiled", "nobody"}
	allPermissions = []string{"crown", "a", "b"}
	allScopes      = []rolecall.Scope{{}, {Tenant: "acme"}, {Tenant: "acme", Resource: "doc:1"}, {Tenant: "globex", Resource: "doc:2"}}
)

func eachQuestion(ask func(rolecall.Request)) {
	for _, s := range allSubjects {
		for _, p := range allPermissions {
			for _, where := range allScopes {
				ask(rolecall.Request{Subject: s, Permission: p, Tenant: where.Tenant, Resource: where.Resource})
			}
		}
	}
}

// TestServiceAgreesWithTheReference makes random writes through the Service and
// applies what their receipts say to the reference model. After each, decisions
// are the model's; dry runs foretell what the model says will change; and what
// readers saw meanwhile is, for the revision they saw it at, what the model said.
func TestServiceAgreesWithTheReference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t)
		model := rolecall.NewReference()
		at := map[rolecall.Revision]rolecall.Reference{}
		note := func(receipt rolecall.Receipt) {
			for _, c := range receipt.Changes {
				model.Apply(c.Before, c.After)
			}
			at[receipt.Revision] = model.Clone()
		}
		genesis, err := s.Audit(t.Context(), system, rolecall.EntryQuery{Limit: rolecall.MaxPage})
		if err != nil {
			rt.Fatal(err)
		}
		for _, e := range genesis {
			r, err := rolecall.DecodeRecord(e.Kind, e.After)
			if err != nil {
				rt.Fatal(err)
			}
			model.Apply(nil, r)
		}
		at[s.Revision()] = model.Clone()

		type answer struct {
			asked rolecall.Request
			got   rolecall.Decision
		}
		var seen []answer
		var reader sync.WaitGroup
		stop := make(chan struct{})
		reader.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if len(seen) == 20_000 {
					seen = seen[:0]
				}
				req := rolecall.Request{Subject: allSubjects[i%len(allSubjects)], Permission: allPermissions[i/7%len(allPermissions)], Tenant: allScopes[i/3%len(allScopes)].Tenant}
				d, _ := s.Check(t.Context(), req)
				seen = append(seen, answer{req, d})
			}
		})
		stopped := sync.OnceFunc(func() { close(stop); reader.Wait() })
		defer stopped()

		start := []rolecall.Record{
			permission("crown"), permission("a"), permission("b"), tenant("acme"), tenant("globex"),
			role("royal"), grant("royal", "crown"), role("r1"), grant("r1", "a"), role("r2"), tenantRole("acme", "ra"), grant("ra", "b"),
			group("g1"), group("g2"), group("royals"), assigned("royals", "royal", everywhere),
		}
		for _, who := range []rolecall.SubjectID{"adam", "temp", "tina", "bob", "eve", "queen", "princess", "exiled"} {
			start = append(start, user(who))
		}
		ops := make([]rolecall.Op, len(start))
		for i, r := range start {
			ops[i] = rolecall.Create(r)
		}
		receipt, err := s.Write(t.Context(), system, ops...)
		if err != nil {
			rt.Fatal(err)
		}
		note(receipt)

		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			op := rapid.SliceOfN(rapid.Custom(anyOp), 1, 3).Draw(rt, "ops")
			dry := system
			dry.DryRun = true
			before := model.Clone()
			foretold, dryErr := s.Write(t.Context(), dry, op...)
			receipt, err := s.Write(t.Context(), system, op...)
			if (err == nil) != (dryErr == nil) {
				rt.Fatalf("the write: %v; its dry run: %v", err, dryErr)
			}
			if err != nil {
				continue
			}
			note(receipt)
			eachQuestion(func(req rolecall.Request) {
				want := model.Allowed(req, noon)
				if got := s.Policy().Decide(req, noon); got.Allowed != want {
					rt.Fatalf("Decide(%+v) = %+v, want %v", req, got, want)
				}
				had := before.Allowed(req, noon)
				if want && !had && !covers(foretold.Gained, req) {
					rt.Fatalf("%+v was gained, the dry run said %+v", req, foretold.Gained)
				}
				if had && !want && !covers(foretold.Lost, req) && model.HasTenant(req.Tenant) {
					rt.Fatalf("%+v was lost, the dry run said %+v", req, foretold.Lost)
				}
			})
			for _, e := range foretold.Gained {
				if e.Validity.At(noon) && !model.Allowed(question(e), noon) {
					rt.Fatalf("the dry run promised %+v", e)
				}
			}
			for _, e := range foretold.Lost {
				if e.Validity.At(noon) && !before.Allowed(question(e), noon) {
					rt.Fatalf("the dry run took %+v, which nobody had", e)
				}
			}
		}
		stopped()
		for _, a := range seen {
			if want := at[a.got.Revision].Allowed(a.asked, noon); a.got.Allowed != want {
				rt.Fatalf("a reader asked %+v and got %+v, want %v", a.asked, a.got, want)
			}
		}
		past := rapid.SampledFrom(slices.Sorted(keys(at))).Draw(rt, "past")
		p, err := s.AsOf(t.Context(), system, past)
		if err != nil {
			rt.Fatal(err)
		}
		eachQuestion(func(req rolecall.Request) {
			if got, want := p.Decide(req, noon).Allowed, at[past].Allowed(req, noon); got != want {
				rt.Fatalf("as of %d, Decide(%+v) = %v, want %v", past, req, got, want)
			}
		})
		if _, err := s.VerifyAudit(t.Context(), system, nil); err != nil {
			rt.Fatal(err)
		}
	})
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func question(e rolecall.Effect) rolecall.Request {
	return rolecall.Request{Subject: e.Subject, API: e.API, Permission: e.Name, Tenant: e.Tenant, Resource: e.Resource}
}

// covers reports whether one of effects, at noon, answers req.
func covers(effects []rolecall.Effect, req rolecall.Request) bool {
	return slices.ContainsFunc(effects, func(e rolecall.Effect) bool {
		return e.Subject == req.Subject && e.Name == req.Permission && e.API == "default" &&
			e.Scope.Covers(rolecall.Scope{Tenant: req.Tenant, Resource: req.Resource}) && e.Validity.At(noon)
	})
}

// TestTwoServicesOnOneFile lets two processes' worth of Services write to one
// file: each sees the other's writes, and neither loses one.
func TestTwoServicesOnOneFile(t *testing.T) {
	path := t.TempDir() + "/rolecall.db"
	var services [2]*rolecall.Service
	for i := range services {
		services[i] = openFile(t, path)
	}
	if services[0].Project() != services[1].Project() {
		t.Fatalf("projects %q and %q", services[0].Project(), services[1].Project())
	}
	var writers sync.WaitGroup
	for i, s := range services {
		writers.Go(func() {
			for n := 0; n < 25; n++ {
				_, err := s.Write(t.Context(), system, rolecall.Create(user(rolecall.SubjectID(fmt.Sprint("u", i, "-", n)))))
				if errors.Is(err, rolecall.ErrUnavailable) {
					n-- // the other was quicker all the time: nothing was written
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	for _, s := range services {
		eventually(t, "at the other's revision", func() bool { return s.Revision() >= 51 })
		if s.Revision() != 51 {
			t.Errorf("at revision %d, want 51", s.Revision())
		}
		for i := range services {
			for n := range 25 {
				who := rolecall.SubjectID(fmt.Sprint("u", i, "-", n))
				if d, _ := s.Check(t.Context(), rolecall.Request{Subject: who, Any: rolecall.KindUser}); !d.Allowed {
					t.Errorf("%s is missing", who)
				}
			}
		}
		if _, err := s.VerifyAudit(t.Context(), system, nil); err != nil {
			t.Error(err)
		}
	}
}
