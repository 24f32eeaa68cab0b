package pep_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall/pep"
)

// A step of TestJWKSRotation: what is done, when, and what becomes of a token
// by the old key and of one by the new key.
type rotation struct {
	name    string
	after   time.Duration // since noon
	publish []jose.JSONWebKey
	down    bool
	old     verdict
	new     verdict
	fetches int64 // in all, afterwards
}

type verdict string

const (
	good     verdict = "good"
	refused  verdict = "refused"
	noAnswer verdict = "no answer"
)

func judge(err error) verdict {
	switch {
	case err == nil:
		return good
	case errors.Is(err, pep.ErrBadCredentials):
		return refused
	}
	return noAnswer
}

func TestJWKSRotation(t *testing.T) {
	old, new := public("rsa", rsaKey()), public("ed", edKey())
	only := func(keys ...jose.JSONWebKey) []jose.JSONWebKey { return keys }
	tests := map[string][]rotation{
		"a new key is looked for at once, and then not more often than the cool-down": {
			{"at first", 0, only(old), false, good, refused, 1},
			{"published, but asked a moment ago", 4 * time.Second, only(old, new), false, good, refused, 1},
			{"after the cool-down", 5 * time.Second, only(old, new), false, good, good, 2},
		},
		"a key that is withdrawn is out after the maximum age, remembered tokens too": {
			{"at first", 0, only(old, new), false, good, good, 1},
			{"withdrawn, not yet noticed", 9 * time.Minute, only(new), false, good, good, 1},
			{"noticed", 10 * time.Minute, only(new), false, refused, good, 2},
		},
		"a key id that comes back with another key does not verify what is remembered": {
			{"at first", 0, only(old), false, good, refused, 1},
			{"replaced", 10 * time.Minute, only(public("rsa", otherRSA())), false, refused, refused, 2},
		},
		"while the source is away, its last keys are used for an hour": {
			{"at first", 0, only(old), false, good, refused, 1},
			{"away", 10 * time.Minute, only(old, new), true, good, noAnswer, 2},
			{"still away", 59 * time.Minute, only(old, new), true, good, noAnswer, 3},
			{"too long", 60 * time.Minute, only(old, new), true, noAnswer, noAnswer, 4},
			{"back", 61 * time.Minute, only(old, new), false, good, good, 5},
		},
		"without any keys there is no answer, and soon another try": {
			{"away", 0, only(old), true, noAnswer, noAnswer, 1},
			{"back, but asked a moment ago", time.Second, only(old), false, noAnswer, noAnswer, 1},
			{"after the cool-down", 5 * time.Second, only(old), false, good, refused, 2},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			now := noon
			v := i.verifier(t, func(tokens *pep.Tokens) { tokens.Clock = func() time.Time { return now } })
			long := map[string]any{"exp": noon.Add(24 * time.Hour).Unix()}
			byOld := sign(t, jose.RS256, rsaKey(), map[string]any{"kid": "rsa"}, i.claims(long))
			byNew := sign(t, jose.EdDSA, edKey(), map[string]any{"kid": "ed"}, i.claims(long))
			for _, step := range steps {
				now = noon.Add(step.after)
				i.publish(step.publish...)
				i.setDown(step.down)
				claims, err := v.Verify(t.Context(), byOld)
				if got := judge(err); got != step.old || (claims != nil) != (err == nil) {
					t.Errorf("%s: the old key's token is %s (%v), want %s", step.name, got, err, step.old)
				}
				claims, err = v.Verify(t.Context(), byNew)
				if got := judge(err); got != step.new || (claims != nil) != (err == nil) {
					t.Errorf("%s: the new key's token is %s (%v), want %s", step.name, got, err, step.new)
				}
				// A stale key is used while a fetch is still under way.
				for wait := 0; i.fetches.Load() < step.fetches && wait < 6000; wait++ {
					time.Sleep(10 * time.Millisecond)
				}
				if got := i.fetches.Load(); got != step.fetches {
					t.Errorf("%s: %d fetches, want %d", step.name, got, step.fetches)
				}
			}
		})
	}
}

