package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

// A visitor is a browser, as far as the tests need one.
type visitor struct {
	t    *testing.T
	http *http.Client
	url  string
}

func start(t *testing.T) (*app, string) {
	a, err := open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.handler())
	t.Cleanup(func() {
		server.Close()
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return a, server.URL
}

// visit opens the site, signed in as name unless that is empty.
func visit(t *testing.T, site, name string) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, site}
	if name != "" {
		if status, _, at := v.do("POST", "/login", "name", name, "password", name); status != http.StatusSeeOther || at != "/" {
			t.Fatalf("signing in as %s: %d to %q", name, status, at)
		}
	}
	return v
}

func (v *visitor) do(method, path string, form ...string) (status int, body, location string) {
	v.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	r, _ := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header.Get("Location")
}

func TestEachMayWhatTheirRoleSays(t *testing.T) {
	for _, tt := range []struct {
		who                        string
		read, create, edit, remove int // the statuses
	}{
		{"", 401, 401, 401, 401},
		{"cleo", 200, 403, 403, 403},
		{"bob", 200, 303, 303, 403},
		{"ann", 200, 303, 303, 303},
	} {
		t.Run(tt.who, func(t *testing.T) {
			_, site := start(t)
			v := visit(t, site, tt.who)
			is := func(what string, want int, method, path string, form ...string) {
				t.Helper()
				if got, body, _ := v.do(method, path, form...); got != want {
					t.Errorf("%s = %d, want %d: %s", what, got, want, body)
				}
			}
			is("reading", tt.read, "GET", "/")
			is("creating", tt.create, "POST", "/posts", "title", "New", "body", "text")
			is("editing", tt.edit, "POST", "/posts/1", "title", "Edited", "body", "text")
			is("deleting", tt.remove, "POST", "/posts/1/delete")
		})
	}
}

func TestButtonsShowForThoseWhoMay(t *testing.T) {
	_, site := start(t)
	for who, want := range map[string][3]bool{"cleo": {false, false, false}, "bob": {true, true, false}, "ann": {true, true, true}} {
		_, page, _ := visit(t, site, who).do("GET", "/")
		for i, button := range []string{">Publish<", ">Save<", ">Delete<"} {
			if strings.Contains(page, button) != want[i] {
				t.Errorf("%s sees %s: %v, want %v", who, button, !want[i], want[i])
			}
		}
	}
}

func TestTheDashboardIsForItsAdministrators(t *testing.T) {
	a, site := start(t)
	if status, _, at := visit(t, site, "").do("GET", "/perm-admin/users"); status != http.StatusSeeOther && status != http.StatusFound || !strings.HasPrefix(at, "/login") {
		t.Errorf("nobody gets %d to %q, want the login page", status, at)
	}
	if status, _, _ := visit(t, site, "bob").do("GET", "/perm-admin/users"); status != http.StatusForbidden {
		t.Errorf("an author gets %d, want 403", status)
	}
	ann := visit(t, site, "ann")
	status, page, _ := ann.do("GET", "/perm-admin/users")
	if status != http.StatusOK {
		t.Fatalf("the administrator gets %d: %s", status, page)
	}
	for _, name := range []string{">ann<", ">bob<", ">cleo<"} {
		if !strings.Contains(page, name) {
			t.Errorf("the app's user %s is not in the list", name)
		}
	}
	if strings.Contains(page, "New user") {
		t.Error("the dashboard offers to make users, who are the app's")
	}
	for _, path := range []string{"/perm-admin/overview", "/perm-admin/users/2", "/perm-admin/roles", "/perm-admin/roles/author", "/perm-admin/permissions"} {
		if status, page, _ := ann.do("GET", path); status != http.StatusOK {
			t.Errorf("%s = %d: %s", path, status, page)
		}
	}
	// What changes there counts with the next request.
	if _, err := a.rc.UnassignRoles(t.Context(), rolecall.Actor{Subject: "1", Door: "test"}, rolecall.Assignment{Subject: "2", Role: "author"}); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := visit(t, site, "bob").do("POST", "/posts", "title", "x", "body", "x"); status != http.StatusForbidden {
		t.Errorf("one whose role was taken away publishes: %d", status)
	}
}

func TestSigningInIsCareful(t *testing.T) {
	_, site := start(t)
	v := visit(t, site, "")
	for _, tt := range [][]string{{"ann", "wrong"}, {"nobody", "ann"}, {"", ""}} {
		if status, body, _ := v.do("POST", "/login", "name", tt[0], "password", tt[1]); status != http.StatusUnauthorized || !strings.Contains(body, "name or the password is wrong") {
			t.Errorf("signing in as %q: %d", tt[0], status)
		}
	}
	for to, want := range map[string]string{"/perm-admin/": "/perm-admin/", "//evil.example": "/", "https://evil.example": "/", `/\evil.example`: "/"} {
		if _, _, at := v.do("POST", "/login", "name", "ann", "password", "ann", "return_to", to); at != want {
			t.Errorf("after signing in, %q leads to %q, want %q", to, at, want)
		}
	}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", site+"/posts", strings.NewReader("title=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://evil.example")
	answer, err := v.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site is taken: %d", answer.StatusCode)
	}
}
