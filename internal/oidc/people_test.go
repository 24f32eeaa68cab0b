package oidc_test

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// postbox keeps the mails that were sent.
type postbox struct {
	mu    sync.Mutex
	mails []identity.Message
}

func (p *postbox) Send(_ context.Context, m identity.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

var mailedLink = regexp.MustCompile(`/u/\S+`)

// link waits for the n-th mail, and returns where it leads.
func (p *postbox) link(t *testing.T, n int) string {
	t.Helper()
	for range 12000 {
		p.mu.Lock()
		if len(p.mails) >= n {
			defer p.mu.Unlock()
			return mailedLink.FindString(p.mails[n-1].Text)
		}
		p.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("mail %d did not come", n)
	return ""
}

func (p *postbox) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.mails)
}

func mailWorld(t *testing.T) (*world, *postbox) {
	box := new(postbox)
	return newWorld(t, identity.WithMail(box, "", func(err error) { t.Error(err) })), box
}

func says(t *testing.T, a answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("got %d %s, want %d", a.Status, a.Body, status)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(a.Body), text) {
			t.Errorf("the page does not say %q: %s", text, a.Body)
		}
	}
}

// follow opens another page of an interaction by the link that a page has.
func (b *browser) follow(page answer, name string) (answer, string) {
	b.t.Helper()
	found := regexp.MustCompile(`href="(/u/` + name + `\?[^"]*)"`).FindStringSubmatch(page.Body)
	if found == nil {
		b.t.Fatalf("no link to %s: %s", name, page.Body)
	}
	next := b.send("GET", html.UnescapeString(found[1]), "")
	state := hidden.FindStringSubmatch(next.Body)
	if next.Status != http.StatusOK || state == nil {
		b.t.Fatalf("%s = %d %s", found[1], next.Status, next.Body)
	}
	return next, state[1]
}

// open follows a link from a mail to its page.
func (b *browser) open(link string) (answer, string) {
	b.t.Helper()
	return b.page(b.send("GET", link, ""))
}

