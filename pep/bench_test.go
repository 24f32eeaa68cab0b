package pep_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rolecall/rolecall/pep"
)

// quiet is a ResponseWriter that costs nothing.
type quiet struct{ header http.Header }

func (q quiet) Header() http.Header         { return q.header }
func (q quiet) Write(p []byte) (int, error) { return len(p), nil }
func (q quiet) WriteHeader(int)             {}

// BenchmarkGuard is what a guard adds to a request: bare is the handler alone.
func BenchmarkGuard(b *testing.B) {
	i := newIssuer(b, public("rsa", rsaKey()))
	rc := blog(b)
	verifier := i.verifier(b, nil)
	// A token of usual size: 600 bytes of claims.
	token := i.token(b, map[string]any{"permissions": []string{"post.publish"}, "pad": string(make([]byte, 100))})
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	jwt := pep.New(rc, pep.JWT(verifier))
	for _, bench := range []struct {
		name    string
		handler http.Handler
	}{
		{"bare", ok},
		{"subject", pep.New(rc, pep.Subject(session)).Require("post.publish")(ok)},
		{"token", jwt.Require("post.publish")(ok)},
		{"token/any-of-3", jwt.RequireAny("x", "y", "post.publish")(ok)},
		{"token-only", pep.New(pep.TokenOnly(), pep.JWT(verifier)).Require("post.publish")(ok)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("X-User", "alice")
			w := quiet{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				bench.handler.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkVerify is a token that is remembered, beside one that is not.
func BenchmarkVerify(b *testing.B) {
	i := newIssuer(b, public("rsa", rsaKey()))
	token := i.token(b, map[string]any{"permissions": []string{"post.publish"}})
	b.Run("remembered", func(b *testing.B) {
		v := i.verifier(b, nil)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new", func(b *testing.B) {
		v := i.verifier(b, nil)
		b.ReportAllocs()
		for b.Loop() {
			v.Forget()
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
