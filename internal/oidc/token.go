package oidc

import (
	"errors"
	"net/http"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// token serves POST /oauth/token, RFC 6749 section 3.2.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) error {
	f, err := readBody(w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	c, proof, err := p.authenticate(ctx, r, f)
	said := event(r, c)
	said.Kind = grantEvents[rolecall.GrantType(f["grant_type"])]
	if err != nil {
		if err == errClient && said.Kind != "" {
			p.note(said, err)
		}
		return err
	}
	allowOrigin(w, r, c)
	name, err := f.required("grant_type")
	if err != nil {
		return err
	}
	grant := rolecall.GrantType(name)
	var out *answer
	switch grant {
	case rolecall.GrantCode, rolecall.GrantRefresh, rolecall.GrantClient, rolecall.GrantPassword, rolecall.GrantPasswordIn:
		err = mayUse(c, grant)
	default:
		err = refuse(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant type: %s", shown(name))
	}
	if err != nil {
		return err
	}
	switch grant {
	case rolecall.GrantCode:
		out, err = p.exchange(ctx, c, f, &said)
	case rolecall.GrantRefresh:
		out, err = p.refresh(ctx, c, f, &said)
	case rolecall.GrantClient:
		if proof == nil {
			err = errClient
			break
		}
		out, err = p.clientCredentials(ctx, c, proof, f, &said)
	default:
		out, err = p.passwordGrant(r, c, grant, f, &said)
	}
	p.note(said, err)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// loginOver says what it means that a login has ended.
func loginOver(err error, means *Error) error {
	if errors.Is(err, identity.ErrLoginEnded) {
		return means
	}
	return err
}