func (w *world) userBy(login string) *rolecall.User {
	w.t.Helper()
	found, err := rolecall.Find(context.Background(), w.rc, rolecall.System("test"), &rolecall.LoginID{Login: login})
	if err != nil {
		return nil
	}
	user, err := rolecall.Find(context.Background(), w.rc, rolecall.System("test"), &rolecall.User{ID: found.Subject})
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

func (w *world) member(tenant rolecall.TenantID, user rolecall.SubjectID) bool {
	_, err := rolecall.Find(context.Background(), w.rc, rolecall.System("test"), &rolecall.Membership{Tenant: tenant, Subject: user})
	return err == nil
}

func TestSigningUp(t *testing.T) {
	w, box := mailWorld(t)
	b := w.browser()
	page, _ := b.page(b.authorize(spa()...))
	page, state := b.follow(page, "signup")
	says(t, page, 200, "Single page", "At least 8 characters.", `autocomplete="new-password"`)

	says(t, b.post("/u/signup", "state", state, "name", "Zoe", "email", "zoe@example.com", "password", "short"), 400,
		"The password must have at least 8 characters.", `aria-invalid="true"`, `value="Zoe"`, "<title>Error: ")
	says(t, b.post("/u/signup", "state", state, "email", "zoe", "password", password), 400, "Enter a whole e-mail address, such as ada@example.com.")
	if w.userBy("zoe@example.com") != nil {
		t.Fatal("a sign-up that failed made a user")
	}
	back := b.post("/u/signup", "state", state, "name", "Zoe", "email", "Zoe@Example.com", "password", password).callback(t)
	if back.Get("code") == "" || back.Get("state") != "a+b/c==&d" {
		t.Fatalf("the application gets %v", back)
	}
	if got := w.exchange(back.Get("code")); got.Status != 200 {
		t.Fatalf("the code gives %d %s", got.Status, got.Body)
	}
	user := w.userBy("zoe@example.com")
	if user == nil || user.EmailVerified || user.Name != "Zoe" {
		t.Fatalf("the user is %+v", user)
	}

	verify := box.link(t, 1)
	says(t, w.browser().send("HEAD", verify, ""), http.StatusSeeOther) // who looks for bad links uses nothing up
	other := w.browser()
	page, state = other.open(verify)
	says(t, page, 200, "Confirm your address", "zoe@example.com")
	if strings.Contains(page.Body, "ticket=") {
		t.Error("the page's own address holds the ticket")
	}
	if w.userBy("zoe@example.com").EmailVerified {
		t.Error("opening the page verified the address")
	}
	says(t, other.post("/u/verify-email", "state", state), 200, "Your address is confirmed")
	if !w.userBy("zoe@example.com").EmailVerified {
		t.Error("the address is not verified")
	}
	page = w.browser().whatever(verify)
	says(t, page, 400, "This link does not work any more")
}

// whatever follows a link from a mail whatever comes.
func (b *browser) whatever(link string) answer {
	b.t.Helper()
	a := b.send("GET", link, "")
	if a.Status == http.StatusSeeOther {
		a = b.send("GET", a.Header.Get("Location"), "")
	}
	return a
}

func TestASignUpThatIsRefusedTellsNothingAndMakesNobody(t *testing.T) {
	w, box := mailWorld(t)
	b := w.browser()
	page, _ := b.page(b.authorize(spa("screen_hint", "signup", "login_hint", "maya@example.com")...))
	says(t, page, 200, "Make an account", `value="maya@example.com"`)
	_, state := b.page(b.authorize(spa("screen_hint", "signup")...))
	head := w.rc.Revision()
	says(t, b.post("/u/signup", "state", state, "email", "maya@example.com", "password", password), 400,
		"We could not make an account from this. If you have one with this address already, sign in, or ask for a new password.")
	says(t, b.post("/u/signup", "state", "wrong", "email", "zoe@example.com", "password", password), 400, "This page has expired")
	says(t, w.browser().post("/u/signup", "state", state, "email", "zoe@example.com", "password", password), 400, "This page has expired")
	says(t, b.send("POST", "/u/signup", values("state", state, "email", "zoe@example.com", "password", password).Encode(), "Origin", "https://evil.example"), 403)

	first, err := w.id.Connection(t.Context(), identity.FirstConnectionID)
	if err != nil {
		t.Fatal(err)
	}
	if w.rc.Revision() != head || box.count() != 0 {
		t.Errorf("something was written or mailed: revision %d after %d, %d mails", w.rc.Revision(), head, box.count())
	}
	first.DisableSignup = true
	w.write(identity.SaveConnection(*first))
	says(t, b.post("/u/signup", "state", state, "email", "zoe@example.com", "password", password), 400, "New accounts can't be made here.")
	page = b.send("GET", "/u/login?state="+state, "")
	if strings.Contains(page.Body, "Sign up") {
		t.Error("the login page leads to a sign-up that is closed")
	}
	if w.userBy("zoe@example.com") != nil {
		t.Error("a user was made")
	}
}

func TestAForgottenPassword(t *testing.T) {
	w, box := mailWorld(t)
	b := w.browser()
	page, _ := b.page(b.authorize(spa()...))
	_, state := b.follow(page, "forgot")
	says(t, b.post("/u/forgot", "state", state), 400, "Enter the e-mail address or user name")
	known := b.post("/u/forgot", "state", state, "email", "maya@example.com")
	says(t, known, 200, "Look into your mail")
	unknown := b.post("/u/forgot", "state", state, "email", "nobody@example.com")
	if known.Body != unknown.Body {
		t.Errorf("an unknown address is told apart:\n%s\n%s", known.Body, unknown.Body)
	}
	link := box.link(t, 1)
	w.id.Close()
	if box.count() != 1 {
		t.Errorf("%d mails were sent, want 1", box.count())
	}

	page, reset := b.open(link)
	says(t, page, 200, "maya@example.com", `autocomplete="new-password"`)
	says(t, b.post("/u/reset-password", "state", reset, "password", "maya@example.com"), 400, "The password must not be the login id.")
	page = b.post("/u/reset-password", "state", reset, "password", "battery staple horse")
	says(t, page, 200, "Your password is changed")
	says(t, b.post("/u/reset-password", "state", reset, "password", "yet another password"), 400, "expired")
	says(t, w.browser().whatever(link), 400, "This link does not work any more")

	// The way on leads back to what the application asked for.
	_, state = b.follow(answer{Body: strings.ReplaceAll(page.Body, w.URL, "")}, "login")
	says(t, b.post("/u/login", "state", state, "username", "maya@example.com", "password", password), 400, "Wrong email or password.")
	if back := b.post("/u/login", "state", state, "username", "maya@example.com", "password", "battery staple horse").callback(t); back.Get("code") == "" {
		t.Errorf("the application gets %v", back)
	}
}

func TestAPasswordThatHasToBeChanged(t *testing.T) {
	w, _ := mailWorld(t)
	if _, _, err := w.id.CreateUser(t.Context(), rolecall.System("test"), identity.NewUser{
		User: rolecall.User{ID: "temp", Email: "temp@example.com"}, Password: password, Temporary: true}); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	page, state := b.page(b.login(b.authorize(spa()...), "temp@example.com"))
	says(t, page, 200, "Choose your own password", `value="temp@example.com"`)
	says(t, b.post("/u/change-password", "state", state, "old", "wrong", "password", "battery staple"), 400, "Wrong email or password.")
	says(t, b.post("/u/change-password", "state", state, "old", password, "password", password), 400, "The password must not be the old one.")
	if back := b.post("/u/change-password", "state", state, "old", password, "password", "battery staple").callback(t); back.Get("code") == "" {
		t.Errorf("the application gets %v", back)
	}
}

func (w *world) invite(t *testing.T, email string, change func(*identity.NewInvitation)) *identity.Invited {
	t.Helper()
	n := identity.NewInvitation{Tenant: "org_acme", Email: email, Roles: []rolecall.RoleID{"rol_admin"}, Inviter: "Olga"}
	if change != nil {
		change(&n)
	}
	invited, err := w.id.Invite(t.Context(), rolecall.System("test"), n)
	if err != nil {
		t.Fatal(err)
	}
	return invited
}

func TestAnInvitationThroughAnApplication(t *testing.T) {
	w, _ := mailWorld(t)
	invited := w.invite(t, "zoe@example.com", nil)
	b := w.browser()
	asked := b.authorize(spa("invitation", invited.Ticket, "organization", "org_acme", "organization_name", "acme")...)
	page, state := b.page(asked)
	says(t, page, 200, "Join acme", "Olga", "zoe@example.com", "Single page", "Make an account and join")
	says(t, b.post("/u/invitation", "state", state, "as", "signup", "password", "short"), 400, "The password must have at least 8 characters.")
	if w.userBy("zoe@example.com") != nil {
		t.Fatal("an acceptance that failed made a user")
	}
	back := b.post("/u/invitation", "state", state, "as", "signup", "name", "Zoe", "password", password).callback(t)
	tokens := w.exchange(back.Get("code"))
	claims := w.claims(tokens.text("access_token"), api)
	if claims["org_id"] != "org_acme" || !strings.Contains(strings.Join(texts(claims["permissions"]), " "), "read:admin-messages") {
		t.Errorf("the access token says %v", claims)
	}
	user := w.userBy("zoe@example.com")
	if !user.EmailVerified || !w.member("org_acme", user.ID) {
		t.Errorf("the user is %+v, member %t", user, w.member("org_acme", user.ID))
	}

	// Nobody uses it again: neither the same browser nor another.
	for name, who := range map[string]*browser{"the same browser": b, "another": w.browser()} {
		again := who.whatever("/authorize?" + values(spa("invitation", invited.Ticket, "organization", "org_acme")...).Encode())
		if !strings.Contains(again.Body, "This link does not work any more") {
			t.Errorf("%s: %d %s", name, again.Status, again.Body)
		}
	}
	late := w.browser()
	page = late.whatever("/authorize?" + values(spa("invitation", invited.Ticket, "organization", "org_acme")...).Encode())
	says(t, page, 400, "Sign in to Single page")
	_, state = late.follow(page, "login")
	if back := late.post("/u/login", "state", state, "username", "zoe@example.com", "password", password).callback(t); back.Get("code") == "" {
		t.Errorf("who has joined can't sign in by the old link: %v", back)
	}
	silent := b.authorize(spa("invitation", w.invite(t, "zoe@example.com", nil).Ticket, "prompt", "none")...).callback(t)
	if silent.Get("error") != "interaction_required" {
		t.Errorf("silently: %v", silent)
	}
}

func texts(v any) (all []string) {
	list, _ := v.([]any)
	for _, one := range list {
		if s, ok := one.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

func TestSignUpInATenantIsForThoseWhoJoinByIt(t *testing.T) {
	w, _ := mailWorld(t)
	ask := spa("organization", "org_acme")
	b := w.browser()
	page, state := b.page(b.authorize(ask...))
	if strings.Contains(page.Body, "Sign up") {
		t.Errorf("the page offers a sign-up that leads nowhere: %s", page.Body)
	}
	says(t, b.post("/u/signup", "state", state, "email", "zoe@example.com", "password", password), 400, "New accounts can't be made here.")
	w.write(rolecall.Modify(&rolecall.Tenant{ID: "org_acme"}, func(t *rolecall.Tenant) error {
		return identity.SetTenantConnections(t, []identity.TenantConnection{{Connection: identity.FirstConnectionID, Join: true}})
	}))
	if back := b.post("/u/signup", "state", state, "email", "zoe@example.com", "password", password).callback(t); back.Get("code") == "" {
		t.Errorf("the application gets %v", back)
	}
	if !w.member("org_acme", w.userBy("zoe@example.com").ID) {
		t.Error("who signed up did not join")
	}
}

func TestAnInvitationByMail(t *testing.T) {
	w, box := mailWorld(t)
	link := func(email string, roles ...rolecall.RoleID) string {
		invited := w.invite(t, email, func(n *identity.NewInvitation) { n.Roles = roles })
		if err := w.id.SendInvitation(t.Context(), invited); err != nil {
			t.Fatal(err)
		}
		return box.link(t, box.count())
	}

	t.Run("a user signs in", func(t *testing.T) {
		b := w.browser()
		page, state := b.open(link("noah@example.com", rolecall.RoleTenantAdmin))
		says(t, page, 200, "Sign in and join")
		says(t, b.post("/u/invitation", "state", state, "as", "signin", "password", "wrong"), 400, "Wrong email or password.")
		if w.member("org_acme", "auth0|noah") {
			t.Fatal("a wrong password joined")
		}
		says(t, b.post("/u/invitation", "state", state, "as", "signin", "password", password), 200, "Welcome to acme", "/console/")
		if !w.member("org_acme", "auth0|noah") {
			t.Error("noah did not join")
		}
	})
	t.Run("a user who is signed in joins", func(t *testing.T) {
		b := w.browser()
		b.code("maya@example.com", spa()...)
		page, state := b.open(link("maya@example.com"))
		says(t, page, 200, "Join as maya@example.com")
		says(t, b.post("/u/invitation", "state", state, "as", "join"), 200, "Welcome to acme", "You may close this page.")
		if again := b.authorize(spa("prompt", "none")...).callback(t); again.Get("code") == "" {
			t.Errorf("joining ended the session: %v", again)
		}
	})
	t.Run("another who is signed in does not", func(t *testing.T) {
		b := w.browser()
		b.code("maya@example.com", spa()...)
		page, state := b.open(link("zoe@example.com"))
		says(t, page, 200, "This browser is signed in as maya@example.com.", "Make an account and join")
		says(t, b.post("/u/invitation", "state", state, "as", "join"), 400, "Make an account and join")
		if w.userBy("zoe@example.com") != nil {
			t.Error("a user was made")
		}
		says(t, b.post("/u/invitation", "state", state, "as", "signup", "password", password), 200, "Welcome to acme")
	})
	t.Run("a user whose password has to be changed changes it first", func(t *testing.T) {
		if _, _, err := w.id.CreateUser(t.Context(), rolecall.System("test"), identity.NewUser{
			User: rolecall.User{ID: "temp", Email: "temp@example.com"}, Password: password, Temporary: true}); err != nil {
			t.Fatal(err)
		}
		b := w.browser()
		_, state := b.open(link("temp@example.com"))
		page, state := b.page(b.post("/u/invitation", "state", state, "as", "signin", "password", password))
		says(t, page, 200, "Choose your own password")
		page, state = b.page(b.post("/u/change-password", "state", state, "old", password, "password", "battery staple"))
		says(t, page, 200, "Join as temp@example.com")
		says(t, b.post("/u/invitation", "state", state, "as", "join"), 200, "Welcome to acme")
		if !w.member("org_acme", "temp") {
			t.Error("temp did not join")
		}
	})
	t.Run("nobody who is not signed in joins", func(t *testing.T) {
		b := w.browser()
		_, state := b.open(link("maya@example.com"))
		says(t, b.post("/u/invitation", "state", state, "as", "join"), 400, "expired")
		says(t, b.post("/u/invitation", "state", state, "as", "signup", "password", password), 400, "We could not make an account from this.")
		says(t, b.post("/u/invitation", "state", state, "as", "else"), 400, "The form was not filled in.")
	})
	t.Run("an expired one leads nowhere", func(t *testing.T) {
		old := link("yara@example.com")
		w.later(identity.InvitationLifetime)
		says(t, w.browser().whatever(old), 400, "This link does not work any more", "ask whoever invited you")
		for _, bad := range []string{"/u/invitation", "/u/invitation?ticket=", "/u/invitation?ticket=" + strings.Repeat("a", 32), "/u/reset-password?ticket=" + strings.Repeat("a", 1000)} {
			says(t, w.browser().whatever(bad), 400)
		}
	})
}

// An inviter who sees the ticket must not learn from the page who has an account.
func TestAShownInvitationDoesNotTellWhoHasAnAccount(t *testing.T) {
	w, _ := mailWorld(t)
	w.write(
		rolecall.Create(&rolecall.User{ID: "tess"}),
		rolecall.Put(&rolecall.Assignment{Subject: "tess", Role: rolecall.RoleTenantAdmin, Scope: rolecall.Scope{Tenant: "org_acme"}}),
	)
	var pages []string
	for _, email := range []string{"noah@example.com", "nemo@example.com"} {
		invited, err := w.id.Invite(t.Context(), rolecall.Actor{Subject: "tess", Door: "test"}, identity.NewInvitation{Tenant: "org_acme", Email: email, Shown: true})
		if err != nil {
			t.Fatal(err)
		}
		page, state := w.browser().open("/u/invitation?ticket=" + invited.Ticket)
		pages = append(pages, strings.NewReplacer(email, "EMAIL", state, "STATE").Replace(page.Body))
	}
	if pages[0] != pages[1] {
		t.Errorf("the pages differ:\n%s\n%s", pages[0], pages[1])
	}
}

func TestWhatIsKeptOfAnInteractionIsSealed(t *testing.T) {
	w, _ := mailWorld(t)
	invited := w.invite(t, "zoe@example.com", nil)
	b := w.browser()
	_, state := b.open("/u/invitation?ticket=" + invited.Ticket)
	kept := w.interaction(t, state)
	if len(kept) == 0 || strings.Contains(string(kept), invited.Ticket) || strings.Contains(string(kept), "ticket") {
		t.Errorf("kept: %s", kept)
	}
}

// Pages ask nothing of others, can't be framed, and run no script.
func TestHowPagesAreServed(t *testing.T) {
	w, _ := mailWorld(t)
	b := w.browser()
	page, state := b.page(b.authorize(spa()...))
	for name, a := range map[string]answer{
		"login": page, "signup": b.send("GET", "/u/signup?state="+state, ""), "forgot": b.send("GET", "/u/forgot?state="+state, ""),
		"a message": b.send("GET", "/u/nothing", ""), "signed out": b.send("GET", "/oidc/logout", ""),
	} {
		policy := a.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s has the policy %s", name, policy)
			}
		}
		if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "same-origin" || a.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s has the headers %v", name, a.Header)
		}
		if strings.Contains(a.Body, "<script") || strings.Contains(a.Body, "style=") || strings.Contains(a.Body, "http://") {
			t.Errorf("%s holds a script, a style or a foreign address: %s", name, a.Body)
		}
		if !strings.Contains(a.Body, `<html lang="en">`) || strings.Count(a.Body, "<h1>") != 1 {
			t.Errorf("%s lacks its language or its heading: %s", name, a.Body)
		}
		for _, id := range regexp.MustCompile(`<input id="([^"]+)"`).FindAllStringSubmatch(a.Body, -1) {
			if !strings.Contains(a.Body, `<label for="`+id[1]+`">`) {
				t.Errorf("%s: the field %s has no label", name, id[1])
			}
		}
	}
	for path, kind := range map[string]string{"/u/pages.css": "text/css; charset=utf-8", "/u/icon.svg": "image/svg+xml"} {
		if a := b.send("GET", path, ""); a.Status != 200 || a.Header.Get("Content-Type") != kind {
			t.Errorf("%s = %d %s", path, a.Status, a.Header.Get("Content-Type"))
		}
	}
}
