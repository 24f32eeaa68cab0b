package oidc

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// client returns a client that may take part, blocked or unknown ones being one
// and the same: errClient.
//
// One whose id is an audience is none: an ID token is for its client, and would
// count as an access token for that audience.
func (p *Provider) client(ctx context.Context, id string) (*rolecall.Client, error) {
	if !couldBeID(id) {
		return nil, errClient
	}
	c, err := find(ctx, p, &rolecall.Client{ID: rolecall.SubjectID(id)})
	if missing(err) {
		return nil, errClient
	}
	if err != nil {
		return nil, err
	}
	if err := p.standing(ctx, c.ID); err == errBlocked {
		return nil, errClient
	} else if err != nil {
		return nil, err
	}
	if p.isAudience(c.ID) {
		return nil, errClient
	}
	return c, nil
}

// couldBeID reports whether a text may be an id, a name or an identifier of the
// core's: others are not worth a look.
func couldBeID(text string) bool {
	return text != "" && len(text) <= rolecall.MaxIDBytes && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// isAudience reports whether a client's id is what access tokens are for.
func (p *Provider) isAudience(id rolecall.SubjectID) bool {
	if slices.ContainsFunc(p.aliases, func(a Alias) bool { return a.Audience == string(id) }) {
		return true
	}
	// Decide names the first thing that is wrong: the API, if there is none.
	asked := rolecall.Request{Subject: id, API: string(id), Permission: "any"}
	return p.rc.Policy().Decide(asked, p.rc.Now()).Reason != rolecall.UnknownAPI
}

// standing reports why a subject may not take part: errBlocked, for one that does
// not exist too.
func (p *Provider) standing(ctx context.Context, subject rolecall.SubjectID) error {
	asked := rolecall.Request{Subject: subject, Any: rolecall.KindUser}
	d := p.rc.Policy().Decide(asked, p.rc.Now())
	if d.Reason == rolecall.UnknownSubject { // it may be another process's, newer than what decisions are made with
		if err := p.rc.CatchUp(ctx); err != nil {
			return err
		}
		d = p.rc.Policy().Decide(asked, p.rc.Now())
	}
	if !d.Allowed {
		return errBlocked
	}
	return nil
}

// authenticate returns the client that makes a request, and the credential by
// which it proved itself: by HTTP Basic or in the body (RFC 6749 section 2.3.1),
// never both. A public client names itself, and has none.
func (p *Provider) authenticate(ctx context.Context, r *http.Request, f form) (c *rolecall.Client, proof *rolecall.Credential, err error) {
	id, secret := f["client_id"], f["client_secret"]
	if given := r.Header.Values("Authorization"); len(given) > 0 {
		basicID, basicSecret, ok := basic(given)
		switch {
		case !ok:
			return nil, nil, errClient
		case secret != "" || id != "" && id != basicID:
			return nil, nil, badRequest("The client must prove itself in one way.")
		}
		id, secret = basicID, basicSecret
	}
	if id == "" {
		return nil, nil, errClient
	}
	if c, err = p.client(ctx, id); err != nil {
		return nil, nil, err
	}
	if secret == "" && c.OAuth.Public() {
		return c, nil, nil
	}
	proof, err = p.id.VerifySecret(ctx, c.ID, secret, r.RemoteAddr)
	if errors.Is(err, identity.ErrBadCredentials) {
		err = errClient
	}
	return c, proof, err
}

// basic reads a header of RFC 7617, whose parts RFC 6749 encodes as forms do.
func basic(headers []string) (id, secret string, ok bool) {
	scheme, text, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Basic") || len(text) > maxValue {
		return "", "", false
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || !utf8.Valid(plain) {
		return "", "", false
	}
	id, secret, ok = strings.Cut(string(plain), ":")
	if !ok {
		return "", "", false
	}
	id, err = url.QueryUnescape(id)
	if err == nil {
		secret, err = url.QueryUnescape(secret)
	}
	return id, secret, err == nil && id != ""
}

// mayUse reports, as an *Error, that a client may not use a grant type. Without
// a list, a client may use what its type needs.
func mayUse(c *rolecall.Client, g rolecall.GrantType) error {
	all := c.OAuth.GrantTypes
	if len(all) == 0 {
		switch c.OAuth.Type {
		case "", rolecall.MachineToMachine:
			all = []rolecall.GrantType{rolecall.GrantClient}
		default:
			all = []rolecall.GrantType{rolecall.GrantCode, rolecall.GrantRefresh}
		}
	}
	if slices.Contains(all, g) || g == rolecall.GrantPasswordIn && slices.Contains(all, rolecall.GrantPassword) {
		return nil
	}
	return refuse(http.StatusForbidden, "unauthorized_client", "Grant type '%s' not allowed for the client.", string(g))
}
