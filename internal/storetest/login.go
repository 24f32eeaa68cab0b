package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func logins(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	state, ok := s.Store.(identity.Store)
	if !ok {
		t.Fatalf("a %T is no identity.Store", s.Store)
	}
	s.put(&rolecall.User{ID: "maya"}, &rolecall.User{ID: "noah"})
	head, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made := func(id string, subject rolecall.SubjectID, lasts time.Duration) *identity.Login {
		l := &identity.Login{
			ID: id, Subject: subject, Address: "192.0.2.1:5000", Revision: 7,
			CreatedAt: start, RefreshedAt: start, ExpiresAt: start.Add(lasts),
		}
		if err := state.AddLogin(ctx, l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	is := func(what string, want *identity.Login) {
		t.Helper()
		got, err := state.FindLogin(ctx, want.ID)
		if err != nil {
			t.Error(err)
		}
		same(t, what, got, want)
	}
	gone := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, rolecall.ErrNotFound) {
			t.Errorf("%s: %v, want %v", what, err, rolecall.ErrNotFound)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}

	gone("of nobody", state.AddLogin(ctx, &identity.Login{ID: "x", Subject: "nobody", CreatedAt: start, ExpiresAt: start}))
	phone, laptop, noahs := made("phone", "maya", time.Minute), made("laptop", "maya", time.Hour), made("noah's", "noah", time.Hour)
	is("a new one", phone)

	browser := &identity.Login{ID: "browser", Subject: "noah", Agent: "Lynx/2.8", CookieHash: []byte{0, 1, 0xff},
		CreatedAt: start.Add(time.Second), RefreshedAt: start, ExpiresAt: start.Add(time.Hour)}
	must(state.AddLogin(ctx, browser))
	is("a browser's", browser)
	found, err := state.FindBrowser(ctx, []byte{0, 1, 0xff})
	must(err)
	same(t, "the login with a cookie", found, browser)
	_, err = state.FindBrowser(ctx, []byte{0, 1})
	gone("an unknown cookie", err)
	if twice := state.AddLogin(ctx, &identity.Login{ID: "other", Subject: "noah", CookieHash: []byte{0, 1, 0xff}, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}); twice == nil {
		t.Error("two logins have one cookie")
	}
	all, err := state.Logins(ctx, "noah", start)
	must(err)
	same(t, "the logins of a subject, the newest first", all, []*identity.Login{browser, noahs})
	all, err = state.Logins(ctx, "noah", start.Add(time.Hour))
	must(err)
	same(t, "logins that have expired", all, []*identity.Login(nil))
	_, err = state.FindLogin(ctx, "x")
	gone("an unknown one", err)

	must(state.TouchLogin(ctx, "phone", start.Add(time.Second), 9))
	phone.RefreshedAt, phone.Revision = start.Add(time.Second), 9
	is("touched", phone)
	must(state.TouchLogin(ctx, "phone", start, 8))
	is("touched by who came earlier", phone)
	must(state.SelectTenant(ctx, "phone", "acme"))
	phone.Tenant = "acme"
	is("in a tenant", phone)
	gone("touching an unknown one", state.TouchLogin(ctx, "x", start, 9))
	gone("selecting for an unknown one", state.SelectTenant(ctx, "x", "acme"))

	must(state.EndLogin(ctx, "phone", start.Add(time.Minute)))
	must(state.EndLogin(ctx, "x", start))
	phone.EndedAt = start.Add(time.Minute)
	is("ended", phone)
	is("another of the same user", laptop)
	gone("touching an ended one", state.TouchLogin(ctx, "phone", start.Add(time.Hour), 10))
	gone("selecting for an ended one", state.SelectTenant(ctx, "phone", ""))
	must(state.EndLogins(ctx, "maya", start.Add(time.Hour)))
	laptop.EndedAt = start.Add(time.Hour)
	is("ended again", phone)
	is("ended with all", laptop)
	is("another user's", noahs)

	late := &identity.Login{ID: "late", Subject: "noah", CreatedAt: start.Add(time.Minute), RefreshedAt: start, ExpiresAt: start.Add(time.Hour)}
	must(state.AddLogin(ctx, late))
	_, err = state.FindLogin(ctx, "phone")
	gone("one that had expired when another was made", err)
	is("one that had not", noahs)

	if after, err := s.Head(ctx); err != nil || after != head {
		t.Errorf("the head went from %v to %v, %v", head, after, err)
	}
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.User{ID: "noah"}) })
	_, err = state.FindLogin(ctx, "late")
	gone("a deleted user's", err)
}
