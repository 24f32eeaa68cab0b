package pep_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/sqlite"
)

// by makes the tests' writes.
var by = rolecall.System("test")

// newService returns a new project with what ops make.
func newService(t testing.TB, ops ...rolecall.Op) *rolecall.Service {
	t.Helper()
	rc, err := rolecall.Open(t.Context(), sqlite.Memory())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rc.Close() })
	write(t, rc, ops...)
	return rc
}

func write(t testing.TB, rc *rolecall.Service, ops ...rolecall.Op) {
	t.Helper()
	if len(ops) == 0 {
		return
	}
	if _, err := rc.Write(t.Context(), by, ops...); err != nil {
		t.Fatal(err)
	}
}

// blog returns a project with a blog in it, used by
//
//	alice, who may publish: granted directly;
//	bob, who may publish and edit: as an editor, which the group staff is;
//	carol, who may delete in the tenant acme only, and edit doc 7 only;
//	dave, who may nothing;
//	eve, who could publish, but is blocked.
func blog(t testing.TB) *rolecall.Service {
	create := rolecall.Create
	return newService(t,
		create(&rolecall.Permission{ID: "publish", Name: "post.publish"}),
		create(&rolecall.Permission{ID: "edit", Name: "post.edit"}),
		create(&rolecall.Permission{ID: "delete", Name: "post.delete"}),
		create(&rolecall.Permission{ID: "doc", Name: "doc.edit"}),
		create(&rolecall.Permission{ID: "spaced", Name: "Edit Post"}),
		create(&rolecall.API{ID: "api", Identifier: audience, Name: "API"}),
		create(&rolecall.Permission{ID: "api-publish", API: "api", Name: "post.publish"}),
		create(&rolecall.Role{ID: "editor", Name: "Editor"}),
		create(&rolecall.Grant{Role: "editor", Permission: "publish"}),
		create(&rolecall.Grant{Role: "editor", Permission: "edit"}),
		create(&rolecall.Role{ID: "remover", Name: "Remover"}),
		create(&rolecall.Grant{Role: "remover", Permission: "delete"}),
		create(&rolecall.Tenant{ID: "acme", Name: "Acme"}),
		create(&rolecall.Tenant{ID: "globex", Name: "Globex"}),
		create(&rolecall.Group{ID: "g1", Name: "staff"}),
		create(&rolecall.Group{ID: "g2", Name: "guests"}),
		create(&rolecall.User{ID: "alice"}), create(&rolecall.User{ID: "bob"}), create(&rolecall.User{ID: "carol"}),
		create(&rolecall.User{ID: "dave"}), create(&rolecall.User{ID: "eve", Blocked: true}),
		create(&rolecall.DirectGrant{Subject: "alice", Permission: "publish"}),
		create(&rolecall.DirectGrant{Subject: "alice", Permission: "api-publish"}),
		create(&rolecall.GroupMember{Group: "g1", Member: "bob"}),
		create(&rolecall.Assignment{Subject: "g1", Role: "editor"}),
		create(&rolecall.Assignment{Subject: "carol", Role: "remover", Scope: rolecall.Scope{Tenant: "acme"}}),
		create(&rolecall.DirectGrant{Subject: "carol", Permission: "doc", Scope: rolecall.Scope{Resource: "doc:7"}}),
		create(&rolecall.DirectGrant{Subject: "eve", Permission: "publish"}),
	)
}

// session is the application's own way to know who is there: here, a header.
func session(r *http.Request) (rolecall.SubjectID, error) {
	if user := r.Header.Get("X-User"); user != "" {
		return rolecall.SubjectID(user), nil
	}
	return "", pep.ErrNoSubject
}

// hello is what is guarded.
var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Write([]byte("hello " + pep.SubjectOf(r.Context())))
})

// get asks handler for / as a user; headers are pairs.
func get(handler http.Handler, user string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if user != "" {
		r.Header.Set("X-User", user)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// answer is the body of a denial.
type answer struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func body(t testing.TB, w *httptest.ResponseRecorder) (a answer) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("the body %q is not JSON: %v", w.Body, err)
	}
	return a
}
