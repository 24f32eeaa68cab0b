package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

// These tests walk the route table: what holds of a page holds of every page.

func eachRoute(t *testing.T, f func(t *testing.T, r route, path string)) {
	for _, r := range table() {
		for _, path := range paths(t, r) {
			t.Run(r.method()+" "+r.path, func(t *testing.T) { f(t, r, path) })
		}
	}
}

func TestNobodyGetsTheSignInPage(t *testing.T) {
	s := newStage(t)
	eachRoute(t, func(t *testing.T, r route, path string) {
		if r.at == outside {
			return
		}
		w := s.send(s.request(nobody, r.method(), path, nil))
		if r.do != nil {
			if w.Code != http.StatusUnauthorized {
				t.Errorf("status %d, want 401", w.Code)
			}
			return
		}
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/console/sign-in?next=") {
			t.Errorf("status %d, Location %q: want the sign-in page", w.Code, to)
		}
	})
}

func TestAStrangerMayNothing(t *testing.T) {
	s := newStage(t)
	eachRoute(t, func(t *testing.T, r route, path string) {
		if r.needs == "" {
			return
		}
		at := s.rc.Revision()
		for _, scope := range []string{"", "/t/acme"} {
			w := s.send(s.request(stranger, r.method(), scope+path, url.Values{"confirm": {"yes"}}))
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), r.needs) {
				t.Errorf("status %d, want 403 that names %s", w.Code, r.needs)
			}
		}
		if s.rc.Revision() != at {
			t.Error("something was written")
		}
	})
}

// A tenant's administrator has that tenant, and nothing outside it.
func TestATenantsAdministratorMayNothingElsewhere(t *testing.T) {
	s := newStage(t)
	eachRoute(t, func(t *testing.T, r route, path string) {
		if r.needs == "" {
			return
		}
		at := s.rc.Revision()
		for _, scope := range []string{"", "/t/globex"} {
			if w := s.send(s.request(admin, r.method(), scope+path, url.Values{"confirm": {"yes"}})); w.Code != http.StatusForbidden {
				t.Errorf("%s: status %d, want 403", scope, w.Code)
			}
		}
		if s.rc.Revision() != at {
			t.Error("something was written")
		}
	})
}

func TestAuditorsChangeNothing(t *testing.T) {
	s := newStage(t)
	eachRoute(t, func(t *testing.T, r route, path string) {
		if r.do == nil || r.needs == "" {
			return
		}
		at := s.rc.Revision()
		w := s.send(s.request(auditor, r.method(), path, url.Values{"confirm": {"yes"}}))
		if s.rc.Revision() != at {
			t.Error("something was written")
		}
		if strings.HasSuffix(r.needs, ".write") && w.Code != http.StatusForbidden {
			t.Errorf("status %d, want 403", w.Code)
		}
	})
}

func TestAnotherSitesFormsAreRefused(t *testing.T) {
	s := newStage(t)
	eachRoute(t, func(t *testing.T, r route, path string) {
		if r.do == nil {
			return
		}
		at := s.rc.Revision()
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.com"} {
			q := s.request(owner, r.method(), path, url.Values{"confirm": {"yes"}})
			q.Header.Del("Sec-Fetch-Site")
			q.Header.Set(name, value)
			w := s.send(q)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "another site") {
				t.Errorf("%s: status %d, want 403", name, w.Code)
			}
			if len(w.Result().Cookies()) > 0 {
				t.Error("a cookie was set")
			}
		}
		if s.rc.Revision() != at {
			t.Error("something was written")
		}
	})
}

// raw is what must never be in a page: what the hostile names would do there.
var raw = []string{"<script>alert", "<img src=x", `"'>`, "<b>\"", "{{.}}"[:0] + "ZgotmplZ"}

