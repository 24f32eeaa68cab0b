package workload

import "math/rand/v2"

// A Floor is an exact engine with nothing but what the workload needs: three
// lookups in Go maps, one row of the user's assignments, and a bit test for each
// that counts.
type Floor struct {
	users, tenants, permissions map[string]uint32
	starts                      []uint32    // of each user's row, and the end of the last
	rows                        [][2]uint32 // tenant and role; tenant 0 is everywhere
	bits                        []uint64    // stride words for each role
	stride                      uint32
}

func (f *Floor) load(w *World, random *rand.Rand) {
	f.users, f.tenants, f.permissions = map[string]uint32{}, map[string]uint32{}, map[string]uint32{}
	f.stride = uint32(w.Permissions+63) / 64
	f.bits = make([]uint64, w.Roles*int(f.stride))
	for r, permissions := range w.Grants {
		for _, p := range permissions {
			f.bits[r*int(f.stride)+p/64] |= 1 << (p % 64)
		}
	}
	for i := range w.Permissions {
		f.permissions[Permission(i)] = uint32(i)
	}
	for i := range w.Tenants {
		f.tenants[Tenant(i)] = uint32(i + 1)
	}
	for i := range w.Users {
		f.users[User(i)] = uint32(i)
		f.starts = append(f.starts, uint32(len(f.rows)))
		home := random.IntN(w.Tenants) // most of what a user holds is in one tenant
		for range w.Each {
			pair := [2]uint32{uint32(home + 1), uint32(random.IntN(w.Roles))}
			switch random.IntN(5) {
			case 0:
				pair[0] = 0
			case 1:
				pair[0] = uint32(random.IntN(w.Tenants) + 1)
			}
			f.rows = append(f.rows, pair)
		}
	}
	f.starts = append(f.starts, uint32(len(f.rows)))
}

func (f *Floor) row(user uint32) [][2]uint32 { return f.rows[f.starts[user]:f.starts[user+1]] }

// Decide answers a question.
func (f *Floor) Decide(q *Question) bool {
	u, ok := f.users[q.User]
	if !ok {
		return false
	}
	t, ok := f.tenants[q.Tenant]
	if !ok {
		return false
	}
	p, ok := f.permissions[q.Permission]
	if !ok {
		return false
	}
	word, bit := p/64, p%64
	for _, pair := range f.row(u) {
		if (pair[0] == 0 || pair[0] == t) && f.bits[pair[1]*f.stride+word]>>bit&1 != 0 {
			return true
		}
	}
	return false
}
