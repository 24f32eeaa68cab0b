package console

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// embedded is a console in an application that knows who is signed in.
func embedded(t *testing.T, options ...Option) http.Handler {
	t.Helper()
	rc, err := rolecall.Open(t.Context(), sqlite.Memory())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rc.Close() })
	if _, err := rc.Write(t.Context(), rolecall.System("test"), worldOf()...); err != nil {
		t.Fatal(err)
	}
	return Handler(rc, options...)
}

// byHeader finds the subject in a header, as an application finds it in its session.
func byHeader(r *http.Request) (rolecall.SubjectID, error) {
	if r.Header.Get("X-User") == "broken" {
		return "", errors.New("the session store is away")
	}
	return rolecall.SubjectID(r.Header.Get("X-User")), nil
}

func visit(h http.Handler, user, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("X-User", user)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestItMountsUnderAnyPrefix(t *testing.T) {
	h := embedded(t, Subject(byHeader))
	at := func(pattern string, h http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(pattern, h)
		return mux
	}
	for _, tt := range []struct {
		name    string
		handler http.Handler
		prefix  string
	}{
		{"a pattern", at("/perm-admin/", h), "/perm-admin"},
		{"a deep pattern", at("/a/b/", h), "/a/b"},
		{"a pattern of a host", at("example.com/admin/", h), "/admin"},
		{"a pattern that stripped it", at("/perm-admin/", http.StripPrefix("/perm-admin", h)), "/perm-admin"},
		{"the root", at("/", h), ""},
		{"no mux, and a Prefix", embedded(t, Subject(byHeader), Prefix("/x/")), "/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := visit(tt.handler, "owner", tt.prefix+"/users")
			if page.Code != http.StatusOK {
				t.Fatalf("status %d", page.Code)
			}
			for _, link := range []string{`href="` + tt.prefix + `/users/ada"`, `href="` + tt.prefix + `/static/console.css?v=`} {
				if !strings.Contains(page.Body.String(), link) {
					t.Errorf("the page lacks %s", link)
				}
			}
			_, rest, _ := strings.Cut(page.Body.String(), `<link rel="stylesheet" href="`)
			sheet, _, _ := strings.Cut(rest, `"`)
			if w := visit(tt.handler, "", sheet); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("the sheet %s: status %d, %v", sheet, w.Code, w.Header())
			}
			if tt.prefix != "" {
				if to := visit(tt.handler, "owner", tt.prefix+"/").Header().Get("Location"); !strings.HasPrefix(to, tt.prefix+"/") {
					t.Errorf("the start leads to %q", to)
				}
			}
		})
	}
}

func TestAnApplicationSaysWhoIsSignedIn(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options []Option
		user    string
		status  int
		to      string
	}{
		{"an owner", []Option{Subject(byHeader)}, "owner", 200, ""},
		{"somebody without permissions", []Option{Subject(byHeader)}, "stranger", 403, ""},
		{"a user that the project does not know", []Option{Subject(byHeader)}, "newcomer", 403, ""},
		{"nobody", []Option{Subject(byHeader)}, "", 401, ""},
		{"nobody, and the application has a page for them", []Option{Subject(byHeader), SignInAt("/login")}, "", 303, "/login"},
		{"an application that can't tell", []Option{Subject(byHeader)}, "broken", 500, ""},
		{"an application that was not asked", nil, "owner", 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := embedded(t, append(tt.options, Prefix("/admin"))...)
			w := visit(h, tt.user, "/admin/users")
			if w.Code != tt.status || w.Header().Get("Location") != tt.to {
				t.Errorf("status %d, Location %q: want %d, %q", w.Code, w.Header().Get("Location"), tt.status, tt.to)
			}
			if strings.Contains(w.Body.String(), "session store") {
				t.Error("the page tells what went wrong inside")
			}
			for _, path := range []string{"/admin/sign-in", "/admin/password", "/admin/account"} {
				if w := visit(h, "owner", path); w.Code == http.StatusOK {
					t.Errorf("%s is there, in an application with its own sign-in", path)
				}
			}
		})
	}
}