func TestKeysThatAreFetchedAgainUnchangedKeepWhatIsRemembered(t *testing.T) {
	now := noon
	i := newIssuer(t, public("rsa", rsaKey()))
	v := i.verifier(t, func(tokens *pep.Tokens) { tokens.Clock = func() time.Time { return now } })
	raw := i.token(t, nil)
	before, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	now = noon.Add(10 * time.Minute)
	after, err := v.Verify(t.Context(), raw)
	if err != nil || after != before || i.fetches.Load() != 2 {
		t.Errorf("after fetching %d times the token was verified anew (%v)", i.fetches.Load(), err)
	}
}

func TestJWKSIsFetchedOnceForEverybody(t *testing.T) {
	i := newIssuer(t, public("rsa", rsaKey()))
	i.gate = make(chan struct{})
	v := i.verifier(t, nil)
	raw := i.token(t, nil)

	impatient, giveUp := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := v.Verify(impatient, raw)
		left <- err
	}()
	for i.fetches.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	var all sync.WaitGroup
	var failed atomic.Int64
	for range 50 {
		all.Go(func() {
			if _, err := v.Verify(t.Context(), raw); err != nil {
				failed.Add(1)
			}
		})
	}
	giveUp() // whoever began the fetch leaves; the others still get its keys
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who gives up gets %v, want context.Canceled", err)
	}
	close(i.gate)
	all.Wait()
	if failed.Load() != 0 || i.fetches.Load() != 1 {
		t.Errorf("%d failed after %d fetches, want none after one", failed.Load(), i.fetches.Load())
	}
}

func TestJWKSAnswersThatAreNoKeys(t *testing.T) {
	i := newIssuer(t, public("rsa", rsaKey()))
	for name, answer := range map[string]http.HandlerFunc{
		"not JSON": func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>")) },
		"too long": func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 2<<20)) },
		"a redirect, even to a set": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, i.URL+"/.well-known/jwks.json", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			source := httptest.NewServer(answer)
			t.Cleanup(source.Close)
			v := i.verifier(t, func(tokens *pep.Tokens) { tokens.JWKS = source.URL })
			if _, err := v.Verify(t.Context(), i.token(t, nil)); judge(err) != noAnswer {
				t.Errorf("the token is %s (%v), want no answer", judge(err), err)
			}
		})
	}
	t.Run("a key of an unknown type beside a good one", func(t *testing.T) {
		good, _ := public("rsa", rsaKey()).MarshalJSON()
		source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"keys":[{"kty":"AKP2","kid":"x"},` + string(good) + `]}`))
		}))
		t.Cleanup(source.Close)
		v := i.verifier(t, func(tokens *pep.Tokens) { tokens.JWKS = source.URL })
		if _, err := v.Verify(t.Context(), i.token(t, nil)); err != nil {
			t.Error(err)
		}
	})
}

// TestVerifierRemembersNoMoreThanItsSize runs more tokens than fit, at once.
func TestVerifierRemembersNoMoreThanItsSize(t *testing.T) {
	i := newIssuer(t, public("ed", edKey()))
	v := i.verifier(t, func(tokens *pep.Tokens) { tokens.CacheSize = 8 })
	var raws []string
	for n := range 64 {
		raws = append(raws, sign(t, jose.EdDSA, edKey(), map[string]any{"kid": "ed"}, i.claims(map[string]any{"jti": string(rune('a' + n))})))
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 100 {
				want := (n*7 + worker) % len(raws)
				claims, err := v.Verify(t.Context(), raws[want])
				if err != nil || claims.ID != string(rune('a'+want)) {
					t.Errorf("token %d gives %v, %v", want, claims, err)
					return
				}
			}
		})
	}
	all.Wait()
	if got := v.Remembered(); got > 8 {
		t.Errorf("%d tokens are remembered, want at most 8", got)
	}
}
