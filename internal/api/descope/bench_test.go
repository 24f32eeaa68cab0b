package descope

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api/apitest"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// benchServer is a server with its project in a file, passwords at their usual
// cost, and 1000 users in 20 tenants.
func benchServer(b *testing.B) *server {
	b.Helper()
	ctx := context.Background()
	store, err := sqlite.File(filepath.Join(b.TempDir(), "rolecall.db")).OpenStore(ctx)
	if err != nil {
		b.Fatal(err)
	}
	s := &server{log: new(apitest.Log)}
	logger := slog.New(slog.DiscardHandler)
	if s.rc, err = rolecall.New(ctx, store, rolecall.WithLogger(logger)); err != nil {
		b.Fatal(err)
	}
	s.id = identity.New(s.rc, store.(identity.Store))
	s.keys = token.New(s.rc, token.WithIssuer("http://rolecall.test/"))
	s.Server = httptest.NewServer(New(s.rc, s.id, s.keys, "http://rolecall.test/", logger))
	b.Cleanup(func() {
		s.Close()
		s.id.Close()
		s.rc.Close()
	})
	s.key = s.newKey(b, "key_management", rolecall.RoleOwner)
	s.town(b)
	for t := range 20 {
		s.do(b, "POST", "/v1/mgmt/tenant/create", fmt.Sprintf(`{"id":"t%d","name":"T%d"}`, t, t))
		users := make([]string, 50)
		for u := range users {
			users[u] = fmt.Sprintf(`{"loginId":"user-%d-%d","userTenants":[{"tenantId":"t%d","roleNames":["Editor"]}]}`, t, u, t)
		}
		s.do(b, "POST", "/v1/mgmt/user/create/batch", `{"users":[`+strings.Join(users, ",")+`]}`)
	}
	return s
}

// What management calls cost, one after another over HTTP on loopback. "license"
// does no more than find out who calls: it is the floor.
func BenchmarkManagement(b *testing.B) {
	s := benchServer(b)
	for _, call := range []struct {
		name string
		do   func(n int)
	}{
		{"license", func(int) { s.do(b, "GET", "/v1/mgmt/license", "") }},
		{"role/all", func(int) { s.do(b, "GET", "/v1/mgmt/role/all", "") }},
		{"user/load", func(n int) { s.do(b, "GET", fmt.Sprintf("/v1/mgmt/user?loginId=user-%d-%d", n%20, n%50), "") }},
		{"user/search of a tenant", func(n int) { s.do(b, "POST", "/v2/mgmt/user/search", fmt.Sprintf(`{"tenantIds":["t%d"]}`, n%20)) }},
		{"user/update/role/set", func(n int) { // which changes something every time
			s.do(b, "POST", "/v1/mgmt/user/update/role/set", fmt.Sprintf(`{"loginId":"bob","roleNames":[%q]}`, []string{"Reader", "Editor"}[n%2]))
		}},
		{"permission/create", func(int) {
			s.do(b, "POST", "/v1/mgmt/permission/create", fmt.Sprintf(`{"name":%q}`, rolecall.NewID("p")))
		}},
	} {
		b.Run(call.name, func(b *testing.B) {
			for n := 0; b.Loop(); n++ {
				call.do(n)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// What a sign-in costs beside the one password hash that nobody can save it, timed
// in turn, so that both had the same machine.
func BenchmarkSignIn(b *testing.B) {
	s := benchServer(b)
	cost := identity.DefaultArgon2
	salt := []byte("0123456789abcdef")
	s.signIn(b, "{}")
	var floor, whole time.Duration
	for b.Loop() {
		begin := time.Now()
		argon2.IDKey([]byte("correct horse"), salt, cost.Passes, cost.Memory, cost.Threads, 32)
		hashed := time.Now()
		s.signIn(b, "{}")
		floor += hashed.Sub(begin)
		whole += time.Since(hashed)
	}
	b.ReportMetric(float64(floor.Microseconds())/float64(b.N)/1000, "ms/hash")
	b.ReportMetric(float64(whole.Microseconds())/float64(b.N)/1000, "ms/sign-in")
	b.ReportMetric(float64(whole)/float64(floor), "x-hash")
}

// What a refresh costs, which signs two tokens and reads roles anew.
func BenchmarkRefresh(b *testing.B) {
	s := benchServer(b)
	refresh := fmt.Sprint(s.signIn(b, "{}")["refreshJwt"])
	for b.Loop() {
		s.do(b, "POST", "/v1/auth/refresh", "", s.rc.Project(), refresh)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// How large tokens are of a user with one role of two permissions in each of so
// many tenants.
func BenchmarkTokenSize(b *testing.B) {
	for _, tenants := range []int{0, 1, 10, 200} {
		b.Run(fmt.Sprintf("tenants=%d", tenants), func(b *testing.B) {
			s := benchServer(b)
			reply := s.memberOf(b, tenants)
			for b.Loop() {
				s.do(b, "POST", "/v1/auth/refresh", "", s.rc.Project(), fmt.Sprint(reply["refreshJwt"]))
			}
			b.ReportMetric(float64(len(fmt.Sprint(reply["sessionJwt"]))), "session-bytes")
			b.ReportMetric(float64(len(fmt.Sprint(reply["refreshJwt"]))), "refresh-bytes")
		})
	}
}

// memberOf makes a user with a role in each of so many new tenants, and signs it in.
func (s *server) memberOf(t testing.TB, tenants int) map[string]any {
	t.Helper()
	places := make([]string, tenants)
	for n := range places {
		id := fmt.Sprintf("tenant-%d-%d", tenants, n)
		s.do(t, "POST", "/v1/mgmt/tenant/create", fmt.Sprintf(`{"id":%q,"name":%q}`, id, id))
		places[n] = fmt.Sprintf(`{"tenantId":%q,"roleNames":["Editor"]}`, id)
	}
	login := fmt.Sprintf("member-of-%d", tenants)
	s.do(t, "POST", "/v1/mgmt/user/create", fmt.Sprintf(`{"loginId":%q,"userTenants":[%s]}`, login, strings.Join(places, ",")))
	return s.do(t, "POST", "/v1/mgmt/auth/signin", fmt.Sprintf(`{"loginId":%q}`, login))
}