// Pages that need package identity are not there, and all others are.
func TestEveryPageInAnApplication(t *testing.T) {
	h := embedded(t, Subject(byHeader), Prefix("/admin"))
	for _, r := range table() {
		if r.show == nil {
			continue
		}
		for _, path := range paths(t, r) {
			if w := visit(h, "owner", "/admin"+path); w.Code >= 500 {
				t.Errorf("%s: status %d", path, w.Code)
			}
		}
	}
}

func TestIDsInPaths(t *testing.T) {
	for _, id := range []string{"ada", "auth0|5f7c8ec7c33c6c004bbafe82", "a@example.com", ".", "..", "~x", "~", "a/b", "a b", "%2e%2e", "é", hostileID, "new", "a?b#c", "a+b", "-", "\u202e"} {
		path := fill("/users/{id}", id)
		if strings.Contains(strings.TrimPrefix(path, "/users/"), "/") || strings.ContainsAny(path, "?# <>\"'") {
			t.Errorf("%q is in a path as %q", id, path)
		}
		if got := idOf(strings.TrimPrefix(path, "/users/")); got != id {
			t.Errorf("%q comes back as %q", id, got)
		}
	}
}

func TestASheetHoldsNoFormulas(t *testing.T) {
	s := newStage(t)
	var ops []rolecall.Op
	for i, name := range []string{`=HYPERLINK("http://evil")`, "+1", "-1", "@SUM(A1)", "plain", `quo"te, comma`} {
		ops = append(ops, rolecall.Create(&rolecall.User{ID: rolecall.SubjectID("sheet" + text(i)), Name: name}))
	}
	s.write(ops...)
	w := s.get(owner, "/users.csv?q=sheet")
	if w.Header().Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("headers %v", w.Header())
	}
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	want := []string{"id,name", `sheet0,"'=HYPERLINK(""http://evil"")"`, "sheet1,'+1", "sheet2,'-1", "sheet3,'@SUM(A1)", "sheet4,plain", `sheet5,"quo""te, comma"`}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), w.Body.String())
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want[i])
		}
	}
	for _, text := range []string{"\tx", "\rx", "=", "+", "-", "@"} {
		if got := inert(text); got != "'"+text {
			t.Errorf("inert(%q) = %q", text, got)
		}
	}
}

func TestListsTurnTheirPages(t *testing.T) {
	s := newStage(t)
	var ops []rolecall.Op
	for i := range 130 {
		ops = append(ops, rolecall.Create(&rolecall.User{ID: rolecall.SubjectID("many" + text(1000+i)), Name: "Many"}))
	}
	s.write(ops...)
	seen, path, pages := map[string]int{}, "/users?q=many&sort=-name", 0
	for path != "" && pages < 10 {
		page := s.get(owner, path).Body.String()
		pages++
		for i := range 130 {
			seen["many"+text(1000+i)] += strings.Count(page, `value="many`+text(1000+i)+`"`)
		}
		_, rest, ok := strings.Cut(page, `rel="next"`)
		before, _, _ := strings.Cut(page, `" rel="next"`)
		path = ""
		if ok && rest != "" {
			path = "/users" + strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+6:], "&amp;", "&")
		}
	}
	if pages != 3 {
		t.Errorf("%d pages, want 3", pages)
	}
	for i := range 130 {
		if id := "many" + text(1000+i); seen[id] != 1 {
			t.Errorf("%s is there %d times", id, seen[id])
		}
	}
}

func TestColoursAreKept(t *testing.T) {
	s := newStage(t)
	w := s.post(owner, "/theme", "theme", "dark", "back", "/console/users?q=a")
	if w.Header().Get("Location") != "/console/users?q=a" {
		t.Errorf("Location %q", w.Header().Get("Location"))
	}
	r := s.request(owner, http.MethodGet, "/users", nil)
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	if !strings.Contains(s.send(r).Body.String(), `data-theme="dark"`) {
		t.Error("the page is not dark")
	}
	r = s.request(owner, http.MethodGet, "/users", nil)
	r.AddCookie(&http.Cookie{Name: themeCookie, Value: `><script>`})
	if strings.Contains(s.send(r).Body.String(), "data-theme") {
		t.Error("a cookie chose other colours than there are")
	}
}
