package api_test

import (
	"net/http/httptest"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// A token that another process has issued for a user whom it has just made is
// good at once, before the snapshot would have followed by itself.
func TestATokenOfAnotherProcessWorksAtOnce(t *testing.T) {
	path := t.TempDir() + "/rolecall.db"
	var services [2]*rolecall.Service
	var keys [2]*token.Keys
	for i := range services {
		rc, err := rolecall.Open(t.Context(), sqlite.File(path))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { rc.Close() })
		services[i], keys[i] = rc, token.New(rc, token.WithIssuer("http://localhost/"))
		if _, err := keys[i].JWKS(t.Context()); err != nil { // the key is there from the start
			t.Fatal(err)
		}
	}
	here := &api.Authenticator{Service: services[0], Keys: keys[0]}
	for _, id := range []rolecall.SubjectID{"ada", "ben", "cleo"} {
		if _, err := services[1].Write(t.Context(), rolecall.System("test"), rolecall.Create(&rolecall.User{ID: id})); err != nil {
			t.Fatal(err)
		}
		raw, _, err := keys[1].TokenFor(t.Context(), token.TokenRequest{Subject: id, API: string(rolecall.AdminAPI)})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+raw)
		by, err := here.Actor(httptest.NewRecorder(), r, "test")
		if err != nil || by.Subject != id {
			t.Errorf("Actor = %v, %v, want %s", by.Subject, err, id)
		}
	}
}
