package oidc

import (
	"net/http"

	"github.com/rolecall/rolecall/internal/oidc/state"
)

// revoke serves POST /oauth/revoke, RFC 7009: a refresh token, and with it all
// that its grant gave. A token that is none, or another client's, is no error,
// and nothing tells which it was.
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) error {
	f, err := readBody(w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	c, _, err := p.authenticate(ctx, r, f)
	if err != nil {
		return err
	}
	allowOrigin(w, r, c)
	text, err := f.required("token")
	if err != nil {
		return err
	}
	t, g, err := p.store.FindToken(ctx, hashOf(text))
	if err != nil && !missing(err) {
		return err
	}
	if err == nil && t.Kind != state.CodeToken && g.Client == c.ID {
		if err := p.store.EndGrant(ctx, g.ID, p.rc.Now()); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	return nil
}
