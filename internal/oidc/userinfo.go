package oidc

import (
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/oidc/state"
)

// userinfo serves /userinfo, OpenID Connect Core section 5.3. It takes the access
// tokens that a grant with openid gave, while the grant goes on: one that was
// revoked, or whose login has ended, is refused here, though others who read it
// may not know yet.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) error {
	refused := refuse(http.StatusUnauthorized, "invalid_token", "The access token is not valid.")
	challenge := func() error {
		w.Header().Set("WWW-Authenticate", `Bearer realm="rolecall", error="invalid_token"`)
		w.Header().Set("Access-Control-Allow-Origin", "*") // it says nothing of anybody
		return refused
	}
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		w.Header().Set("WWW-Authenticate", `Bearer realm="rolecall"`)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		return refuse(http.StatusUnauthorized, "invalid_token", "There is no access token.")
	}
	scheme, text, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") || text == "" {
		return challenge()
	}
	ctx := r.Context()
	t, g, err := p.store.FindToken(ctx, hashOf(text))
	if missing(err) {
		return challenge()
	}
	if err != nil {
		return err
	}
	if t.Kind != state.AccessToken || !g.EndedAt.IsZero() || !p.rc.Now().Before(t.ExpiresAt) {
		return challenge()
	}
	if _, err := p.id.FindLogin(ctx, g.Login); err != nil {
		if loginOver(err, refused) == refused {
			return challenge()
		}
		return err
	}
	if c, err := find(ctx, p, &rolecall.Client{ID: g.Client}); err == nil {
		allowOrigin(w, r, c)
	}
	claims, err := p.profile(ctx, g.Data.Subject, g.Data.Scope)
	if err != nil {
		return err
	}
	claims["sub"] = string(g.Data.Subject)
	writeJSON(w, http.StatusOK, claims)
	return nil
}
