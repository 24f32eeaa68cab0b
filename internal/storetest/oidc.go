package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc"
)

// provider opens a store with two users, an application, and a login of maya's.
func (e Engine) provider(t *testing.T) (store, oidc.Store) {
	t.Helper()
	s := e.open(t)
	state, ok := s.Store.(oidc.Store)
	if !ok {
		t.Fatalf("a %T is no oidc.Store", s.Store)
	}
	s.put(&rolecall.User{ID: "maya"}, &rolecall.User{ID: "noah"}, &rolecall.Client{ID: "shop", Name: "Shop"})
	for id, of := range map[string]rolecall.SubjectID{"laptop": "maya", "phone": "maya", "noah's": "noah"} {
		l := &identity.Login{ID: id, Subject: of, CreatedAt: start, RefreshedAt: start, ExpiresAt: start.Add(24 * time.Hour)}
		if err := s.Store.(identity.Store).AddLogin(context.Background(), l); err != nil {
			t.Fatal(err)
		}
	}
	return s, state
}

func isGone(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("%s: %v, want %v", what, err, rolecall.ErrNotFound)
	}
}

func interactions(t *testing.T, e Engine) {
	_, state := e.provider(t)
	ctx := context.Background()
	age := int64(60)
	one := &oidc.Interaction{
		Hash: []byte{0, 1, 0xff}, Browser: []byte{2}, CreatedAt: start, ExpiresAt: start.Add(time.Hour),
		Data: oidc.InteractionData{
			Request: &oidc.Request{Client: "shop", RedirectURI: "https://shop.example/", State: "ä=&\"", Scope: []string{"openid"}, MaxAge: &age},
			Values:  map[string]string{"email": "maya@example.com"},
		},
	}
	if err := state.AddInteraction(ctx, one); err != nil {
		t.Fatal(err)
	}
	is := func(what string) {
		t.Helper()
		got, err := state.FindInteraction(ctx, one.Hash)
		if err != nil {
			t.Error(err)
		}
		same(t, what, got, one)
	}
	is("a new interaction")
	if twice := state.AddInteraction(ctx, one); twice == nil {
		t.Error("two interactions have one id")
	}
	one.Data.Login = "laptop"
	if err := state.SaveInteraction(ctx, one); err != nil {
		t.Error(err)
	}
	is("a saved one")
	_, err := state.FindInteraction(ctx, []byte{0})
	isGone(t, "an unknown one", err)
	isGone(t, "saving an unknown one", state.SaveInteraction(ctx, &oidc.Interaction{Hash: []byte{0}}))
	if err := state.EndInteraction(ctx, one.Hash); err != nil {
		t.Error(err)
	}
	isGone(t, "ending it twice", state.EndInteraction(ctx, one.Hash))

	old := &oidc.Interaction{Hash: []byte{3}, Browser: []byte{2}, CreatedAt: start, ExpiresAt: start.Add(time.Minute)}
	later := &oidc.Interaction{Hash: []byte{4}, Browser: []byte{2}, CreatedAt: start.Add(time.Minute), ExpiresAt: start.Add(time.Hour)}
	if err := errors.Join(state.AddInteraction(ctx, old), state.AddInteraction(ctx, later)); err != nil {
		t.Error(err)
	}
	_, err = state.FindInteraction(ctx, old.Hash)
	isGone(t, "one that had expired when another was made", err)
}

