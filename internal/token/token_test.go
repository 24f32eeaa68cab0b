package token_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

const (
	issuer   = "https://auth.example.com/"
	audience = "https://api.example.com"
)

var (
	owner  = rolecall.System("test")
	expect = token.Expect{Audience: audience}
)

// A world is a project with its Keys, at a time that the test sets.
type world struct {
	*token.Keys
	rc *rolecall.Service
	ms atomic.Int64
}

func newWorld(t testing.TB, options ...token.Option) *world {
	t.Helper()
	w := &world{}
	w.ms.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixMilli())
	var err error
	if w.rc, err = rolecall.Open(t.Context(), sqlite.Memory(), rolecall.WithClock(w.now)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.rc.Close() })
	w.Keys = w.keys(options...)
	return w
}

// keys returns the project's Keys as another process has them.
func (w *world) keys(options ...token.Option) *token.Keys {
	return token.New(w.rc, append([]token.Option{token.WithIssuer(issuer)}, options...)...)
}

func (w *world) now() time.Time               { return time.UnixMilli(w.ms.Load()).UTC() }
func (w *world) advance(d time.Duration)      { w.ms.Add(d.Milliseconds()) }
func (w *world) in(d time.Duration) time.Time { return w.now().Add(d) }

func (w *world) write(t testing.TB, ops ...rolecall.Op) {
	t.Helper()
	if _, err := w.rc.Write(t.Context(), owner, ops...); err != nil {
		t.Fatal(err)
	}
}

// claims are those of a token that is good for an hour, signed by the cheapest algorithm.
func (w *world) claims() token.Claims {
	return token.Claims{
		Subject: "alice", Audience: []string{audience}, Issued: w.now(), Expires: w.in(time.Hour), Algorithm: token.EdDSA,
	}
}

func (w *world) issue(t testing.TB, c token.Claims) string {
	t.Helper()
	raw, err := w.Issue(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// records returns the signing keys in the store.
func (w *world) records(t testing.TB) []*rolecall.SigningKey {
	t.Helper()
	page, err := w.rc.List(t.Context(), owner, rolecall.Query{Kind: rolecall.KindSigningKey, Limit: rolecall.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	var all []*rolecall.SigningKey
	for _, r := range page.Records {
		all = append(all, r.(*rolecall.SigningKey))
	}
	return all
}

// kids returns the ids of the published keys, and refuses whatever a verifier
// must not find in a JWKS.
func kids(t testing.TB, k *token.Keys) []rolecall.KeyID {
	t.Helper()
	set, err := k.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var plain struct{ Keys []map[string]string }
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"RS256": "alg e kid kty n use", "ES256": "alg crv kid kty use x y", "EdDSA": "alg crv kid kty use x"}
	var ids []rolecall.KeyID
	for _, key := range plain.Keys {
		if names := strings.Join(sorted(key), " "); names != want[key["alg"]] || key["use"] != "sig" {
			t.Errorf("a key for %s has the fields %s and use %q", key["alg"], names, key["use"])
		}
		ids = append(ids, rolecall.KeyID(key["kid"]))
	}
	return ids
}

// journal returns every entry as the API shows it.
func (w *world) journal(t testing.TB) string {
	t.Helper()
	entries, err := w.rc.Audit(t.Context(), owner, rolecall.EntryQuery{Limit: rolecall.MaxPage})
	if err != nil || len(entries) == rolecall.MaxPage {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + fmt.Sprintf("%+v", entries)
}
