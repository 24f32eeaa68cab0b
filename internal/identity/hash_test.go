package identity

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
)

var cheap = Argon2{Memory: 64, Passes: 1, Threads: 1}

func TestHashesFromElsewhere(t *testing.T) {
	const (
		salt   = "c2FsdHNhbHRzYWx0c2FsdA"                      // 16 bytes
		key    = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U" // 32 bytes
		bcrypt = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
	)
	for _, tt := range []struct {
		name, hash string
		ok         bool
	}{
		{"Argon2id", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key, true},
		{"the most costly Argon2id", "$argon2id$v=19$m=262144,t=16,p=16$" + salt + "$" + key, true},
		{"too much memory", "$argon2id$v=19$m=262145,t=2,p=1$" + salt + "$" + key, false},
		{"memory that does not fit", "$argon2id$v=19$m=4294967297,t=2,p=1$" + salt + "$" + key, false},
		{"too many passes", "$argon2id$v=19$m=19456,t=17,p=1$" + salt + "$" + key, false},
		{"no passes", "$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + key, false},
		{"no threads", "$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + key, false},
		{"a short salt", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$" + key, false},
		{"a short key", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$a2V5", false},
		{"no key", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$", false},
		{"something after a number", "$argon2id$v=19$m=19456,t=2,p=1x$" + salt + "$" + key, false},
		{"Argon2i", "$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + key, false},
		{"an old version", "$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + key, false},
		{"bcrypt", bcrypt, true},
		{"bcrypt of PHP", strings.Replace(bcrypt, "$2b$", "$2y$", 1), true},
		{"costly bcrypt", strings.Replace(bcrypt, "$10$", "$14$", 1), true},
		{"too costly bcrypt", strings.Replace(bcrypt, "$10$", "$15$", 1), false},
		{"cut bcrypt", bcrypt[:59], false},
		{"a password", "correct horse", false},
		{"SHA-256", strings.Repeat("0f", 32), false},
		{"nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckHash("password_hash", tt.hash)
			if (err == nil) != tt.ok {
				t.Fatalf("checkHash = %v, want ok: %t", err, tt.ok)
			}
			if err != nil && tt.hash != "" && strings.Contains(err.Error(), tt.hash) {
				t.Errorf("the error holds the hash: %v", err)
			}
		})
	}
}

func TestNoMoreThanTwoPasswordsAreHashedAtOnce(t *testing.T) {
	h := newHasher(cheap)
	var now, most atomic.Int64
	h.check = func(password, hash string) (bool, *argon2id.Params, error) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(time.Millisecond)
		now.Add(-1)
		return false, &h.params, nil
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { h.verify(context.Background(), "password", nil) })
	}
	wg.Wait()
	if most.Load() > atOnce {
		t.Errorf("%d at once, want %d", most.Load(), atOnce)
	}
}

func TestWhoGivesUpDoesNotWaitForASlot(t *testing.T) {
	h := newHasher(cheap)
	for range atOnce {
		if err := h.take(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := h.verify(ctx, "password", nil); err != context.Canceled {
		t.Errorf("verify = %v, want %v", err, context.Canceled)
	}
	if _, err := h.hash(ctx, "password"); err != context.Canceled {
		t.Errorf("hash = %v, want %v", err, context.Canceled)
	}
}

func TestHashAndVerify(t *testing.T) {
	h := newHasher(cheap)
	hash, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct": false, "": false, "correct horse\x00": false} {
		match, stale, err := h.verify(t.Context(), password, hash)
		if match != want || stale || err != nil {
			t.Errorf("verify(%q) = %t, %t, %v, want %t", password, match, stale, err, want)
		}
	}
	if err := CheckHash("hash", string(hash)); err != nil {
		t.Errorf("our own hash: %v", err)
	}
	if err := CheckHash("hash", string(h.nobody)); err != nil {
		t.Errorf("the hash of nobody: %v", err)
	}
}
