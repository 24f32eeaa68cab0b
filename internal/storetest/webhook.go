package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/webhook"
)

func webhooks(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	store, ok := s.Store.(webhook.Store)
	if !ok {
		t.Fatalf("a %T is no webhook.Store", s.Store)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(what string, want ...webhook.State) {
		t.Helper()
		got, err := store.Webhooks(ctx)
		must(err)
		same(t, what, got, want)
	}
	yes := func(what string, want bool) func(bool, error) {
		return func(got bool, err error) {
			t.Helper()
			if must(err); got != want {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
	}
	is("none")
	a := webhook.State{ID: "a", Secret: rolecall.Secret{0, 1, 0xff}, Revision: 7}
	b := webhook.State{ID: "b", Secret: rolecall.Secret("x"), Revision: 1 << 40}
	must(store.AddWebhook(ctx, b))
	must(store.AddWebhook(ctx, a))
	is("new ones, by id", a, b)

	minute := start.Add(time.Minute)
	yes("the first claims it", true)(store.ClaimWebhook(ctx, "a", "one", start, minute))
	yes("another does not", false)(store.ClaimWebhook(ctx, "a", "two", start.Add(time.Second), minute))
	yes("the first does again", true)(store.ClaimWebhook(ctx, "a", "one", start.Add(time.Second), minute))
	a.Holder, a.HeldUntil = "one", minute
	is("claimed", a, b)

	a.Revision, a.Failures, a.NextAt, a.Error, a.TriedAt, a.HeldUntil = 9, 3, start.Add(time.Hour), "it answers 500", start, minute.Add(time.Minute)
	yes("its holder tells", true)(store.TellWebhook(ctx, a))
	is("told", a, b)
	yes("another takes over when the time is up", true)(store.ClaimWebhook(ctx, "a", "two", a.HeldUntil, a.HeldUntil.Add(time.Minute)))
	late := a
	late.Revision = 100
	yes("who held it before tells no more", false)(store.TellWebhook(ctx, late))
	a.Holder, a.HeldUntil = "two", a.HeldUntil.Add(time.Minute)
	is("taken over", a, b)

	rotated := webhook.State{ID: "a", Secret: rolecall.Secret("new"), Revision: 50}
	must(store.AddWebhook(ctx, rotated))
	a.Secret, a.Failures, a.NextAt, a.Error = rotated.Secret, 0, time.Time{}, ""
	is("with a new secret, where it was", a, b)
	must(store.ReleaseWebhooks(ctx, "one"))
	is("released by who does not hold it", a, b)
	must(store.ReleaseWebhooks(ctx, "two"))
	a.Holder, a.HeldUntil = "", time.Time{}
	is("released", a, b)
	yes("another claims it at once", true)(store.ClaimWebhook(ctx, "a", "three", start, minute))
	yes("an unknown one is nobody's", false)(store.ClaimWebhook(ctx, "x", "one", start, minute))
	must(store.DeleteWebhook(ctx, "a"))
	must(store.DeleteWebhook(ctx, "a"))
	is("deleted", b)
}
