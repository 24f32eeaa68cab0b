package console

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/internal/webhook"
	"github.com/rolecall/rolecall/sqlite"
)

// hostile is a name that a page must show as it is: HTML, quotes, text from
// right to left, 200 characters.
var hostile = func() string {
	name := `<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{.}}` + "\u202eשלום\u2066&amp;"
	return name + strings.Repeat("W", rolecall.MaxNameRunes-len([]rune(name)))
}()

// hostileID is an id from outside, kept as it is.
const hostileID = `<b>"'/../%2e?#&;=~é`

// nowhere is an address that refuses connections.
const nowhere = "http://127.0.0.1:1/"

// A stage is a project, its console at /console/, and who looks at it.
type stage struct {
	t  *testing.T
	rc *rolecall.Service
	id *identity.Identity
	h  http.Handler

	hooks *webhook.Hooks
	store rolecall.Store

	cookies map[rolecall.SubjectID]string
}

const (
	owner    rolecall.SubjectID = "owner"        // may everything
	auditor  rolecall.SubjectID = "auditor"      // may see everything
	admin    rolecall.SubjectID = "tenant-admin" // administers the tenant acme
	stranger rolecall.SubjectID = "stranger"     // may nothing
	nobody   rolecall.SubjectID = ""             // is not signed in
)

