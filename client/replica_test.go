package client_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/pep"
)

// replicate returns a replica that ends with the test.
func (s *server) replicate(t testing.TB, key string, options ...client.Option) *client.Replica {
	t.Helper()
	if key == "" {
		key = s.owner
	}
	r, err := client.Replicate(t.Context(), s.URL, key, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// key makes an access key that holds roles.
func (s *server) key(t testing.TB, name string, roles ...rolecall.Assignment) *identity.Key {
	t.Helper()
	key, err := s.identity.CreateKey(t.Context(), rolecall.System("test"), identity.NewKey{Name: name, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// system makes a write as the process itself.
func (s *server) system(t testing.TB, ops ...rolecall.Op) rolecall.Revision {
	t.Helper()
	receipt, err := s.rc.Write(t.Context(), rolecall.System("test"), ops...)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Revision
}

// eventually waits for what f says: once it is so it has to stay so, or to come
// again, since a busy machine may look late.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// untilStale asks what is allowed, of a replica that heard nothing after a time,
// until it has no answer any more. It answers as long as its copy is not older
// than the bound, and no longer.
func untilStale(t testing.TB, r *client.Replica, bound time.Duration, silent time.Time) {
	t.Helper()
	for ; ; time.Sleep(5 * time.Millisecond) {
		asOf, asked := r.Status().AsOf, time.Now()
		_, err := r.Check(t.Context(), alicePublishes)
		switch {
		case err == nil && asked.Sub(silent) > bound:
			t.Fatalf("asked after %v of silence, it still answers", asked.Sub(silent))
		case err == nil:
		case !errors.Is(err, rolecall.ErrStale) || !strings.Contains(err.Error(), "old"):
			t.Fatalf("after %v of silence: %v, want ErrStale", time.Since(silent), err)
		case time.Since(asOf) <= bound:
			t.Fatalf("a copy that is %v old gives no answer: %v", time.Since(asOf), err)
		default:
			return
		}
	}
}

var alicePublishes = rolecall.Request{Subject: "alice", Permission: "post.publish"}

func allowed(t testing.TB, c rolecall.Checker, req rolecall.Request) bool {
	t.Helper()
	d, err := c.Check(context.Background(), req)
	if err != nil {
		t.Fatalf("Check(%+v): %v", req, err)
	}
	return d.Allowed
}

func TestReplicaDecides(t *testing.T) {
	s := newServer(t)
	c := s.dial(t, "")
	blog(t, c)
	r := s.replicate(t, s.key(t, "replica", rolecall.Assignment{Role: rolecall.RoleAuditor}).Secret)
	var questions []rolecall.Request
	for _, who := range []rolecall.SubjectID{"alice", "bob", "carol", "nobody"} {
		for _, tenant := range []rolecall.TenantID{"", "acme", "globex"} {
			questions = append(questions, rolecall.Request{Subject: who, Permission: "post.publish", Tenant: tenant},
				rolecall.Request{Subject: who, Role: "Editor", Tenant: tenant}, rolecall.Request{Subject: who, Group: "Staff"},
				rolecall.Request{Subject: who, Any: rolecall.KindUser, Tenant: tenant}, rolecall.Request{Subject: who})
		}
	}
	want, _ := s.rc.CheckAll(t.Context(), questions)
	got, err := r.CheckAll(t.Context(), questions)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v; decisions (-server's +replica's):\n%s", err, diff)
	}
	asked := len(s.requests())
	for i, q := range questions {
		if d, err := r.Check(t.Context(), q); err != nil || d != want[i] {
			t.Errorf("Check(%+v) = %+v, %v, want %+v", q, d, err, want[i])
		}
		if q != (rolecall.Request{Subject: q.Subject, Permission: q.Permission, Tenant: q.Tenant}) {
			continue
		}
		if can, err := r.Can(t.Context(), q.Subject, q.Permission, q.Tenant); err != nil || can != want[i].Allowed {
			t.Errorf("Can(%q, %q, %q) = %v, %v, want %v", q.Subject, q.Permission, q.Tenant, can, err, want[i].Allowed)
		}
	}
	if n := len(s.requests()) - asked; n != 0 {
		t.Errorf("the replica asked the server %d times", n)
	}

	receipt, err := c.UnassignRoles(t.Context(), rolecall.Assignment{Subject: "alice", Role: "editor"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WaitFor(t.Context(), receipt.Revision); err != nil || allowed(t, r, alicePublishes) {
		t.Errorf("what was written is not seen: %v", err)
	}
	if st := r.Status(); !st.Connected || st.Stale || st.Err != nil || st.Snapshots != 1 || st.Revision != receipt.Revision || st.Project != s.rc.Project() {
		t.Errorf("Status = %+v", st)
	}
	if text := fmt.Sprintf("%v %+v %#v", r, r, r); strings.Contains(text, s.owner) || !strings.Contains(text, s.URL) {
		t.Errorf("a Replica prints as %s", text)
	}

	guard := pep.New(r, pep.Subject(func(r *http.Request) (rolecall.SubjectID, error) { return "bob", nil }))
	handler := guard.Require("post.publish")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ask := func() int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w.Code
	}
	if got := ask(); got != 403 {
		t.Errorf("the guard answers %d, want 403", got)
	}
	receipt, err = c.AssignRoles(t.Context(), rolecall.Assignment{Subject: "bob", Role: "editor"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WaitFor(t.Context(), receipt.Revision); err != nil || ask() != 200 {
		t.Errorf("the guard does not see the change: %v", err)
	}
	r.Close()
	if _, err := r.Check(t.Context(), alicePublishes); !errors.Is(err, rolecall.ErrClosed) || ask() != 503 {
		t.Errorf("a closed replica: %v, and the guard %d", err, ask())
	}
}

// TestReplicasAgreeWhileWritesGoOn: whatever a replica answers is what the
// server's policy of the same revision answers.
func TestReplicasAgreeWhileWritesGoOn(t *testing.T) {
	s := newServer(t)
	blog(t, s.dial(t, ""))
	s.system(t, rolecall.Create(&rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Shop"}),
		rolecall.Create(&rolecall.Permission{ID: "buy", API: "shop", Name: "buy"}),
		rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}))
	s.system(t, rolecall.Create(&rolecall.DirectGrant{Subject: s.key(t, "shop").Client.ID, Permission: rolecall.PermissionCheck, Scope: rolecall.Scope{Resource: "api:shop"}}))
	tenantKey := s.key(t, "acme", rolecall.Assignment{Role: rolecall.RoleTenantAdmin, Scope: rolecall.Scope{Tenant: "acme"}})
	shopKey := s.key(t, "the shop")
	s.system(t, rolecall.Create(&rolecall.DirectGrant{Subject: shopKey.Client.ID, Permission: rolecall.PermissionCheck, Scope: rolecall.Scope{Resource: "api:shop"}}))
	parts := []struct {
		*client.Replica
		part rolecall.Part
	}{
		{s.replicate(t, ""), rolecall.Part{}},
		{s.replicate(t, tenantKey.Secret, client.OnlyTenant("acme")), rolecall.Part{Tenant: "acme"}},
		{s.replicate(t, shopKey.Secret, client.OnlyAPI("https://shop")), rolecall.Part{API: "https://shop"}},
	}
	var mu sync.Mutex
	policies := map[rolecall.Revision]*rolecall.Policy{}
	note := func() {
		mu.Lock()
		defer mu.Unlock()
		p := s.rc.Policy()
		policies[p.Revision()] = p
	}
	note()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	stop := make(chan struct{})
	var asking sync.WaitGroup
	type answer struct {
		part rolecall.Part
		req  rolecall.Request
		got  rolecall.Decision
	}
	answers := make([][]answer, len(parts))
	answered := make([]atomic.Int64, len(parts)) // the newest revision of an answer
	for i, r := range parts {
		asking.Go(func() {
			mine := rand.New(rand.NewPCG(3, uint64(i)))
			pick := func(of ...string) string { return of[mine.IntN(len(of))] }
			for {
				select {
				case <-stop:
					return
				case <-time.After(100 * time.Microsecond):
				}
				q := rolecall.Request{Subject: rolecall.SubjectID(pick("alice", "bob", "carol", "u1", "u2", "u3")), Tenant: rolecall.TenantID(pick("", "acme", "globex"))}
				if q.Permission = "post.publish"; pick("a", "b") == "a" {
					q.Permission, q.API = "buy", "https://shop"
				}
				if r.part.Answers(q) != nil {
					continue
				}
				d, err := r.Check(context.Background(), q)
				if err != nil {
					t.Errorf("%+v: %v", r.part, err)
					return
				}
				answers[i] = append(answers[i], answer{r.part, q, d})
				answered[i].Store(int64(d.Revision))
			}
		})
	}
	var last rolecall.Revision
	for n := range 400 {
		subject := rolecall.SubjectID(pick("alice", "bob", "carol", "staff", "u1", "u2", "u3"))
		tenant := rolecall.TenantID(pick("", "acme", "globex"))
		var op rolecall.Op
		switch random.IntN(9) {
		case 0:
			op = rolecall.Put(&rolecall.User{ID: subject, Blocked: random.IntN(3) == 0})
		case 1:
			op = rolecall.Delete(&rolecall.User{ID: subject})
		case 2:
			op = rolecall.Put(&rolecall.GroupMember{Group: "staff", Member: subject})
		case 3:
			op = rolecall.Delete(&rolecall.GroupMember{Group: "staff", Member: subject})
		case 4:
			op = rolecall.Put(&rolecall.Grant{Role: "editor", Permission: rolecall.PermissionID(pick("publish", "edit", "buy"))})
		case 5:
			op = rolecall.Delete(&rolecall.Grant{Role: "editor", Permission: rolecall.PermissionID(pick("edit", "buy"))})
		case 6:
			op = rolecall.Unassign(rolecall.Assignment{Subject: subject, Role: "editor", Scope: rolecall.Scope{Tenant: tenant}})
		case 7:
			op = rolecall.Put(&rolecall.DirectGrant{Subject: subject, Permission: "buy", Scope: rolecall.Scope{Tenant: tenant}})
		default:
			op = rolecall.Put(&rolecall.Assignment{Subject: subject, Role: "editor", Scope: rolecall.Scope{Tenant: tenant}})
		}
		if receipt, err := s.rc.Write(t.Context(), rolecall.System("test"), op); err == nil {
			last = receipt.Revision
			note()
			time.Sleep(2 * time.Millisecond)
		}
		if n%20 == 19 { // however fast writes are, there are answers between
			for i, r := range parts {
				eventually(t, fmt.Sprintf("%+v at revision %d", r.part, last), func() bool { return t.Failed() || answered[i].Load() >= int64(last) })
			}
		}
	}
	close(stop)
	asking.Wait()
	for i, all := range answers {
		seen := map[rolecall.Revision]bool{}
		for _, a := range all {
			seen[a.got.Revision] = true
			want := policies[a.got.Revision].Decide(a.req, time.Now())
			if a.got.Allowed != want.Allowed {
				t.Errorf("%+v: %+v got %+v, want %+v", a.part, a.req, a.got, want)
			}
		}
		t.Logf("%+v: %d answers at %d revisions, %d snapshots", parts[i].part, len(all), len(seen), parts[i].Status().Snapshots)
		if len(seen) < 10 {
			t.Errorf("%+v: answers at %d revisions only", parts[i].part, len(seen))
		}
	}
	if n := parts[0].Status().Snapshots; n != 1 {
		t.Errorf("the whole replica fetched %d snapshots", n)
	}
}

// TestReplicaFailsClosed: when the server is gone, answers end with the bound,
// and come back with the server.
func TestReplicaFailsClosed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	blog(t, s.dial(t, ""))
	r := s.replicate(t, "", client.MaxStale(3*time.Second))
	loose := s.replicate(t, "", client.MaxStale(3*time.Second), client.ServeStale())
	s.interfere(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(w, "no", http.StatusServiceUnavailable)
	})
	s.CloseClientConnections()
	lost := time.Now()
	s.system(t, rolecall.Unassign(rolecall.Assignment{Subject: "alice", Role: "editor"}))
	untilStale(t, r, 3*time.Second, lost)
	if st := r.Status(); !st.Stale || st.Connected || !errors.Is(st.Err, rolecall.ErrUnavailable) {
		t.Errorf("Status = %+v", st)
	}
	eventually(t, "the other stale", func() bool { return loose.Status().Stale })
	if d, err := loose.Check(t.Context(), alicePublishes); err != nil || !d.Allowed {
		t.Errorf("one that may serve: %+v, %v, %+v", d, err, loose.Status())
	}
	s.interfere(nil)
	eventually(t, "fresh again", func() bool {
		d, err := r.Check(t.Context(), alicePublishes)
		return err == nil && !d.Allowed
	})
	if n := r.Status().Snapshots; n != 1 {
		t.Errorf("it fetched %d snapshots: it should have resumed", n)
	}
}

func TestReplicaKeysMayBeLimited(t *testing.T) {
	s := newServer(t)
	blog(t, s.dial(t, ""))
	s.system(t, rolecall.Create(&rolecall.API{ID: "shop", Identifier: "https://shop", Name: "Shop"}),
		rolecall.Create(&rolecall.Permission{ID: "buy", API: "shop", Name: "buy"}))
	none := s.key(t, "none")
	tenant := s.key(t, "tenant", rolecall.Assignment{Role: rolecall.RoleAuditor, Scope: rolecall.Scope{Tenant: "acme"}})
	shop := s.key(t, "api", rolecall.Assignment{Role: rolecall.RoleAuditor, Scope: rolecall.Scope{Resource: "api:shop"}})
	for _, tt := range []struct {
		name    string
		key     *identity.Key
		options []client.Option
		want    error
	}{
		{"no right", none, nil, rolecall.ErrForbidden},
		{"a tenant's, of everything", tenant, nil, rolecall.ErrForbidden},
		{"a tenant's, of an API", tenant, []client.Option{client.OnlyAPI("https://shop")}, rolecall.ErrForbidden},
		{"a tenant's, of the tenant", tenant, []client.Option{client.OnlyTenant("acme")}, nil},
		{"a tenant's, of an API in the tenant", tenant, []client.Option{client.OnlyTenant("acme"), client.OnlyAPI("https://shop")}, nil},
		{"an API's, of everything", shop, nil, rolecall.ErrForbidden},
		{"an API's, of another", shop, []client.Option{client.OnlyAPI("default")}, rolecall.ErrForbidden},
		{"an API's, of a tenant", shop, []client.Option{client.OnlyTenant("acme")}, rolecall.ErrForbidden},
		{"an API's, of the API", shop, []client.Option{client.OnlyAPI("https://shop")}, nil},
		{"an unknown tenant", nil, []client.Option{client.OnlyTenant("nowhere")}, rolecall.ErrNotFound},
		{"an unknown API", nil, []client.Option{client.OnlyAPI("https://nowhere")}, rolecall.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			secret := s.owner
			if tt.key != nil {
				secret = tt.key.Secret
			}
			r, err := client.Replicate(t.Context(), s.URL, secret, tt.options...)
			if err == nil {
				r.Close()
			}
			if !errors.Is(err, tt.want) || err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("Replicate: %v, want %v", err, tt.want)
			}
		})
	}
	r := s.replicate(t, tenant.Secret, client.OnlyTenant("acme"))
	if !allowed(t, r, rolecall.Request{Subject: "bob", Permission: "post.publish", Tenant: "acme"}) {
		t.Error("bob may not publish in acme")
	}
	for _, q := range []rolecall.Request{alicePublishes, {Subject: "bob", Permission: "post.publish", Tenant: "globex"}, {Subject: "bob", Any: rolecall.KindUser, Tenant: "acme"}} {
		if d, err := r.Check(t.Context(), q); !errors.Is(err, rolecall.ErrForbidden) || d.Allowed {
			t.Errorf("Check(%+v) = %+v, %v, want ErrForbidden", q, d, err)
		}
		if can, err := r.Can(t.Context(), q.Subject, q.Permission, q.Tenant); q == (rolecall.Request{Subject: q.Subject, Permission: q.Permission, Tenant: q.Tenant}) && (!errors.Is(err, rolecall.ErrForbidden) || can) {
			t.Errorf("Can of %+v: %v, %v, want ErrForbidden", q, can, err)
		}
		if _, err := r.CheckAll(t.Context(), []rolecall.Request{q}); !errors.Is(err, rolecall.ErrForbidden) {
			t.Errorf("CheckAll(%+v) = %v, want ErrForbidden", q, err)
		}
	}
	// Who may ask about an API may ask by request, too.
	direct := s.dial(t, shop.Secret)
	if d, err := direct.Check(t.Context(), rolecall.Request{Subject: "bob", Permission: "buy", API: "https://shop"}); err != nil || d.Allowed {
		t.Errorf("asked about its API: %+v, %v", d, err)
	}
	if _, err := direct.Check(t.Context(), alicePublishes); !errors.Is(err, rolecall.ErrForbidden) {
		t.Errorf("asked about another: %v, want ErrForbidden", err)
	}
}

// TestReplicaOfARevokedKey: a key that is deleted, or holds nothing any more, gets
// no answers soon after, and no more changes at once.
func TestReplicaOfARevokedKey(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	blog(t, s.dial(t, ""))
	for name, revoke := range map[string]func(*identity.Key){
		"unassigned": func(k *identity.Key) {
			s.system(t, rolecall.Unassign(rolecall.Assignment{Subject: k.Client.ID, Role: rolecall.RoleAuditor}))
		},
		"blocked": func(k *identity.Key) {
			s.system(t, rolecall.Update(&rolecall.Client{ID: k.Client.ID, Name: "x", Blocked: true}))
		},
		"deleted": func(k *identity.Key) {
			if _, err := s.identity.DeleteKey(t.Context(), rolecall.System("test"), k.Credential.ID); err != nil {
				t.Fatal(err)
			}
		},
		"disabled": func(k *identity.Key) {
			if _, err := s.identity.DisableKey(t.Context(), rolecall.System("test"), k.Credential.ID); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			key := s.key(t, name, rolecall.Assignment{Role: rolecall.RoleAuditor})
			r := s.replicate(t, key.Secret)
			allowed(t, r, alicePublishes)
			revoke(key)
			eventually(t, "refused", func() bool {
				_, err := r.Check(t.Context(), alicePublishes)
				return errors.Is(err, rolecall.ErrForbidden) || errors.Is(err, client.ErrUnauthenticated)
			})
		})
	}
}

// BenchmarkVisibility measures how long a change takes to be visible in every
// one of 20 replicas: from the beginning of the write that makes it.
func BenchmarkVisibility(b *testing.B) {
	s := newServer(b)
	blog(b, s.dial(b, ""))
	replicas := make([]*client.Replica, 20)
	for i := range replicas {
		replicas[i] = s.replicate(b, "")
	}
	var took []time.Duration
	var n int
	for b.Loop() {
		n++
		began := time.Now()
		at := s.system(b, rolecall.Put(&rolecall.User{ID: "alice", Blocked: n%2 == 0}))
		for _, r := range replicas {
			if err := r.WaitFor(b.Context(), at); err != nil {
				b.Fatal(err)
			}
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkReplicaCheck is a question to a replica, in this process.
func BenchmarkReplicaCheck(b *testing.B) {
	s := newServer(b)
	blog(b, s.dial(b, ""))
	r := s.replicate(b, "")
	b.ReportAllocs()
	for b.Loop() {
		if d, err := r.Check(b.Context(), alicePublishes); err != nil || !d.Allowed {
			b.Fatal(d, err)
		}
	}
}
