package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	rc "github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/console"
	"github.com/rolecall/rolecall/sqlite"
)

// failing is a store that can't be read any more once it is broken.
type failing struct {
	rc.Store
	broken atomic.Bool
}

func (f *failing) Read(ctx context.Context, visit func(rc.Reader) error) error {
	if f.broken.Load() {
		return errors.New("the disk is on fire")
	}
	return f.Store.Read(ctx, visit)
}

// broken returns the address of a console in an application, at /admin/, whose store
// fails.
func broken(t *testing.T) string {
	t.Helper()
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fails := &failing{Store: store}
	service, err := rc.New(t.Context(), fails)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.Close() })
	if _, err := service.Write(t.Context(), rc.System("test"), append(world(), rc.Put(&rc.Assignment{Subject: "grace", Role: rc.RoleOwner}))...); err != nil {
		t.Fatal(err)
	}
	fails.broken.Store(true)
	mux := http.NewServeMux()
	pages := console.Handler(service, console.Subject(func(*http.Request) (rc.SubjectID, error) { return "grace", nil }))
	mux.HandleFunc("/admin/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-ID", "req_3kTzV0aQmWn1")
		pages.ServeHTTP(w, r)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}
