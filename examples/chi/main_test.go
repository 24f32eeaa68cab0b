package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

func TestWhoEditsWhat(t *testing.T) {
	rc, err := rolecall.Open(t.Context(), sqlite.Memory())
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	app, err := newApp(t.Context(), rc)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, method, path, user string
		want                     int
		says                     string
	}{
		{"anybody reads", "GET", "/docs", "", 200, "7 8"},
		{"nobody in particular edits nothing", "PUT", "/docs/7", "", 401, "unauthenticated"},
		{"an editor edits", "PUT", "/docs/7", "alice", 200, "7 was edited by alice"},
		{"an editor of one document edits it", "PUT", "/docs/7", "bob", 200, "7 was edited by bob"},
		{"and no other", "PUT", "/docs/8", "bob", 403, "insufficient_scope"},
		{"a user whom nobody knows edits nothing", "PUT", "/docs/7", "mallory", 403, "insufficient_scope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			if tt.user != "" {
				r.SetBasicAuth(tt.user, "")
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.says) || strings.Contains(w.Body.String(), "edited") != (tt.want == http.StatusOK && tt.method == "PUT") {
				t.Errorf("%s %s = %d %s, want %d %s", tt.method, tt.path, w.Code, w.Body, tt.want, tt.says)
			}
		})
	}
}
