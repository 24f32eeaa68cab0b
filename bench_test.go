package rolecall

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// These benchmarks measure Decide against the floor: the least that any engine
// must do for an exact answer, which is three lookups in Go maps, one row of the
// user's assignments and a bit test for each that counts. The two take turns in
// short rounds of one run, because a machine with other work on it is never the
// same for two runs. "xfloor" is the first quartile of the engine's turns over
// that of the floor's: what they take when they are disturbed least.
//
//	go test -run '^$' -bench 'Decide|Policy' .

// A size says how large a benchmark's world is.
type size struct {
	name                                     string
	users, roles, permissions, tenants, each int // each user has so many assignments
}

var sizes = []size{
	{"small", 1_000, 100, 200, 10, 5},
	{"medium", 100_000, 10_000, 1_000, 1_000, 5},
	{"roles×10", 100_000, 100_000, 1_000, 1_000, 5},
	{"large", 1_000_000, 10_000, 1_000, 10_000, 4},
}

// A floor is an exact engine with nothing but what the workload needs.
type floor struct {
	users, tenants, permissions map[string]uint32
	starts                      []uint32    // of each user's row, and the end of the last
	rows                        [][2]uint32 // tenant and role; tenant 0 is everywhere
	bits                        []uint64    // stride words for each role
	stride                      uint32
}

func (f *floor) decide(user, tenant, permission string) bool {
	u, ok := f.users[user]
	if !ok {
		return false
	}
	t, ok := f.tenants[tenant]
	if !ok {
		return false
	}
	p, ok := f.permissions[permission]
	if !ok {
		return false
	}
	word, bit := p/64, p%64
	for _, pair := range f.rows[f.starts[u]:f.starts[u+1]] {
		if (pair[0] == 0 || pair[0] == t) && f.bits[pair[1]*f.stride+word]>>bit&1 != 0 {
			return true
		}
	}
	return false
}

// A load is one world in both engines, and questions for them.
type load struct {
	size
	floor    floor
	policy   *Policy
	heap     uint64 // bytes that the policy keeps
	built    time.Duration
	requests []Request // strings of their own, so that no engine finds its own string
}

var loads = map[string]*load{}

const granted = 10 // permissions a role

