package oidc

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// LogoutSetting names the setting that lists where a logout without a client may
// lead: URIs, compared by byte.
const LogoutSetting = "logout_uris"

// logout serves GET /v2/logout, the vendor's. It leads to a URI of the client's
// or, without one, of the project's, and nowhere else; one that is neither
// changes nothing.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r.URL.RawQuery)
	if err != nil {
		return err
	}
	to, err := p.logoutURI(r, f["client_id"], f["returnTo"])
	if err != nil {
		return err
	}
	login, err := p.session(r)
	if err != nil {
		return err
	}
	if err := p.endBrowser(w, r, login, f["client_id"]); err != nil {
		return err
	}
	if to == "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("OK"))
		return nil
	}
	back(w, r, to)
	return nil
}

// logoutURI returns where a logout leads, "" for nowhere.
func (p *Provider) logoutURI(r *http.Request, client, asked string) (string, error) {
	var allowed []string
	if client != "" {
		c, err := p.client(r.Context(), client)
		if err == errClient {
			return "", badRequest("The application is unknown.")
		}
		if err != nil {
			return "", err
		}
		if allowed = c.OAuth.LogoutURIs; asked == "" && len(allowed) > 0 {
			return allowed[0], nil
		}
	} else if asked != "" {
		s, err := find(r.Context(), p, &rolecall.Setting{Name: LogoutSetting})
		if err != nil && !missing(err) {
			return "", err
		}
		if err == nil && json.Unmarshal(s.Value, &allowed) != nil {
			allowed = nil
		}
	}
	if asked != "" && !slices.Contains(allowed, asked) {
		return "", badRequest("The address to return to is not one that a logout may lead to.")
	}
	return asked, nil
}

// endSession serves /oidc/logout, OpenID Connect RP-Initiated Logout 1.0. An ID
// token says who asks and whose session it is: another's goes on.
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) error {
	var f form
	var err error
	if r.Method == http.MethodPost {
		f, err = readBody(w, r)
	} else {
		f, err = parseForm(r.URL.RawQuery)
	}
	if err != nil {
		return err
	}
	client := f["client_id"]
	var hint *token.Verified
	if text := f["id_token_hint"]; text != "" {
		if client == "" {
			client = audienceOf(text)
		}
		hint, err = p.keys.Verify(r.Context(), text, token.Expect{Audience: client, Expired: true})
		if err != nil {
			return badRequest("The id_token_hint is not valid.")
		}
	}
	to := ""
	if asked := f["post_logout_redirect_uri"]; asked != "" {
		if client == "" {
			return badRequest("A post_logout_redirect_uri takes an id_token_hint or a client_id.")
		}
		if to, err = p.logoutURI(r, client, asked); err != nil {
			return err
		}
	}
	login, err := p.session(r)
	if err != nil {
		return err
	}
	if hint == nil || login == nil || ours(hint, login) {
		if err := p.endBrowser(w, r, login, client); err != nil {
			return err
		}
	}
	if to == "" {
		p.showMessage(w, r, http.StatusOK, message{Good: true, Title: "You are signed out", Text: "You may close this page."})
		return nil
	}
	if f["state"] != "" {
		to = withQuery(to, encode([]parameter{{"state", f["state"]}}))
	}
	back(w, r, to)
	return nil
}

// ours reports whether an ID token is of a login's user.
func ours(hint *token.Verified, l *identity.Login) bool { return hint.Subject == l.Subject }

// audienceOf returns the audience that a token claims, for it to be verified.
func audienceOf(raw string) string {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || len(raw) > maxValue {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Audience string `json:"aud"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return claims.Audience
}
