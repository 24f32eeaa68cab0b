package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/rolecall/rolecall"
)

// Argon2 is the cost of an Argon2id hash (RFC 9106).
type Argon2 struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// DefaultArgon2 is the first choice of OWASP's password storage cheat sheet for
// servers: about 30 ms of one core.
var DefaultArgon2 = Argon2{Memory: 19 * 1024, Passes: 2, Threads: 1}

// atOnce is how many passwords are hashed at the same time: sign-ins wait for
// one another rather than take all memory and all cores.
const atOnce = 2

// A hasher makes and compares password hashes: Argon2id strings in the form of
// the reference implementation, and bcrypt and PBKDF2 strings that came from
// elsewhere.
type hasher struct {
	params argon2id.Params
	nobody rolecall.Secret // the hash of no password, at the cost of a real one
	slots  chan struct{}

	check func(password, hash string) (bool, *argon2id.Params, error) // argon2id.CheckHash; tests count its calls
}

func newHasher(cost Argon2) *hasher {
	h := &hasher{
		params: argon2id.Params{
			Memory: cost.Memory, Iterations: cost.Passes, Parallelism: cost.Threads, SaltLength: 16, KeyLength: 32,
		},
		slots: make(chan struct{}, atOnce),
		check: argon2id.CheckHash,
	}
	salt, key := make([]byte, h.params.SaltLength), make([]byte, h.params.KeyLength)
	rand.Read(salt) // never fails since Go 1.24
	rand.Read(key)
	h.nobody = rolecall.Secret(encodeArgon2(h.params, salt, key))
	return h
}

// hash returns the hash to store for a password.
func (h *hasher) hash(ctx context.Context, password string) (rolecall.Secret, error) {
	if err := h.take(ctx); err != nil {
		return nil, err
	}
	defer h.release()
	hash, err := argon2id.CreateHash(password, &h.params)
	return rolecall.Secret(hash), err
}

// verify reports whether password is the one that was hashed, and whether the
// hash should be made anew: it is bcrypt or PBKDF2, or of another cost. An empty hash
// matches nothing, and costs as much as one that a user has.
func (h *hasher) verify(ctx context.Context, password string, hash rolecall.Secret) (match, stale bool, err error) {
	if err := h.take(ctx); err != nil {
		return false, false, err
	}
	defer h.release()
	if len(hash) == 0 {
		_, _, err := h.check(password, string(h.nobody))
		return false, false, err
	}
	if isBcrypt(string(hash)) {
		err := bcrypt.CompareHashAndPassword(hash, []byte(password))
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			return false, true, nil
		}
		return err == nil, true, err
	}
	if isPBKDF2(string(hash)) {
		p, ok := decodePBKDF2(string(hash))
		if !ok {
			return false, false, errors.New("a password's hash can't be read")
		}
		match, err = p.matches(password)
		return match, true, err
	}
	match, params, err := h.check(password, string(hash))
	return match, err == nil && *params != h.params, err
}

func (h *hasher) take(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) release() { <-h.slots }

func isBcrypt(hash string) bool { return strings.HasPrefix(hash, "$2") }

// Bounds on hashes from elsewhere: one that costs more would let every attempt
// at its password take the server's memory and time.
const (
	maxMemory     = 256 * 1024 // KiB
	maxPasses     = 16
	maxThreads    = 16
	maxBcryptCost = 14 // about a second
)

// CheckHash reports what is wrong with a hash from elsewhere, as of a field.
func CheckHash(field, hash string) error {
	if isBcrypt(hash) {
		if cost, err := bcrypt.Cost([]byte(hash)); err != nil || len(hash) != 60 || cost > maxBcryptCost {
			return refuse(field, "must be a bcrypt hash of 60 characters, with a cost of at most %d", maxBcryptCost)
		}
		return nil
	}
	if p, ok := decodePBKDF2(hash); ok {
		return p.check(field)
	}
	p, salt, key, err := argon2id.DecodeHash(hash)
	if err != nil || encodeArgon2(*p, salt, key) != hash {
		return refuse(field, "must be an Argon2id, bcrypt or PBKDF2 hash")
	}
	switch {
	case p.Memory < 8 || p.Memory > maxMemory, p.Iterations < 1 || p.Iterations > maxPasses, p.Parallelism < 1 || p.Parallelism > maxThreads:
		return refuse(field, "must have m from 8 to %d, t from 1 to %d and p from 1 to %d", maxMemory, maxPasses, maxThreads)
	case len(salt) < 8 || len(salt) > 64, len(key) < 16 || len(key) > 64:
		return refuse(field, "must have a salt of 8 to 64 bytes and a key of 16 to 64")
	}
	return nil
}

// encodeArgon2 writes a hash as argon2id.CreateHash does.
func encodeArgon2(p argon2id.Params, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.Memory, p.Iterations, p.Parallelism, b64.EncodeToString(salt), b64.EncodeToString(key))
}
