package console

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// failing is a store that can't be read any more once it is broken.
type failing struct {
	rolecall.Store
	broken bool
}

func (f *failing) Read(ctx context.Context, visit func(rolecall.Reader) error) error {
	if f.broken {
		return errors.New("the disk at /srv/secret is on fire")
	}
	return f.Store.Read(ctx, visit)
}

// What fails inside is a page like the others, which tells nothing of it, and a line
// of the log that the page names.
func TestWhatFailsIsLoggedAndNotTold(t *testing.T) {
	store, err := sqlite.Memory().OpenStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fails := &failing{Store: store}
	rc, err := rolecall.New(t.Context(), fails)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rc.Close() })
	if _, err := rc.Write(t.Context(), rolecall.System("test"), worldOf()...); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	h := Handler(rc, Subject(byHeader), Prefix("/admin"), Logger(slog.New(slog.NewTextHandler(&log, nil))))
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-ID", "the-request")
		h.ServeHTTP(w, r)
	})
	fails.broken = true
	w := visit(named, "owner", "/admin/users")
	page := w.Body.String()
	if w.Code != http.StatusInternalServerError || !strings.Contains(page, "Something went wrong") || !strings.Contains(page, "<code>the-request</code>") || strings.Contains(page, "fire") {
		t.Errorf("status %d:\n%s", w.Code, page)
	}
	if !strings.Contains(page, `href="/admin/roles"`) {
		t.Error("nothing leads on")
	}
	if text := log.String(); !strings.Contains(text, "on fire") || !strings.Contains(text, "request_id=the-request") {
		t.Errorf("the log has %q", text)
	}
}

// A template that fails shows nothing of the page that it was to make.
func TestATemplateThatFailsIsAnErrorPage(t *testing.T) {
	files := folder(t)
	s := newStage(t, Edited(files))
	const half = `{{define "main"}}half of it{{.Title.Nothing}}{{end}}`
	for _, tt := range []struct{ file, text string }{
		{"pages/users/list.html", half}, {"pages/users/list.html", `{{define "main"}}half of it{{`}, {"pages/roles/list.html", ""},
	} {
		if files[tt.file].Data = []byte(tt.text); tt.text == "" {
			delete(files, tt.file)
		}
		w := s.get(owner, strings.TrimSuffix(strings.TrimPrefix(tt.file, "pages"), "/list.html"))
		if page := w.Body.String(); w.Code != http.StatusInternalServerError || !strings.Contains(page, "<h1>Something went wrong</h1>") || strings.Contains(page, "half of it") {
			t.Errorf("%s, %q: status %d:\n%s", tt.file, tt.text, w.Code, page)
		}
	}
	files["pages/error.html"].Data = []byte(half)
	w := s.get(owner, "/users")
	if page := w.Body.String(); w.Code != http.StatusInternalServerError || page != "Something went wrong. It was logged.\n" {
		t.Errorf("where the error page fails, too: status %d:\n%s", w.Code, page)
	}
}

// folder holds the files of pages as they are in the folder of the package.
func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	for _, root := range []fs.FS{pageFiles, staticFiles} {
		err := fs.WalkDir(root, ".", func(name string, file fs.DirEntry, err error) error {
			if err != nil || file.IsDir() {
				return err
			}
			data, err := fs.ReadFile(root, name)
			all[name] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Who works on pages sees them as they are, without building the program again.
func TestEditedPagesAreReadAgain(t *testing.T) {
	files := folder(t)
	s := newStage(t, Edited(files))
	sheet := func(page string) string {
		t.Helper()
		_, rest, _ := strings.Cut(page, `<link rel="stylesheet" href="/console`)
		url, _, _ := strings.Cut(rest, `"`)
		w := s.get(nobody, url)
		if w.Code != http.StatusOK {
			t.Fatalf("%q: status %d", url, w.Code)
		}
		return w.Body.String()
	}
	if page := s.get(owner, "/users").Body.String(); sheet(page) != string(assets["console.css"].plain) {
		t.Error("the sheet is another than that in the folder")
	}
	files["pages/users/list.html"].Data = []byte(`{{define "main"}}<h1>Edited</h1>{{end}}`)
	files["static/console.css"].Data = []byte("h1 { color: red }")
	page := s.get(owner, "/users").Body.String()
	if !strings.Contains(page, "<h1>Edited</h1>") || sheet(page) != "h1 { color: red }" {
		t.Errorf("what was edited does not count:\n%s", page)
	}
	if w := s.get(nobody, "/static/../pages/error.html"); w.Code == http.StatusOK {
		t.Error("a file that is no asset is served")
	}
}

func TestAPageOfNobodysSaysLittle(t *testing.T) {
	for status, text := range map[int]string{404: "There is no such page", 503: "Try again in a moment.", 500: "It was logged."} {
		w := httptest.NewRecorder()
		ErrorPage(w, httptest.NewRequest(http.MethodGet, "/nowhere", nil), "/console", status)
		page := w.Body.String()
		if w.Code != status || !strings.Contains(page, text) || !strings.Contains(page, `href="/console/"`) || !strings.Contains(page, `href="/console/static/console.css`) {
			t.Errorf("%d:\n%s", w.Code, page)
		}
		if w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%d has the policy %q", status, w.Header().Get("Content-Security-Policy"))
		}
	}
}
