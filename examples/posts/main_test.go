package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

func TestPosts(t *testing.T) {
	rc, err := rolecall.Open(t.Context(), sqlite.Memory())
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	app, err := newApp(t.Context(), rc)
	if err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name, method, user string
		want               int
	}{
		{"anybody reads", "GET", "", http.StatusOK},
		{"nobody in particular does not publish", "POST", "", http.StatusUnauthorized},
		{"a user without the role does not publish", "POST", "bob", http.StatusForbidden},
		{"a user whom nobody knows does not publish", "POST", "mallory", http.StatusForbidden},
		{"an editor publishes", "POST", "alice", http.StatusOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/posts", nil)
			if tt.user != "" {
				r.SetBasicAuth(tt.user, "")
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("%s /posts = %d, want %d", tt.method, w.Code, tt.want)
			}
		})
	}
}
