package token_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/token"
)

// kid returns the key that signs a token now.
func (w *world) kid(t testing.TB, c token.Claims) rolecall.KeyID {
	t.Helper()
	v, err := w.Verify(t.Context(), w.issue(t, c), expect)
	if err != nil {
		t.Fatal(err)
	}
	return v.KeyID
}

func TestTheFirstKeyIsMadeWhenItIsNeeded(t *testing.T) {
	w := newWorld(t)
	if got := len(w.records(t)); got != 0 {
		t.Fatalf("%d keys before any was needed", got)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := w.JWKS(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := w.records(t)
	if len(all) != 1 || all[0].Algorithm != token.RS256 {
		t.Fatalf("keys %+v, want one for RS256", all)
	}
	if got := kids(t, w.Keys); !slices.Equal(got, []rolecall.KeyID{all[0].ID}) {
		t.Errorf("published %v, want %v", got, all[0].ID)
	}
	w.issue(t, w.claims())
	if got := kids(t, w.keys()); len(got) != 2 {
		t.Errorf("published %v by another process, want the key for EdDSA too", got)
	}
}

func TestRotationOverlaps(t *testing.T) {
	w := newWorld(t)
	long := w.claims()
	long.Expires = w.in(token.MaxRefresh)
	old := w.issue(t, long)
	first := w.kid(t, long)

	second, err := w.Rotate(t.Context(), owner, token.EdDSA, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.kid(t, w.claims()); got != second || got == first {
		t.Errorf("%s signs after the rotation, want the new key %s", got, second)
	}
	good := func(k *token.Keys) bool {
		_, err := k.Verify(t.Context(), old, expect)
		return err == nil
	}
	w.advance(token.MaxRefresh - time.Second)
	if got := kids(t, w.Keys); !slices.Contains(got, first) || !slices.Contains(got, second) {
		t.Errorf("published %v, want %s until all that it signed has expired", got, first)
	}
	if !good(w.Keys) || !good(w.keys()) {
		t.Errorf("a token that the old key signed is refused before it expires")
	}
	w.advance(time.Second)
	if got := kids(t, w.Keys); slices.Contains(got, first) || !slices.Contains(got, second) {
		t.Errorf("published %v, want %s no longer", got, first)
	}
	if good(w.Keys) {
		t.Errorf("a token of the old key counts for ever")
	}

	third, err := w.Rotate(t.Context(), owner, token.EdDSA, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range w.records(t) {
		if r.ID == first {
			t.Errorf("the first key is still there")
		}
	}
	if got := kids(t, w.Keys)[:2]; !slices.Equal(got, []rolecall.KeyID{third, second}) {
		t.Errorf("published %v, want the newest first", got)
	}
}

func TestANewKeyCanBePublishedBeforeItSigns(t *testing.T) {
	w := newWorld(t)
	first := w.kid(t, w.claims())
	next, err := w.RotateAt(t.Context(), owner, token.EdDSA, w.in(time.Hour), 2*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := kids(t, w.Keys); !slices.Contains(got, next) {
		t.Errorf("published %v, want %s too", got, next)
	}
	w.advance(time.Hour - time.Millisecond)
	if got := w.kid(t, w.claims()); got != first {
		t.Errorf("%s signs, want %s until the hour is over", got, first)
	}
	w.advance(time.Millisecond)
	if got := w.kid(t, w.claims()); got != next {
		t.Errorf("%s signs, want %s", got, next)
	}
}

func TestAKeyThatWasToSignLaterGivesWay(t *testing.T) {
	w := newWorld(t)
	w.kid(t, w.claims())
	later, err := w.RotateAt(t.Context(), owner, token.EdDSA, w.in(time.Hour), 0)
	if err != nil {
		t.Fatal(err)
	}
	now, err := w.Rotate(t.Context(), owner, token.EdDSA, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	w.advance(time.Hour)
	if got := w.kid(t, w.claims()); got != now {
		t.Errorf("%s signs, want %s", got, now)
	}
	if slices.Contains(kids(t, w.Keys), later) {
		t.Errorf("the key that was to sign later is still there")
	}
}

func TestRotationLeavesOtherAlgorithmsAlone(t *testing.T) {
	w := newWorld(t)
	es256 := func() token.Claims {
		c := w.claims()
		c.Algorithm = token.ES256
		return c
	}
	first := w.kid(t, es256())
	if _, err := w.Rotate(t.Context(), owner, token.EdDSA, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.advance(time.Hour)
	if got := w.kid(t, es256()); got != first {
		t.Errorf("%s signs, want %s", got, first)
	}
}

func TestAShortOverlapEndsTokensEarly(t *testing.T) {
	w := newWorld(t)
	old := w.issue(t, w.claims())
	if _, err := w.Rotate(t.Context(), owner, token.EdDSA, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.advance(time.Minute)
	if _, err := w.Verify(t.Context(), old, expect); !errors.Is(err, token.ErrInvalidToken) {
		t.Errorf("Verify = %v, want %v", err, token.ErrInvalidToken)
	}
}

func TestARetiredKeySignsNothingThatOutlivesIt(t *testing.T) {
	w := newWorld(t)
	first := w.kid(t, w.claims())
	w.write(t, rolecall.Modify(&rolecall.SigningKey{ID: first}, func(r *rolecall.SigningKey) error {
		r.ExpiresAt = w.in(30 * time.Minute)
		return nil
	}))
	short := w.claims()
	short.Expires = w.in(30 * time.Minute)
	if got := w.kid(t, short); got != first {
		t.Errorf("%s signs what expires with the first key, want that", got)
	}
	if got := w.kid(t, w.claims()); got == first {
		t.Errorf("the first key signs what outlives it")
	}
}

func TestWhoMayRotate(t *testing.T) {
	w := newWorld(t)
	for _, role := range []rolecall.RoleID{rolecall.RoleOwner, rolecall.RoleAdministrator, rolecall.RoleAuditor} {
		user := rolecall.SubjectID(role)
		w.write(t, rolecall.Create(&rolecall.User{ID: user}), rolecall.Put(&rolecall.Assignment{Subject: user, Role: role}))
	}
	for by, want := range map[rolecall.SubjectID]error{
		"owner": nil, "administrator": rolecall.ErrEscalation, "auditor": rolecall.ErrForbidden, "": rolecall.ErrForbidden,
	} {
		before := len(w.records(t))
		id, err := w.Rotate(t.Context(), rolecall.Actor{Subject: by, Door: "test"}, token.ES256, 0)
		if !errors.Is(err, want) || (id == "") != (err != nil) || (len(w.records(t)) > before) != (err == nil) {
			t.Errorf("%q: %q, %v, want %v", by, id, err, want)
		}
	}
	for name, rotate := range map[string]func() error{
		"algorithm": func() error { _, err := w.Rotate(t.Context(), owner, "HS256", 0); return err },
		"overlap":   func() error { _, err := w.Rotate(t.Context(), owner, token.EdDSA, -1); return err },
	} {
		var field *rolecall.FieldError
		if err := rotate(); !errors.As(err, &field) || field.Field != name {
			t.Errorf("Rotate = %v, want the field %s", err, name)
		}
	}
}

func TestAWriteThatIsSentAgainNamesTheFirstKey(t *testing.T) {
	w := newWorld(t)
	by := owner
	by.IdempotencyKey = "once"
	first, err := w.Rotate(t.Context(), by, token.EdDSA, 0)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Rotate(t.Context(), by, token.EdDSA, 0)
	if err != nil || again != first || len(w.records(t)) != 1 {
		t.Errorf("sent again: %s, %v, %d keys, want %s alone", again, err, len(w.records(t)), first)
	}
}