func loadOf(b *testing.B, s size) *load {
	b.Helper()
	if testing.Short() && s.users > 1_000 {
		b.Skip("large")
	}
	if l := loads[s.name]; l != nil {
		return l
	}
	random := rand.New(rand.NewPCG(1, 2))
	user := func(i int) string { return fmt.Sprintf("user-%07d", i) }
	tenant := func(i int) string { return fmt.Sprintf("tenant-%05d", i) }
	permission := func(i int) string { return fmt.Sprintf("resource-%d:action-%d", i/10, i%10) }

	l := &load{size: s}
	f := &l.floor
	f.users, f.tenants, f.permissions = map[string]uint32{}, map[string]uint32{}, map[string]uint32{}
	f.stride = uint32(s.permissions+63) / 64
	f.bits = make([]uint64, s.roles*int(f.stride))
	grants := make([][]int, s.roles)
	for r := range grants {
		for range granted {
			p := random.IntN(s.permissions)
			if !slices.Contains(grants[r], p) {
				grants[r] = append(grants[r], p)
				f.bits[r*int(f.stride)+p/64] |= 1 << (p % 64)
			}
		}
	}
	for i := range s.permissions {
		f.permissions[permission(i)] = uint32(i)
	}
	for i := range s.tenants {
		f.tenants[tenant(i)] = uint32(i + 1)
	}
	for i := range s.users {
		f.users[user(i)] = uint32(i)
		f.starts = append(f.starts, uint32(len(f.rows)))
		home := random.IntN(s.tenants) // most of what a user holds is in one tenant
		for range s.each {
			pair := [2]uint32{uint32(home + 1), uint32(random.IntN(s.roles))}
			switch random.IntN(5) {
			case 0:
				pair[0] = 0
			case 1:
				pair[0] = uint32(random.IntN(s.tenants) + 1)
			}
			f.rows = append(f.rows, pair)
		}
	}
	f.starts = append(f.starts, uint32(len(f.rows)))

	before := heap()
	start := time.Now()
	e := newPolicy().edit()
	e.apply(nil, &API{ID: DefaultAPI, Identifier: "https://bench"})
	for i := range s.permissions {
		e.apply(nil, &Permission{ID: PermissionID(fmt.Sprintf("prm_%016d", i)), API: DefaultAPI, Name: permission(i)})
	}
	for i := range s.tenants {
		e.apply(nil, &Tenant{ID: TenantID(tenant(i))})
	}
	role := make([]RoleID, s.roles)
	for r := range role {
		role[r] = RoleID(fmt.Sprintf("role-%06d", r))
		e.apply(nil, &Role{ID: role[r], Name: string(role[r])})
	}
	for r, permissions := range grants {
		for _, p := range permissions {
			e.apply(nil, &Grant{role[r], PermissionID(fmt.Sprintf("prm_%016d", p))})
		}
	}
	for i := range s.users {
		e.apply(nil, &User{ID: SubjectID(user(i))})
	}
	for i := range s.users {
		for _, pair := range f.rows[f.starts[i]:f.starts[i+1]] {
			a := &Assignment{Subject: SubjectID(user(i)), Role: role[pair[1]]}
			if pair[0] > 0 {
				a.Tenant = TenantID(tenant(int(pair[0]) - 1))
			}
			e.apply(nil, a)
		}
	}
	l.policy = e.done(1)
	l.built = time.Since(start)
	l.heap = heap() - before

	for range 1 << 16 {
		u := random.IntN(s.users)
		row := f.rows[f.starts[u]:f.starts[u+1]]
		pair := row[random.IntN(len(row))]
		req := Request{Subject: SubjectID(user(u)), Tenant: TenantID(tenant(random.IntN(s.tenants))), Permission: permission(random.IntN(s.permissions))}
		if pair[0] > 0 {
			req.Tenant = TenantID(tenant(int(pair[0]) - 1))
		}
		if random.IntN(2) == 0 { // a likely yes
			req.Permission = permission(grants[pair[1]][random.IntN(len(grants[pair[1]]))])
		}
		req.Subject, req.Tenant, req.Permission = SubjectID(strings.Clone(string(req.Subject))), TenantID(strings.Clone(string(req.Tenant))), strings.Clone(req.Permission)
		l.requests = append(l.requests, req)
	}
	yes := 0
	for _, req := range l.requests[:10_000] {
		want := f.decide(string(req.Subject), string(req.Tenant), req.Permission)
		if got := l.policy.Decide(req, noon).Allowed; got != want {
			b.Fatalf("Decide(%+v) = %v, the floor says %v", req, got, want)
		}
		if want {
			yes++
		}
	}
	b.Logf("%s: agreed with the floor on 10,000 random requests, %d of them allowed; loaded in %v", s.name, yes, l.built.Round(time.Millisecond))
	loads[s.name] = l
	return l
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// round is how many decisions each engine makes in a turn.
const round = 512

func BenchmarkDecide(b *testing.B) {
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			l := loadOf(b, s)
			var floors, engines []time.Duration
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += round {
				at := n % len(l.requests)
				batch := l.requests[at : at+min(round, b.N-n)]
				var floor, engine time.Duration
				if n/round%2 == 0 { // whoever comes second finds the questions in the cache
					b.StopTimer()
					floor = l.floorTurn(batch)
					b.StartTimer()
					engine = l.policyTurn(batch)
				} else {
					engine = l.policyTurn(batch)
					b.StopTimer()
					floor = l.floorTurn(batch)
					b.StartTimer()
				}
				floors, engines = append(floors, floor), append(engines, engine)
			}
			b.ReportMetric(quarter(engines)/quarter(floors), "xfloor")
			b.ReportMetric(quarter(floors)/round, "ns-floor")
			b.ReportMetric(quarter(engines)/round, "ns-engine")
			b.ReportMetric(float64(l.heap)/float64(s.users*s.each), "B/assignment")
		})
	}
}