func grants(t *testing.T, e Engine) {
	s, state := e.provider(t)
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	g := &oidc.Grant{ID: "g", Login: "laptop", Client: "shop", CreatedAt: start, ExpiresAt: start.Add(time.Minute), Data: oidc.GrantData{
		Subject: "maya", Scope: []string{"openid", "read:ä"}, Audience: "https://api.example", Tenant: "acme", Nonce: "n", AuthTime: start, Type: rolecall.GrantCode,
	}}
	code := &oidc.Token{Hash: []byte{0, 1}, Kind: oidc.CodeToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(time.Minute),
		Code: oidc.CodeData{RedirectURI: "https://shop.example/?a=b", Challenge: "c"}}
	must(state.AddGrant(ctx, g, code))
	is := func(what string, wantToken *oidc.Token, wantGrant *oidc.Grant) {
		t.Helper()
		gotToken, gotGrant, err := state.FindToken(ctx, wantToken.Hash)
		must(err)
		same(t, what, gotToken, wantToken)
		same(t, what+"'s grant", gotGrant, wantGrant)
	}
	is("a new code", code, g)

	isGone(t, "a grant of an unknown login", state.AddGrant(ctx, &oidc.Grant{ID: "x", Login: "x", Client: "shop", CreatedAt: start, ExpiresAt: start}, nil))
	isGone(t, "a grant of an unknown client", state.AddGrant(ctx, &oidc.Grant{ID: "x", Login: "laptop", Client: "x", CreatedAt: start, ExpiresAt: start}, nil))
	_, _, err := state.FindToken(ctx, []byte{9})
	isGone(t, "an unknown token", err)
	_, _, _, err = state.UseToken(ctx, []byte{9}, start)
	isGone(t, "using an unknown token", err)

	used, itsGrant, first, err := state.UseToken(ctx, code.Hash, start.Add(time.Second))
	must(err)
	code.UsedAt = start.Add(time.Second)
	same(t, "a used code", used, code)
	if !first || itsGrant.ID != "g" {
		t.Errorf("the first use is %v, of %v", first, itsGrant)
	}
	if _, _, first, err = state.UseToken(ctx, code.Hash, start.Add(time.Hour)); first || err != nil {
		t.Errorf("the second use is the first: %v, %v", first, err)
	}
	is("one that was used again", code, g)

	refresh := &oidc.Token{Hash: []byte{2}, Kind: oidc.RefreshToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(2 * time.Hour)}
	access := &oidc.Token{Hash: []byte{3}, Kind: oidc.AccessToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	must(state.AddTokens(ctx, "g", start.Add(2*time.Hour), refresh, access))
	g.ExpiresAt = start.Add(2 * time.Hour)
	is("a refresh token, which its grant lasts as long as", refresh, g)
	must(state.AddTokens(ctx, "g", start))
	is("one whose grant lasts no shorter", access, g)
	must(state.KeepToken(ctx, refresh.Hash, start.Add(3*time.Hour)))
	refresh.ExpiresAt = start.Add(3 * time.Hour)
	is("one that is kept longer", refresh, g)
	isGone(t, "tokens of an unknown grant", state.AddTokens(ctx, "x", start, &oidc.Token{Hash: []byte{4}, Grant: "x"}))

	must(state.MoveGrants(ctx, "laptop", "phone"))
	g.Login = "phone"
	is("one of a grant that was handed on", refresh, g)

	must(state.EndGrant(ctx, "g", start.Add(time.Minute)))
	must(state.EndGrant(ctx, "g", start.Add(time.Hour)))
	must(state.EndGrant(ctx, "x", start))
	g.EndedAt = start.Add(time.Minute)
	is("one of a grant that has ended", refresh, g)
	isGone(t, "tokens of a grant that has ended", state.AddTokens(ctx, "g", start, &oidc.Token{Hash: []byte{4}, Grant: "g", CreatedAt: start, ExpiresAt: start}))
	_, _, err = state.FindToken(ctx, []byte{4})
	isGone(t, "what was refused", err)

	late := start.Add(12 * time.Hour)
	must(state.AddGrant(ctx, &oidc.Grant{ID: "late", Login: "phone", Client: "shop", CreatedAt: late, ExpiresAt: late.Add(time.Hour)},
		&oidc.Token{Hash: []byte{5}, Kind: oidc.RefreshToken, Grant: "late", CreatedAt: late, ExpiresAt: late.Add(time.Hour)}))
	_, _, err = state.FindToken(ctx, refresh.Hash)
	isGone(t, "what had long expired when another was made", err)

	other := &oidc.Grant{ID: "noah's", Login: "noah's", Client: "shop", CreatedAt: late, ExpiresAt: late.Add(time.Hour)}
	must(state.AddGrant(ctx, other, &oidc.Token{Hash: []byte{6}, Kind: oidc.RefreshToken, Grant: "noah's", CreatedAt: late, ExpiresAt: late.Add(time.Hour)}))
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.User{ID: "maya"}) })
	_, _, err = state.FindToken(ctx, []byte{5})
	isGone(t, "a deleted user's", err)
	_, _, err = state.FindToken(ctx, []byte{6})
	must(err)
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.Client{ID: "shop"}) })
	_, _, err = state.FindToken(ctx, []byte{6})
	isGone(t, "a deleted client's", err)
}

func firstUse(t *testing.T, e Engine) {
	_, state := e.provider(t)
	ctx := context.Background()
	g := &oidc.Grant{ID: "g", Login: "laptop", Client: "shop", CreatedAt: start, ExpiresAt: start.Add(time.Minute)}
	code := &oidc.Token{Hash: []byte{1}, Kind: oidc.CodeToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(time.Minute)}
	if err := state.AddGrant(ctx, g, code); err != nil {
		t.Fatal(err)
	}
	const many = 8
	firsts := make(chan bool, many)
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			_, _, first, err := state.UseToken(ctx, code.Hash, start)
			if err != nil {
				t.Error(err)
			}
			firsts <- first
		})
	}
	all.Wait()
	close(firsts)
	n := 0
	for first := range firsts {
		if first {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of %d were the first", n, many)
	}
}

func consents(t *testing.T, e Engine) {
	s, state := e.provider(t)
	ctx := context.Background()
	key := oidc.Consent{Subject: "maya", Client: "shop", Audience: "https://api.example"}
	is := func(what string, want []string) {
		t.Helper()
		got, err := state.Consent(ctx, key)
		if err != nil {
			t.Error(err)
		}
		same(t, what, got, want)
	}
	is("what was never asked", nil)
	for _, scope := range [][]string{nil, {"openid"}, {"openid", "read:ä"}} {
		if err := state.AddConsent(ctx, key, scope, start); err != nil {
			t.Error(err)
		}
		if scope == nil {
			scope = []string{}
		}
		is("what was allowed", scope)
	}
	isGone(t, "a consent of nobody", state.AddConsent(ctx, oidc.Consent{Subject: "x", Client: "shop"}, nil, start))
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.User{ID: "maya"}) })
	is("a deleted user's", nil)
}