func TestPagesShowHostileNamesAsTheyAre(t *testing.T) {
	s := newStage(t)
	eachRoute(t, func(t *testing.T, r route, path string) {
		if r.show == nil {
			return
		}
		for _, scope := range []string{"", "/t/acme", "/t/" + pathID(hostileID)} {
			for _, query := range []string{"", "?q=" + url.QueryEscape(hostile), "?q=W"} {
				if testing.Short() && query != "" {
					continue
				}
				w := s.get(owner, scope+path+query)
				if w.Code >= 500 {
					t.Fatalf("%s: status %d", scope+path+query, w.Code)
				}
				if !wellFormed(w) {
					continue
				}
				for _, text := range raw {
					if strings.Contains(w.Body.String(), text) {
						t.Errorf("%s has %s", scope+path+query, text)
					}
				}
			}
		}
	})
}

func wellFormed(w interface{ Result() *http.Response }) bool {
	return strings.HasPrefix(w.Result().Header.Get("Content-Type"), "text/html")
}

func TestEveryAnswerForbidsWhatIsInlineOrElsewhere(t *testing.T) {
	s := newStage(t)
	eachRoute(t, func(t *testing.T, r route, path string) {
		for _, as := range []rolecall.SubjectID{nobody, owner} {
			w := s.send(s.request(as, r.method(), path, nil))
			h := w.Header()
			if got := h.Get("Content-Security-Policy"); got != policy {
				t.Errorf("Content-Security-Policy %q", got)
			}
			if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
				t.Error("the policy lets something in")
			}
			if h.Get("Cache-Control") != "no-store" || h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", h)
			}
			if !wellFormed(w) { // a file is no page: nosniff
				continue
			}
			body := w.Body.String()
			for _, inline := range []string{" style=", " onclick=", " onload=", "<style", "javascript:", "<script>"} {
				if strings.Contains(strings.ToLower(body), inline) {
					t.Errorf("the page has %s", inline)
				}
			}
		}
	})
}

func TestEveryNavigationKeyIsOne(t *testing.T) {
	seen := map[string]string{}
	for _, s := range sections {
		for _, l := range s.Links {
			if other := seen[l.Key]; other != "" || len(l.Key) != 1 {
				t.Errorf("the key %q leads to %s and %s", l.Key, other, l.Path)
			}
			seen[l.Key] = l.Path
		}
	}
}

// Every table says what it is, and what its columns are.
func TestEveryTableHasACaptionAndHeads(t *testing.T) {
	s := newStage(t)
	found := 0
	eachRoute(t, func(t *testing.T, r route, path string) {
		if r.show == nil {
			return
		}
		w := s.get(owner, path)
		for _, table := range strings.Split(w.Body.String(), "<table")[1:] {
			found++
			if _, table, _ = strings.Cut(table, ">"); !strings.HasPrefix(table, `<caption class="hide">`) || !strings.Contains(table, `scope="col"`) {
				t.Errorf("%s has a table that begins %.120s", path, table)
			}
		}
	})
	if found < 40 {
		t.Errorf("there are %d tables", found)
	}
}

// Where something counts is said by a tenant's name, wherever it is said.
func TestScopesSayTheTenantsName(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Put(&rolecall.Tenant{ID: "t-777", Name: "Wayne Enterprises"}),
		rolecall.Put(&rolecall.Assignment{Subject: "ada", Role: "editor", Scope: rolecall.Scope{Tenant: "t-777", Resource: "doc:7_a"}}))
	for _, path := range []string{"/assignments", "/users/ada", "/roles/editor", "/explain?subject=ada&permission=publish&tenant=t-777&resource=doc:7_a", "/overview"} {
		page := mainOf(s.get(owner, path).Body.String())
		if strings.Contains(page, ">t-777<") || strings.Contains(page, "tenant &#34;t-777") || !strings.Contains(page, "Wayne Enterprises") {
			t.Errorf("%s:\n%s", path, page)
		}
	}
	page := mainOf(s.post(owner, "/assign", "id", "bob", "role", "editor", "tenant", "t-777", "resource", "doc:7_a").Body.String())
	if !strings.Contains(page, "In Wayne Enterprises on doc:7_a.") {
		t.Errorf("the question:\n%s", page)
	}
}

// A refusal names what is missing, and who is looking.
func TestARefusalSaysWho(t *testing.T) {
	s := newStage(t)
	page := mainOf(s.get(admin, "/users").Body.String())
	for _, want := range []string{"You may not do this", "rolecall:users.read", "You are signed in as <b><bdi>" + string(admin)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
