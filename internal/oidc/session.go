package oidc

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// sessionLifetime is how long a browser's login signs in without a password. What
// it gave to applications lasts as long as they may refresh it.
const sessionLifetime = 7 * 24 * time.Hour

// The cookies. Over https their names begin with __Host-, so that no other host
// or path can set them (RFC 6265bis section 4.1.3).
const (
	sessionCookie = "rolecall_session" // a login's; identity knows its hash
	browserCookie = "rolecall_browser" // binds interactions to a browser
)

func (p *Provider) cookieName(name string) string {
	if p.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie, or takes it away if value is empty.
//
// That of the session goes with requests from frames in other sites, which is
// what silent sign-in is; over http no browser would take it then, and sites are
// told apart without the port, which is enough to develop with.
func (p *Provider) setCookie(w http.ResponseWriter, name, value string) {
	c := &http.Cookie{Name: p.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode}
	if name == sessionCookie {
		c.MaxAge = int(sessionLifetime / time.Second)
		if p.secure {
			c.SameSite = http.SameSiteNoneMode
		}
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// cookie returns a cookie's value, "" if there is none, or more than one: then
// somebody else has set one.
func (p *Provider) cookie(r *http.Request, name string) string {
	all := r.CookiesNamed(p.cookieName(name))
	if len(all) != 1 {
		return ""
	}
	return all[0].Value
}

// session returns the login of the browser that makes a request, nil if it has
// none that counts.
func (p *Provider) session(r *http.Request) (*identity.Login, error) {
	value := p.cookie(r, sessionCookie)
	if value == "" {
		return nil, nil
	}
	l, err := p.id.FindBrowser(r.Context(), value)
	if errors.Is(err, identity.ErrLoginEnded) {
		return nil, nil
	}
	return l, err
}

// startSession gives the browser a login that was just made, in place of the one
// that it has. What the old one of the same person gave to applications goes on.
func (p *Provider) startSession(w http.ResponseWriter, r *http.Request, l *identity.Login) error {
	old, err := p.session(r)
	if err != nil {
		return err
	}
	if old != nil {
		if old.Subject == l.Subject {
			if err := p.store.MoveGrants(r.Context(), old.ID, l.ID); err != nil {
				return err
			}
		}
		if err := p.id.EndLogin(r.Context(), old.ID); err != nil {
			return err
		}
	}
	p.setCookie(w, sessionCookie, l.Cookie)
	return nil
}

// endBrowser ends the browser's login. client is the application that asks, ""
// for none.
func (p *Provider) endBrowser(w http.ResponseWriter, r *http.Request, l *identity.Login, client string) error {
	if l != nil {
		said := event(r, nil)
		if c, err := p.client(r.Context(), client); err == nil {
			said.Client = c.ID
		}
		if err := p.id.LogOut(r.Context(), l, said); err != nil {
			return err
		}
	}
	p.setCookie(w, sessionCookie, "")
	return nil
}

// browser returns the hash of what binds interactions to a browser, giving it
// the cookie if it has none.
func (p *Provider) browser(w http.ResponseWriter, r *http.Request) []byte {
	value := p.cookie(r, browserCookie)
	if len(value) != secretChars {
		value = rolecall.RandomText(secretChars)
		p.setCookie(w, browserCookie, value)
	}
	return hashOf(value)
}

// sameBrowser reports whether a request comes from the browser of an interaction.
func (p *Provider) sameBrowser(r *http.Request, i *Interaction) bool {
	return subtle.ConstantTimeCompare(hashOf(p.cookie(r, browserCookie)), i.Browser) == 1
}
