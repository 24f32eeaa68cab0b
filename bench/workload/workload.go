// Package workload makes the world and the questions that every engine is given,
// and answers them by the floor: the least that an exact engine must do.
//
// It is the world of the benchmarks in the package rolecall: users hold five
// roles (four in the large one), of ten permissions each, most of them in one
// tenant, a fifth everywhere and a fifth in any tenant.
package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A Size says how large a world is. Each user has Each assignments.
type Size struct {
	Name                                     string
	Users, Roles, Permissions, Tenants, Each int
}

// Sizes are those that are reported.
var Sizes = []Size{
	{"small", 1_000, 100, 200, 10, 5},
	{"medium", 100_000, 10_000, 1_000, 1_000, 5},
	{"large", 1_000_000, 10_000, 1_000, 10_000, 4},
}

// SizeOf returns the size with a name.
func SizeOf(name string) (Size, error) {
	for _, s := range Sizes {
		if s.Name == name {
			return s, nil
		}
	}
	return Size{}, fmt.Errorf("there is no size %q", name)
}

// granted is how many permissions a role gives; a few of them may be the same.
const granted = 10

// Questions is how many different questions there are.
const Questions = 1 << 16

// A Question is one that every engine answers: may User do Permission in Tenant?
type Question struct{ User, Tenant, Permission string }

// A World is what engines load.
type World struct {
	Size
	Grants    [][]int // the permissions of each role
	Floor     Floor
	Questions []Question // strings of their own, so that no engine finds its own string
}

func User(i int) string       { return fmt.Sprintf("user-%07d", i) }
func Tenant(i int) string     { return fmt.Sprintf("tenant-%05d", i) }
func Permission(i int) string { return fmt.Sprintf("resource-%d:action-%d", i/10, i%10) }
func Role(i int) string       { return fmt.Sprintf("role-%06d", i) }

// New makes the world of a size, the same each time.
func New(s Size) *World {
	random := rand.New(rand.NewPCG(1, 2))
	w := &World{Size: s, Grants: make([][]int, s.Roles)}
	for r := range w.Grants {
		for range granted {
			if p := random.IntN(s.Permissions); !slices.Contains(w.Grants[r], p) {
				w.Grants[r] = append(w.Grants[r], p)
			}
		}
	}
	w.Floor.load(w, random)
	for range Questions {
		w.Questions = append(w.Questions, w.question(random))
	}
	return w
}

// question asks about what the user holds, half of the time in permission too.
func (w *World) question(random *rand.Rand) Question {
	u := random.IntN(w.Users)
	pairs := w.Floor.row(uint32(u))
	pair := pairs[random.IntN(len(pairs))]
	tenant, permission := random.IntN(w.Tenants), random.IntN(w.Permissions)
	if pair[0] > 0 {
		tenant = int(pair[0]) - 1
	}
	if random.IntN(2) == 0 {
		permission = w.Grants[pair[1]][random.IntN(len(w.Grants[pair[1]]))]
	}
	return Question{strings.Clone(User(u)), strings.Clone(Tenant(tenant)), strings.Clone(Permission(permission))}
}

// Assignments calls f with each assignment: that user holds role, in tenant or,
// if that is negative, everywhere.
func (w *World) Assignments(f func(user, role, tenant int)) {
	for u := range w.Users {
		for _, pair := range w.Floor.row(uint32(u)) {
			f(u, int(pair[1]), int(pair[0])-1)
		}
	}
}