func newStage(t *testing.T, options ...Option) *stage {
	t.Helper()
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, cookies: map[rolecall.SubjectID]string{}}
	if s.rc, err = rolecall.New(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.rc.Close() })
	s.id = identity.New(s.rc, store.(identity.Store), identity.WithArgon2(identity.Argon2{Memory: 64, Passes: 1, Threads: 1}))
	t.Cleanup(func() { s.id.Close() })
	keys := token.New(s.rc)
	s.store = store
	s.hooks = webhook.New(s.rc, store.(webhook.Store), keys.Box("webhooks"), webhook.Allow(netip.MustParsePrefix("127.0.0.0/8")))
	mux := http.NewServeMux()
	mux.Handle("/console/", Handler(s.rc, append([]Option{OfServer(s.id, keys, s.hooks, "/u/sso"), Server("https://rolecall.example.com")}, options...)...))
	s.h = mux
	s.write(worldOf()...)
	for _, hook := range []webhook.Hook{
		{ID: "hook_plain", URL: nowhere, Description: "The intranet", Kinds: []rolecall.Kind{rolecall.KindAssignment, rolecall.KindDirectGrant}},
		{ID: "hook_hostile", URL: nowhere + url.PathEscape(hostile) + `'"><script>alert(1)</script>`, Description: hostile, Tenant: rolecall.TenantID(hostileID)},
	} {
		if _, _, _, err := s.hooks.Add(t.Context(), rolecall.System("test"), hook); err != nil {
			t.Fatal(err)
		}
	}
	for id, name := range map[rolecall.CredentialID]string{"key_plain": "Deploy", "key_hostile": hostile} {
		if _, err := s.id.CreateKey(t.Context(), rolecall.System("test"), identity.NewKey{ID: id, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *stage) write(ops ...rolecall.Op) {
	s.t.Helper()
	if _, err := s.rc.Write(s.t.Context(), rolecall.System("test"), ops...); err != nil {
		s.t.Fatal(err)
	}
}

// ids are what the parts of routes' paths stand for in the world: for each, one
// thing with a plain name and one with a hostile one.
var ids = map[string][]string{
	"/users/{id}":              {"ada", hostileID},
	"/groups/{id}":             {"staff", "hostile-group"},
	"/roles/{id}":              {"editor", hostileID},
	"/permissions/{id}":        {"publish", hostileID},
	"/apis/{id}":               {"blog", hostileID},
	"/tenants/{id}":            {"acme", hostileID},
	"/keys/{id}":               {"key_plain", "key_hostile"},
	"/applications/{id}":       {"site", hostileID + "app"},
	"/constraints/{id}":        {"apart", hostileID},
	"/sessions/{id}":           {"shift", hostileID},
	"/secrets/{id}":            {"site-secret"},
	"/client-grants/{id}":      {"site-blog", hostileID},
	"/invitations/{id}":        {"waiting"},
	"/webhooks/{id}":           {"hook_plain", "hook_hostile"},
	"/account/logins/{id}/end": {"none"},
	"/pick/{kind}":             {"role", "subject"},
}

// worldOf makes what the tests look at: everything once with a plain name, and
// once with a hostile one.
func worldOf() []rolecall.Op {
	var ops []rolecall.Op
	add := func(r rolecall.Record) { ops = append(ops, rolecall.Put(r)) }
	for _, u := range []rolecall.SubjectID{owner, auditor, admin, stranger} {
		add(&rolecall.User{ID: u, Name: string(u), Email: string(u) + "@example.com"})
	}
	add(&rolecall.Tenant{ID: "acme", Name: "Acme"})
	add(&rolecall.Tenant{ID: "globex", Name: "Globex"})
	add(&rolecall.Tenant{ID: rolecall.TenantID(hostileID), Name: hostile})
	add(&rolecall.User{ID: "ada", Name: "Ada", Email: "ada@example.com"})
	add(&rolecall.User{ID: "bob", Name: "Bob", Email: "bob@example.com"})
	add(&rolecall.User{ID: rolecall.SubjectID(hostileID), Name: hostile, Email: hostile})
	add(&rolecall.Group{ID: "staff", Name: "Staff", Description: "All"})
	add(&rolecall.Group{ID: "hostile-group", Name: hostile, Description: hostile})
	add(&rolecall.API{ID: "blog", Identifier: "https://blog.example.com", Name: "Blog"})
	add(&rolecall.API{ID: rolecall.APIID(hostileID), Identifier: hostileID, Name: hostile, Description: hostile})
	add(&rolecall.Permission{ID: "publish", API: "blog", Name: "post.publish"})
	add(&rolecall.Permission{ID: rolecall.PermissionID(hostileID), API: rolecall.APIID(hostileID), Name: hostile, Description: hostile})
	add(&rolecall.Role{ID: "editor", Name: "Editor"})
	add(&rolecall.Role{ID: "chief", Name: "Chief"})
	add(&rolecall.Role{ID: "secret", Name: "Secret", Private: true})
	add(&rolecall.Role{ID: rolecall.RoleID(hostileID), Name: hostile, Description: hostile})
	add(&rolecall.Role{ID: "acme-writer", Tenant: "acme", Name: "Acme Writer"})
	add(&rolecall.Role{ID: "globex-writer", Tenant: "globex", Name: "Globex Writer"})
	add(&rolecall.Grant{Role: "editor", Permission: "publish"})
	add(&rolecall.Grant{Role: rolecall.RoleID(hostileID), Permission: rolecall.PermissionID(hostileID)})
	add(&rolecall.Inheritance{Senior: "chief", Junior: "editor"})
	add(&rolecall.Membership{Tenant: "acme", Subject: "ada"})
	add(&rolecall.Membership{Tenant: "acme", Subject: admin})
	add(&rolecall.Membership{Tenant: "acme", Subject: rolecall.SubjectID(hostileID)})
	add(&rolecall.Membership{Tenant: "globex", Subject: "bob"})
	add(&rolecall.GroupMember{Group: "staff", Member: "ada"})
	add(&rolecall.GroupMember{Group: "hostile-group", Member: rolecall.SubjectID(hostileID)})
	add(&rolecall.Assignment{Subject: owner, Role: rolecall.RoleOwner})
	add(&rolecall.Assignment{Subject: auditor, Role: rolecall.RoleAuditor})
	add(&rolecall.Assignment{Subject: admin, Role: rolecall.RoleTenantAdmin, Scope: rolecall.Scope{Tenant: "acme"}})
	add(&rolecall.Assignment{Subject: "staff", Role: "editor"})
	add(&rolecall.Assignment{Subject: "ada", Role: "acme-writer", Scope: rolecall.Scope{Tenant: "acme"}})
	add(&rolecall.Assignment{Subject: rolecall.SubjectID(hostileID), Role: rolecall.RoleID(hostileID),
		Scope: rolecall.Scope{Tenant: "acme", Resource: "doc:" + hostile}, Reason: hostile})
	add(&rolecall.DirectGrant{Subject: rolecall.SubjectID(hostileID), Permission: rolecall.PermissionID(hostileID), Reason: hostile})
	add(&rolecall.Constraint{ID: "apart", Name: "Four eyes", MaxAllowed: 1})
	add(&rolecall.ConstraintRole{Constraint: "apart", Role: "secret"})
	add(&rolecall.ConstraintRole{Constraint: "apart", Role: "editor"})
	add(&rolecall.Constraint{ID: rolecall.ConstraintID(hostileID), Name: hostile, Description: hostile, MaxAllowed: 1})
	add(&rolecall.ConstraintRole{Constraint: rolecall.ConstraintID(hostileID), Role: rolecall.RoleID(hostileID)})
	later := rolecall.Validity{ExpiresAt: time.Now().Add(time.Hour)}
	add(&rolecall.Session{ID: "shift", Subject: "ada", Tenant: "acme", Validity: later})
	add(&rolecall.SessionRole{Session: "shift", Role: "acme-writer"})
	add(&rolecall.Session{ID: rolecall.SessionID(hostileID), Subject: rolecall.SubjectID(hostileID), Validity: later})
	add(&rolecall.Client{ID: "site", Name: "Site", OAuth: rolecall.OAuth{
		Type: rolecall.WebApplication, Tenants: rolecall.TenantsAllowed, RedirectURIs: []string{"https://site.example.com/callback"},
		GrantTypes: []rolecall.GrantType{rolecall.GrantCode, rolecall.GrantImplicit},
	}})
	add(&rolecall.Client{ID: hostileID + "app", Name: hostile, Description: hostile, OAuth: rolecall.OAuth{
		Type: rolecall.SinglePage, RedirectURIs: []string{"com.example:/" + url.PathEscape(hostile)}, LoginURI: "https://x.example.com/'><script>alert(1)</script>",
	}})
	add(&rolecall.ClientGrant{ID: "site-blog", Client: "site", API: "blog", Scope: []string{"post.publish"}})
	add(&rolecall.ClientGrant{ID: rolecall.ClientGrantID(hostileID), Client: hostileID + "app", API: rolecall.APIID(hostileID), Scope: []string{hostile}})
	add(&rolecall.Credential{ID: "site-secret", Subject: "site", Type: rolecall.ClientSecret, Hash: rolecall.Secret(strings.Repeat("s", 32))})
	add(&rolecall.Invitation{ID: "waiting", Tenant: "acme", Email: "new@example.com", Inviter: hostile,
		Ticket: rolecall.Secret(strings.Repeat("x", 32)), Validity: rolecall.Validity{ExpiresAt: time.Now().Add(time.Hour)}})
	add(&rolecall.InvitationRole{Invitation: "waiting", Role: "acme-writer", Tenant: "acme"})
	return ops
}

// request makes a request as somebody, from the console's own origin.
func (s *stage) request(as rolecall.SubjectID, method, path string, form url.Values) *http.Request {
	s.t.Helper()
	r := httptest.NewRequest(method, "https://rolecall.example.com/console"+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if as != nobody {
		r.AddCookie(&http.Cookie{Name: loginCookie, Value: s.cookie(as)})
	}
	return r
}

// cookie returns the cookie of a login of somebody.
func (s *stage) cookie(as rolecall.SubjectID) string {
	s.t.Helper()
	if s.cookies[as] == "" {
		login, err := s.id.BeginLogin(s.t.Context(), identity.NewLogin{Subject: as, Browser: true})
		if err != nil {
			s.t.Fatal(err)
		}
		s.cookies[as] = login.Cookie
	}
	return s.cookies[as]
}

func (s *stage) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w
}

func (s *stage) get(as rolecall.SubjectID, path string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.send(s.request(as, http.MethodGet, path, nil))
}

// post sends a form with pairs of fields and values.
func (s *stage) post(as rolecall.SubjectID, path string, pairs ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return s.send(s.request(as, http.MethodPost, path, form))
}

// paths returns a route's path, once for each id that it is asked with.
func paths(t *testing.T, r route) (all []string) {
	if !strings.Contains(r.path, "{") || r.path == "/{$}" {
		return []string{strings.TrimSuffix(r.path, "{$}")}
	}
	known := ids[r.path]
	if known == nil { // /roles/{id}/delete is asked with the ids of /roles/{id}
		end := strings.Index(r.path, "}")
		known = ids[r.path[:end+1]]
	}
	if known == nil {
		t.Errorf("ids in world_test.go has none for %s", r.path)
	}
	for _, id := range known {
		all = append(all, fill(r.path, id))
	}
	return all
}
