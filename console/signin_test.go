package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

const secretWord = "correct horse battery"

// withPassword makes a user who can sign in.
func (s *stage) withPassword(login string, temporary bool) rolecall.SubjectID {
	s.t.Helper()
	u, _, err := s.id.CreateUser(s.t.Context(), rolecall.System("test"), identity.NewUser{
		User: rolecall.User{Name: "Eve", Email: login}, Password: secretWord, Temporary: temporary,
		Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return u.ID
}

func loginOf(w interface{ Result() *http.Response }) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if c.Name == loginCookie {
			return c
		}
	}
	return nil
}

func TestSignIn(t *testing.T) {
	s := newStage(t)
	s.withPassword("eve@example.com", false)
	w := s.post(nobody, "/sign-in", "login", " Eve@Example.com ", "password", secretWord, "next", "/console/users?state=active")
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/console/users?state=active" {
		t.Fatalf("status %d, Location %q", w.Code, to)
	}
	c := loginOf(w)
	if c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/console/" || c.MaxAge <= 0 || len(c.Value) < 40 {
		t.Fatalf("the cookie is %v", c)
	}
	r := s.request(nobody, http.MethodGet, "/users", nil)
	r.AddCookie(c)
	if w := s.send(r); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Eve") {
		t.Errorf("status %d with the cookie", w.Code)
	}

	out := s.request(nobody, http.MethodPost, "/sign-out", nil)
	out.AddCookie(c)
	if w := s.send(out); w.Code != http.StatusSeeOther || loginOf(w) == nil || loginOf(w).MaxAge >= 0 {
		t.Errorf("signing out: status %d, cookie %v", w.Code, loginOf(w))
	}
	r = s.request(nobody, http.MethodGet, "/users", nil)
	r.AddCookie(c)
	if w := s.send(r); w.Code != http.StatusSeeOther {
		t.Errorf("status %d with the cookie of a login that has ended", w.Code)
	}
	if w := s.get(nobody, "/sign-out"); w.Code != http.StatusMethodNotAllowed && w.Code != http.StatusNotFound && w.Code != http.StatusSeeOther {
		t.Errorf("status %d for signing out by GET", w.Code)
	}
}

func TestAWrongPasswordAndAnUnknownUserAreOne(t *testing.T) {
	s := newStage(t)
	s.withPassword("eve@example.com", false)
	var pages []string
	for _, login := range []string{"eve@example.com", "nobody@example.com"} {
		w := s.post(nobody, "/sign-in", "login", login, "password", "wrong wrong wrong")
		if w.Code != http.StatusBadRequest || loginOf(w) != nil || strings.Contains(w.Body.String(), "wrong wrong") {
			t.Errorf("%s: status %d", login, w.Code)
		}
		pages = append(pages, strings.ReplaceAll(w.Body.String(), login, ""))
	}
	if pages[0] != pages[1] {
		t.Errorf("they are told apart:\n%s\n%s", mainOf(pages[0]), mainOf(pages[1]))
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	s := newStage(t)
	s.withPassword("eve@example.com", false)
	for range identity.DefaultLimits.Login.Burst {
		s.post(nobody, "/sign-in", "login", "eve@example.com", "password", "wrong wrong wrong")
	}
	w := s.post(nobody, "/sign-in", "login", "eve@example.com", "password", secretWord)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || loginOf(w) != nil {
		t.Errorf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	s := newStage(t)
	s.withPassword("eve@example.com", false)
	for _, next := range []string{"https://evil.example.com/", "//evil.example.com/console/", "/\\evil.example.com", "/elsewhere", "/console/\n/evil", "javascript:alert(1)", "/console/../elsewhere"} {
		w := s.post(nobody, "/sign-in", "login", "eve@example.com", "password", secretWord, "next", next)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || to.Host != "" || !strings.HasPrefix(to.Path, "/console/") || strings.Contains(to.Path, "..") {
			t.Errorf("next %q leads to %q", next, w.Header().Get("Location"))
		}
	}
}

func TestATemporaryPasswordIsReplacedFirst(t *testing.T) {
	s := newStage(t)
	s.withPassword("eve@example.com", true)
	w := s.post(nobody, "/sign-in", "login", "eve@example.com", "password", secretWord)
	if to := w.Header().Get("Location"); loginOf(w) != nil || !strings.HasPrefix(to, "/console/password?login=eve") {
		t.Fatalf("Location %q, cookie %v", to, loginOf(w))
	}
	if w := s.post(nobody, "/password", "login", "eve@example.com", "old", "wrong wrong wrong", "password", "another fine phrase"); w.Code != http.StatusBadRequest {
		t.Errorf("with a wrong old password: status %d", w.Code)
	}
	if w := s.post(nobody, "/password", "login", "eve@example.com", "old", secretWord, "password", "another fine phrase"); w.Code != http.StatusSeeOther {
		t.Fatalf("status %d:\n%s", w.Code, mainOf(w.Body.String()))
	}
	if w := s.post(nobody, "/sign-in", "login", "eve@example.com", "password", "another fine phrase"); loginOf(w) == nil {
		t.Errorf("status %d with the new password", w.Code)
	}
}

func TestLoginsAreListedAndEnded(t *testing.T) {
	s := newStage(t)
	s.cookie(owner)
	other, err := s.id.BeginLogin(t.Context(), identity.NewLogin{Subject: owner, Browser: true, Agent: "Other Browser"})
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := s.id.BeginLogin(t.Context(), identity.NewLogin{Subject: stranger, Browser: true})
	if err != nil {
		t.Fatal(err)
	}
	page := s.get(owner, "/account").Body.String()
	if !strings.Contains(page, "Other Browser") || strings.Contains(page, strangers.ID) {
		t.Error("the list is not the viewer's own logins")
	}
	if w := s.post(owner, "/account/logins/"+strangers.ID+"/end"); w.Code != http.StatusNotFound {
		t.Errorf("somebody else's login: status %d", w.Code)
	}
	if w := s.post(owner, "/account/logins/"+other.ID+"/end"); w.Code != http.StatusSeeOther {
		t.Errorf("status %d", w.Code)
	}
	if _, err := s.id.FindBrowser(t.Context(), other.Cookie); err == nil {
		t.Error("the login goes on")
	}
	if _, err := s.id.FindBrowser(t.Context(), strangers.Cookie); err != nil {
		t.Error("somebody else's login has ended")
	}
}

func TestABlockedUserIsOut(t *testing.T) {
	s := newStage(t)
	s.cookie(auditor)
	if w := s.get(auditor, "/users"); w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	s.write(rolecall.Modify(&rolecall.User{ID: auditor}, func(u *rolecall.User) error { u.Blocked = true; return nil }))
	if w := s.get(auditor, "/users"); w.Code == http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}
