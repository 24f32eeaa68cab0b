package rolecall

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A subject's row is kept in its page or apart from it, as its length asks for;
// either way it is the sorted list of its pairs, and so are its neighbours'.
func TestARowIsASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSubjects(maphash.MakeSeed())
		const count = 3
		var rows, before [count][]pair
		for i := range count {
			s.add(fmt.Sprint("subject", strings.Repeat("x", i*3)), flagUser, 1)
		}
		old := s
		for owner := range uint64(4) { // each a write
			old, before = s, rows
			for i := range rows {
				rows[i] = slices.Clone(rows[i])
			}
			for range rapid.IntRange(0, 60).Draw(t, "changes") {
				n := rapid.IntRange(0, count-1).Draw(t, "subject")
				p := newPair(rapid.Uint32Range(0, 5).Draw(t, "tenant"), rapid.Uint32Range(0, 9).Draw(t, "role"))
				if at := slices.Index(rows[n], p); rapid.IntRange(0, 3).Draw(t, "remove") > 0 {
					s.addPair(uint32(n), p, owner+2)
					rows[n] = append(rows[n], p)
					slices.Sort(rows[n])
				} else if s.removePair(uint32(n), p, owner+2) != (at >= 0) {
					t.Fatalf("removing %x of %x reports %v", p, rows[n], at < 0)
				} else if at >= 0 {
					rows[n] = slices.Delete(rows[n], at, at+1)
				}
			}
			s.clip()
			for n := range count {
				equal(t, "row of", n, pairs(s.at(uint32(n)).row()), rows[n])
				equal(t, "row before of", n, pairs(old.at(uint32(n)).row()), before[n])
				for tenant := range uint32(7) {
					var in []pair
					for _, p := range rows[n] {
						if p.tenant() == tenant {
							in = append(in, p)
						}
					}
					equal(t, "part of a row in", tenant, pairs(s.at(uint32(n)).row().in(tenant)), in)
				}
			}
		}
	})
}

func pairs(r row) (all []pair) {
	for i := range r.len() {
		all = append(all, r.at(i))
	}
	return all
}

// Long rows decide as short ones do: around the length where they part, and far
// beyond.
func TestDecideWithManyAssignments(t *testing.T) {
	for _, n := range []int{maxPacked - 1, maxPacked, maxPacked + 1, 1000} {
		w := newWorld()
		w.apply(nil, &API{ID: DefaultAPI, Identifier: "default"})
		w.apply(nil, &User{ID: "u"})
		w.apply(nil, &User{ID: "in"})
		w.apply(nil, &Group{ID: "g", Name: "g"})
		w.apply(nil, &GroupMember{Group: "g", Member: "in"})
		for i := range n {
			id := fmt.Sprint(i)
			w.apply(nil, &Tenant{ID: TenantID(id)})
			w.apply(nil, &Role{ID: RoleID(id), Name: id})
			w.apply(nil, &Permission{ID: PermissionID(id), API: DefaultAPI, Name: id})
			w.apply(nil, &Grant{RoleID(id), PermissionID(id)})
			a := Assignment{Subject: "u", Role: RoleID(id)}
			if i%3 > 0 {
				a.Tenant = TenantID(id)
			}
			w.apply(nil, &a)
			a.Subject = "g"
			w.apply(nil, &a)
		}
		p := w.policy(1)
		for i := range n {
			id := fmt.Sprint(i)
			next := TenantID(fmt.Sprint((i + 1) % n))
			for _, subject := range []SubjectID{"u", "in"} {
				for tenant, want := range map[TenantID]bool{TenantID(id): true, next: i%3 == 0, "": i%3 == 0} {
					req := Request{Subject: subject, Permission: id, Tenant: tenant}
					if got := p.Decide(req, noon).Allowed; got != want {
						t.Fatalf("of %d: Decide(%+v) = %v, want %v", n, req, got, want)
					}
				}
			}
		}
		if got := len(p.counted("in")); got != n {
			t.Errorf("%d holdings through a group, want %d", got, n)
		}
		// And back to nothing.
		e := p.edit()
		for a := range each[*Assignment](w) {
			e.apply(a, nil)
		}
		if s, _, _ := e.p.subjects.find("u"); s.extra != nil || len(s.row()) > 0 {
			t.Errorf("after removing all, a subject has %v", s)
		}
	}
}

// What is narrowed to one of many resources is found among them.
func TestDecideWithManyResources(t *testing.T) {
	records := []Record{
		&API{ID: DefaultAPI, Identifier: "default"}, &Permission{ID: "p", API: DefaultAPI, Name: "read"},
		&Role{ID: "r", Name: "reader"}, &Grant{"r", "p"}, &Tenant{ID: "acme"}, &User{ID: "u"},
	}
	for i := range 1000 {
		records = append(records, &Assignment{Subject: "u", Role: "r", Scope: Scope{"acme", fmt.Sprint("doc:", 2*i)}})
	}
	p := build(records...)
	for i := range 2001 {
		req := Request{Subject: "u", Permission: "read", Tenant: "acme", Resource: fmt.Sprint("doc:", i)}
		if got, want := p.Decide(req, noon).Allowed, i%2 == 0 && i < 2000; got != want {
			t.Fatalf("Decide(%+v) = %v, want %v", req, got, want)
		}
	}
}
