package rolecalltest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/rolecalltest"
)

// A test of an application's guard, against a server with a policy of the test's own.
func ExampleNew() {
	_ = func(t *testing.T) { // as in func TestPublish(t *testing.T)
		srv := rolecalltest.New(t,
			rolecall.Create(&rolecall.Permission{ID: "publish", Name: "post.publish"}),
			rolecall.Create(&rolecall.User{ID: "alice"}),
			rolecall.Create(&rolecall.User{ID: "bob"}),
			rolecall.Create(&rolecall.DirectGrant{Subject: "alice", Permission: "publish"}))
		verifier, err := pep.NewVerifier(pep.Tokens{Issuer: srv.URL, Audience: "default"})
		if err != nil {
			t.Fatal(err)
		}
		guard := pep.New(srv.Client(), pep.JWT(verifier))
		app := guard.Require("post.publish")(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))

		for user, want := range map[rolecall.SubjectID]int{"alice": http.StatusOK, "bob": http.StatusForbidden} {
			r := httptest.NewRequest("POST", "/posts", nil)
			r.Header.Set("Authorization", "Bearer "+srv.Token(user, "default"))
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("POST as %s = %d, want %d", user, w.Code, want)
			}
		}
	}
}