// quarter returns the first quartile: what a turn takes when nothing else runs.
func quarter(turns []time.Duration) float64 {
	slices.Sort(turns)
	return float64(turns[len(turns)/4].Nanoseconds())
}

var sink int

func (l *load) floorTurn(batch []Request) time.Duration {
	start := time.Now()
	for i := range batch {
		r := &batch[i]
		if l.floor.decide(string(r.Subject), string(r.Tenant), r.Permission) {
			sink++
		}
	}
	return time.Since(start)
}

func (l *load) policyTurn(batch []Request) time.Duration {
	start := time.Now()
	for i := range batch {
		if l.policy.Decide(batch[i], noon).Allowed {
			sink++
		}
	}
	return time.Since(start)
}

// BenchmarkDecideWhileWriting decides while another goroutine makes policies
// one after the other and publishes them.
func BenchmarkDecideWhileWriting(b *testing.B) {
	l := loadOf(b, sizes[1])
	var current atomic.Pointer[Policy]
	current.Store(l.policy)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		for writes := 0; ; writes++ {
			select {
			case <-stop:
				stopped <- writes
				return
			case <-time.After(100 * time.Microsecond):
				p := current.Load()
				current.Store(p.edited(l, writes))
			}
		}
	}()
	b.ResetTimer()
	for n := range b.N {
		if current.Load().Decide(l.requests[n%len(l.requests)], noon).Allowed {
			sink++
		}
	}
	close(stop)
	b.ReportMetric(float64(<-stopped)/b.Elapsed().Seconds(), "writes/s")
}

// edited gives a user a role or, every other time, takes it away again.
func (p *Policy) edited(l *load, n int) *Policy {
	a := &Assignment{Subject: l.requests[n/2%len(l.requests)].Subject, Role: "role-000001", Scope: Scope{Tenant: "tenant-00001"}}
	e := p.edit()
	if n%2 == 0 {
		e.apply(nil, a)
	} else {
		e.apply(a, nil)
	}
	return e.done(p.Revision() + 1)
}

// BenchmarkPolicyEdit makes the next policy, with one assignment more or less.
func BenchmarkPolicyEdit(b *testing.B) {
	for _, s := range []size{sizes[0], sizes[1], sizes[3]} {
		b.Run(s.name, func(b *testing.B) {
			l := loadOf(b, s)
			p := l.policy
			b.ReportAllocs()
			b.ResetTimer()
			for n := range b.N {
				p = p.edited(l, n)
			}
		})
	}
}

// BenchmarkPolicySearch asks what takes a look at every subject.
func BenchmarkPolicySearch(b *testing.B) {
	l := loadOf(b, sizes[3])
	b.Run("WhoCan", func(b *testing.B) {
		for n := range b.N {
			r := l.requests[n%len(l.requests)]
			l.policy.WhoCan(WhoCanQuery{Permission: r.Permission, Tenant: r.Tenant}, noon)
		}
	})
	b.Run("eachHolder", func(b *testing.B) {
		for range b.N {
			l.policy.eachHolder("role-000001", func(SubjectID) bool { sink++; return true })
		}
	})
}

// BenchmarkEffectiveRoles asks of a user with many roles of its own: what each
// takes does not grow with how many there are.
func BenchmarkEffectiveRoles(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			records := []Record{&User{ID: "u"}}
			for i := range n {
				id := RoleID(fmt.Sprint("r", i))
				records = append(records, &Role{ID: id, Name: string(id)}, &Assignment{Subject: "u", Role: id})
			}
			p := build(records...)
			for b.Loop() {
				if got := len(p.EffectiveRoles("u", Scope{}, noon)); got != n {
					b.Fatalf("%d roles, want %d", got, n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/role")
		})
	}
}
