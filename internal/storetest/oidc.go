package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/oidc/state"
)

// provider opens a store with two users, an application, and a login of maya's.
func (e Engine) provider(t *testing.T) (store, state.Store) {
	t.Helper()
	s := e.open(t)
	kept, ok := s.Store.(state.Store)
	if !ok {
		t.Fatalf("a %T is no state.Store", s.Store)
	}
	s.put(&rolecall.User{ID: "maya"}, &rolecall.User{ID: "noah"}, &rolecall.Client{ID: "shop", Name: "Shop"})
	for id, of := range map[string]rolecall.SubjectID{"laptop": "maya", "phone": "maya", "noah's": "noah"} {
		l := &identity.Login{ID: id, Subject: of, CreatedAt: start, RefreshedAt: start, ExpiresAt: start.Add(24 * time.Hour)}
		if err := s.Store.(identity.Store).AddLogin(context.Background(), l); err != nil {
			t.Fatal(err)
		}
	}
	return s, kept
}

func isGone(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, rolecall.ErrNotFound) {
		t.Errorf("%s: %v, want %v", what, err, rolecall.ErrNotFound)
	}
}

func interactions(t *testing.T, e Engine) {
	_, kept := e.provider(t)
	ctx := context.Background()
	one := &state.Interaction{
		Hash: []byte{0, 1, 0xff}, Browser: []byte{2}, CreatedAt: start, ExpiresAt: start.Add(time.Hour),
		Data: []byte(`{"state":"ä=&\"","max_age":60}`),
	}
	if err := kept.AddInteraction(ctx, one); err != nil {
		t.Fatal(err)
	}
	is := func(what string) {
		t.Helper()
		got, err := kept.FindInteraction(ctx, one.Hash)
		if err != nil {
			t.Error(err)
		}
		same(t, what, got, one)
	}
	is("a new interaction")
	if twice := kept.AddInteraction(ctx, one); twice == nil {
		t.Error("two interactions have one id")
	}
	one.Data = []byte(`{"login":"laptop"}`)
	if err := kept.SaveInteraction(ctx, one); err != nil {
		t.Error(err)
	}
	is("a saved one")
	_, err := kept.FindInteraction(ctx, []byte{0})
	isGone(t, "an unknown one", err)
	isGone(t, "saving an unknown one", kept.SaveInteraction(ctx, &state.Interaction{Hash: []byte{0}}))
	if err := kept.EndInteraction(ctx, one.Hash); err != nil {
		t.Error(err)
	}
	isGone(t, "ending it twice", kept.EndInteraction(ctx, one.Hash))

	old := &state.Interaction{Hash: []byte{3}, Browser: []byte{2}, Data: []byte("{}"), CreatedAt: start, ExpiresAt: start.Add(time.Minute)}
	later := &state.Interaction{Hash: []byte{4}, Browser: []byte{2}, Data: []byte("{}"), CreatedAt: start.Add(time.Minute), ExpiresAt: start.Add(time.Hour)}
	if err := errors.Join(kept.AddInteraction(ctx, old), kept.AddInteraction(ctx, later)); err != nil {
		t.Error(err)
	}
	_, err = kept.FindInteraction(ctx, old.Hash)
	isGone(t, "one that had expired when another was made", err)

	for n := range 5 { // those that expire last are numbers 3 and 4
		one := &state.Interaction{Hash: []byte{5, byte(n)}, Browser: []byte{2}, Data: []byte("{}"), CreatedAt: start.Add(time.Minute), ExpiresAt: start.Add(time.Hour + time.Duration(n)*time.Second)}
		if err := kept.AddInteraction(ctx, one); err != nil {
			t.Error(err)
		}
	}
	for range 2 { // the second time there are no more than that
		if err := kept.ForgetInteractions(ctx, 2); err != nil {
			t.Error(err)
		}
	}
	for n := range 5 {
		_, err := kept.FindInteraction(ctx, []byte{5, byte(n)})
		if n < 3 {
			isGone(t, "one of too many", err)
		} else if err != nil {
			t.Errorf("number %d of two that may stay: %v", n, err)
		}
	}
}

