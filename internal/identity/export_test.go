package identity

import (
	"time"

	"github.com/alexedwards/argon2id"
)

// Patience has answers to sign-ins wait for so long for their event to be written.
func Patience(d time.Duration) Option { return func(i *Identity) { i.events.patience = d } }

// CountChecks has f called with the cost of every Argon2id hash that a password
// is compared with.
func (i *Identity) CountChecks(f func(Argon2)) {
	check := i.hashes.check
	i.hashes.check = func(password, hash string) (bool, *argon2id.Params, error) {
		match, p, err := check(password, hash)
		f(Argon2{Memory: p.Memory, Passes: p.Iterations, Threads: p.Parallelism})
		return match, p, err
	}
}
