package console

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/internal/webhook"
	"github.com/rolecall/rolecall/sqlite"
)

// benched are the pages that are measured, beside those of the route table
// that take no id.
var benched = []string{
	"/users?q=user+4711", "/users?sort=-created_at", "/users?state=blocked", "/users/u4711", "/groups/g7", "/roles/r7", "/compare?a=r7&b=r8",
	"/permissions/p7", "/tenants/t7", "/search?q=user+4711", "/t/t7/users", "/assign?id=u4711",
	"/matrix?q=thing7&roles=Role+7", "/explain?subject=u4711&permission=p7&tenant=t11", "/explain?subject=u4711&permission=p8", "/who-can?permission=p7",
	"/what-can?subject=u4711&tenant=t11", "/graph?subject=u4711&tenant=t11&permission=p7", "/graph?role=r7", "/audit?about=u4711", "/audit?kind=role", "/t/t7/overview", "/t/t7/matrix",
}

// BenchmarkPages is the server's time for each page, and what it sends, in a
// project of some users, a tenth as many groups, and 1,000 roles and permissions.
func BenchmarkPages(b *testing.B) {
	for _, users := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			if users > 1_000 && testing.Short() {
				b.Skip("a large project")
			}
			h, cookie := city(b, users)
			var all []string
			for _, r := range table() {
				if r.show != nil && r.at != outside && !hasID(r.path) && r.template != "" {
					all = append(all, r.path)
				}
			}
			for _, path := range append(all, benched...) {
				b.Run(path[1:], func(b *testing.B) { measure(b, h, cookie, path) })
			}
		})
	}
}

func hasID(path string) bool { return slices.Contains([]byte(path), '{') }

func measure(b *testing.B, h http.Handler, cookie, path string) {
	var took []time.Duration
	var size, packed int
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "https://rolecall.example.com/console"+path, nil)
		r.AddCookie(&http.Cookie{Name: loginCookie, Value: cookie})
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		begin := time.Now()
		h.ServeHTTP(w, r)
		took = append(took, time.Since(begin))
		if w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
		packed, size = w.Body.Len(), w.Body.Len()
		if w.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				b.Fatal(err)
			}
			size = 0
			for buffer := make([]byte, 32<<10); ; {
				n, err := z.Read(buffer)
				size += n
				if err != nil {
					break
				}
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(size), "B/page")
	b.ReportMetric(float64(packed), "packed-B/page")
}

// city is a project of a size, and the cookie of its owner.
func city(b *testing.B, users int) (http.Handler, string) {
	b.Helper()
	ctx := b.Context()
	store, err := sqlite.Memory().OpenStore(ctx)
	if err != nil {
		b.Fatal(err)
	}
	rc, err := rolecall.New(ctx, store)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rc.Close() })
	var ops []rolecall.Op
	flush := func() {
		if _, err := rc.Write(ctx, rolecall.System("bench"), ops...); err != nil {
			b.Fatal(err)
		}
		ops = ops[:0]
	}
	add := func(r rolecall.Record) {
		if ops = append(ops, rolecall.Create(r)); len(ops) == 20_000 {
			flush()
		}
	}
	add(&rolecall.User{ID: "owner", Name: "Owner"})
	add(&rolecall.Assignment{Subject: "owner", Role: rolecall.RoleOwner})
	for i := range 20 {
		add(&rolecall.API{ID: rolecall.APIID(fmt.Sprint("a", i)), Identifier: fmt.Sprintf("https://api%d.example.com", i), Name: fmt.Sprint("API ", i)})
	}
	for i := range 1000 {
		api := rolecall.APIID(fmt.Sprint("a", i%20))
		if i%2 == 0 { // half of all are of one API, so that the matrix is full
			api = "a0"
		}
		add(&rolecall.Permission{ID: rolecall.PermissionID(fmt.Sprint("p", i)), API: api, Name: fmt.Sprintf("thing%d:read", i)})
	}
	for i := range 100 {
		add(&rolecall.Tenant{ID: rolecall.TenantID(fmt.Sprint("t", i)), Name: fmt.Sprint("Tenant ", i)})
	}
	for i := range 1000 {
		id := rolecall.RoleID(fmt.Sprint("r", i))
		add(&rolecall.Role{ID: id, Name: fmt.Sprint("Role ", i)})
		for j := range 20 {
			add(&rolecall.Grant{Role: id, Permission: rolecall.PermissionID(fmt.Sprint("p", (i*7+j*13)%1000))})
		}
		if i%10 > 0 {
			add(&rolecall.Inheritance{Senior: id, Junior: rolecall.RoleID(fmt.Sprint("r", i-1))})
		}
	}
	for i := range users / 10 {
		id := rolecall.SubjectID(fmt.Sprint("g", i))
		add(&rolecall.Group{ID: id, Name: fmt.Sprint("Group ", i)})
		add(&rolecall.Assignment{Subject: id, Role: rolecall.RoleID(fmt.Sprint("r", i%1000))})
	}
	for i := range max(users, 5000) {
		id := rolecall.SubjectID(fmt.Sprint("u", i))
		if i >= users && i != 4711 {
			continue
		}
		add(&rolecall.User{ID: id, Name: fmt.Sprint("User ", i), Email: fmt.Sprintf("user%d@example.com", i), Blocked: i%50 == 0})
		add(&rolecall.Membership{Tenant: rolecall.TenantID(fmt.Sprint("t", i%100)), Subject: id})
		add(&rolecall.GroupMember{Group: rolecall.SubjectID(fmt.Sprint("g", i%(users/10))), Member: id})
		add(&rolecall.Assignment{Subject: id, Role: rolecall.RoleID(fmt.Sprint("r", i%1000)), Scope: rolecall.Scope{Tenant: rolecall.TenantID(fmt.Sprint("t", i%100))}})
	}
	flush()
	id := identity.New(rc, store.(identity.Store))
	b.Cleanup(func() { id.Close() })
	login, err := id.BeginLogin(ctx, identity.NewLogin{Subject: "owner", Browser: true})
	if err != nil {
		b.Fatal(err)
	}
	keys := token.New(rc)
	hooks := webhook.New(rc, store.(webhook.Store), keys.Box("webhooks"))
	return Handler(rc, OfServer(id, keys, hooks, ""), Prefix("/console"), Server("https://rolecall.example.com")), login.Cookie
}