func grants(t *testing.T, e Engine) {
	s, kept := e.provider(t)
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	g := &state.Grant{ID: "g", Login: "laptop", Client: "shop", CreatedAt: start, ExpiresAt: start.Add(time.Minute), Data: state.GrantData{
		Subject: "maya", Scope: []string{"openid", "read:ä"}, Audience: "https://api.example", Tenant: "acme", Nonce: "n", AuthTime: start, Type: rolecall.GrantCode,
	}}
	code := &state.Token{Hash: []byte{0, 1}, Kind: state.CodeToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(time.Minute),
		Code: state.CodeData{RedirectURI: "https://shop.example/?a=b", Challenge: "c"}}
	must(kept.AddGrant(ctx, g, code))
	is := func(what string, wantToken *state.Token, wantGrant *state.Grant) {
		t.Helper()
		gotToken, gotGrant, err := kept.FindToken(ctx, wantToken.Hash)
		must(err)
		same(t, what, gotToken, wantToken)
		same(t, what+"'s grant", gotGrant, wantGrant)
	}
	is("a new code", code, g)

	isGone(t, "a grant of an unknown login", kept.AddGrant(ctx, &state.Grant{ID: "x", Login: "x", Client: "shop", CreatedAt: start, ExpiresAt: start}, nil))
	isGone(t, "a grant of an unknown client", kept.AddGrant(ctx, &state.Grant{ID: "x", Login: "laptop", Client: "x", CreatedAt: start, ExpiresAt: start}, nil))
	_, _, err := kept.FindToken(ctx, []byte{9})
	isGone(t, "an unknown token", err)
	_, _, _, err = kept.UseToken(ctx, []byte{9}, start)
	isGone(t, "using an unknown token", err)

	used, itsGrant, first, err := kept.UseToken(ctx, code.Hash, start.Add(time.Second))
	must(err)
	code.UsedAt = start.Add(time.Second)
	same(t, "a used code", used, code)
	if !first || itsGrant.ID != "g" {
		t.Errorf("the first use is %v, of %v", first, itsGrant)
	}
	if _, _, first, err = kept.UseToken(ctx, code.Hash, start.Add(time.Hour)); first || err != nil {
		t.Errorf("the second use is the first: %v, %v", first, err)
	}
	is("one that was used again", code, g)

	refresh := &state.Token{Hash: []byte{2}, Kind: state.RefreshToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(2 * time.Hour)}
	access := &state.Token{Hash: []byte{3}, Kind: state.AccessToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	must(kept.AddTokens(ctx, "g", start.Add(2*time.Hour), refresh, access))
	g.ExpiresAt = start.Add(2 * time.Hour)
	is("a refresh token, which its grant lasts as long as", refresh, g)
	must(kept.AddTokens(ctx, "g", start))
	is("one whose grant lasts no shorter", access, g)
	must(kept.KeepToken(ctx, refresh.Hash, start.Add(3*time.Hour)))
	refresh.ExpiresAt = start.Add(3 * time.Hour)
	is("one that is kept longer", refresh, g)
	must(kept.AddTokens(ctx, "g", start, access))
	is("one that was made again", access, g)
	isGone(t, "tokens of an unknown grant", kept.AddTokens(ctx, "x", start, &state.Token{Hash: []byte{4}, Grant: "x"}))

	must(kept.MoveGrants(ctx, "laptop", "phone"))
	g.Login = "phone"
	is("one of a grant that was handed on", refresh, g)

	must(kept.EndGrant(ctx, "g", start.Add(time.Minute)))
	must(kept.EndGrant(ctx, "g", start.Add(time.Hour)))
	must(kept.EndGrant(ctx, "x", start))
	g.EndedAt = start.Add(time.Minute)
	is("one of a grant that has ended", refresh, g)
	isGone(t, "tokens of a grant that has ended", kept.AddTokens(ctx, "g", start, &state.Token{Hash: []byte{4}, Grant: "g", CreatedAt: start, ExpiresAt: start}))
	_, _, err = kept.FindToken(ctx, []byte{4})
	isGone(t, "what was refused", err)

	late := start.Add(12 * time.Hour)
	must(kept.AddGrant(ctx, &state.Grant{ID: "late", Login: "phone", Client: "shop", CreatedAt: late, ExpiresAt: late.Add(time.Hour)},
		&state.Token{Hash: []byte{5}, Kind: state.RefreshToken, Grant: "late", CreatedAt: late, ExpiresAt: late.Add(time.Hour)}))
	_, _, err = kept.FindToken(ctx, refresh.Hash)
	isGone(t, "what had long expired when another was made", err)

	other := &state.Grant{ID: "noah's", Login: "noah's", Client: "shop", CreatedAt: late, ExpiresAt: late.Add(time.Hour)}
	must(kept.AddGrant(ctx, other, &state.Token{Hash: []byte{6}, Kind: state.RefreshToken, Grant: "noah's", CreatedAt: late, ExpiresAt: late.Add(time.Hour)}))
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.User{ID: "maya"}) })
	_, _, err = kept.FindToken(ctx, []byte{5})
	isGone(t, "a deleted user's", err)
	_, _, err = kept.FindToken(ctx, []byte{6})
	must(err)
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.Client{ID: "shop"}) })
	_, _, err = kept.FindToken(ctx, []byte{6})
	isGone(t, "a deleted client's", err)
}

func firstUse(t *testing.T, e Engine) {
	_, kept := e.provider(t)
	ctx := context.Background()
	g := &state.Grant{ID: "g", Login: "laptop", Client: "shop", CreatedAt: start, ExpiresAt: start.Add(time.Minute)}
	code := &state.Token{Hash: []byte{1}, Kind: state.CodeToken, Grant: "g", CreatedAt: start, ExpiresAt: start.Add(time.Minute)}
	if err := kept.AddGrant(ctx, g, code); err != nil {
		t.Fatal(err)
	}
	const many = 8
	firsts := make(chan bool, many)
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			_, _, first, err := kept.UseToken(ctx, code.Hash, start)
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
	s, kept := e.provider(t)
	ctx := context.Background()
	key := state.Consent{Subject: "maya", Client: "shop", Audience: "https://api.example"}
	is := func(what string, want []string) {
		t.Helper()
		got, err := kept.Consent(ctx, key)
		if err != nil {
			t.Error(err)
		}
		same(t, what, got, want)
	}
	is("what was never asked", nil)
	for _, scope := range [][]string{nil, {"openid"}, {"openid", "read:ä"}} {
		if err := kept.AddConsent(ctx, key, scope, start); err != nil {
			t.Error(err)
		}
		if scope == nil {
			scope = []string{}
		}
		is("what was allowed", scope)
	}
	isGone(t, "a consent of nobody", kept.AddConsent(ctx, state.Consent{Subject: "x", Client: "shop"}, nil, start))
	s.write(func(tx rolecall.Tx) error { return tx.Delete(ctx, &rolecall.User{ID: "maya"}) })
	is("a deleted user's", nil)
}
