package identity

import "github.com/alexedwards/argon2id"

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
