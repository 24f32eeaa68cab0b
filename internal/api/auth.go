package api

import (
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// maxCredentials is the most bytes of an access key or token.
const maxCredentials = 16 << 10

// An Authenticator finds out who makes a request, by its Authorization header
// (RFC 6750 section 2.1): the bearer of an access key, or of a token that this
// server issued for the API that administers it.
type Authenticator struct {
	Service  *rolecall.Service
	Identity *identity.Identity
	Keys     *token.Keys
}

// Actor returns who makes r by a door. Its subject exists and is not blocked.
// It is ErrUnauthenticated if r has no credentials.
func (a *Authenticator) Actor(w http.ResponseWriter, r *http.Request, door string) (rolecall.Actor, error) {
	given := r.Header["Authorization"]
	if len(given) == 0 {
		return rolecall.Actor{}, ErrUnauthenticated
	}
	scheme, credentials, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") || credentials == "" || len(credentials) > maxCredentials {
		return rolecall.Actor{}, identity.ErrBadCredentials
	}
	by := rolecall.Actor{Door: door, RequestID: WithRequestID(w, r)}
	if strings.HasPrefix(credentials, identity.KeyPrefix) {
		key, err := a.Identity.VerifyKey(r.Context(), credentials, r.RemoteAddr)
		if err != nil {
			return rolecall.Actor{}, err
		}
		by.Subject, by.Credential = key.Subject, key.ID
		return by, nil
	}
	verified, err := a.Keys.Verify(r.Context(), credentials, token.Expect{Audience: string(rolecall.AdminAPI)})
	if err != nil {
		return rolecall.Actor{}, err
	}
	subject := holder(verified)
	// A token outlives what its subject was when it was issued; and the subject
	// may be another process's, newer than what decisions are made with.
	asked := rolecall.Request{Subject: subject, Any: rolecall.KindUser}
	standing, err := a.Service.Check(r.Context(), asked)
	if err == nil && standing.Reason == rolecall.UnknownSubject {
		if err = a.Service.CatchUp(r.Context()); err == nil {
			standing, err = a.Service.Check(r.Context(), asked)
		}
	}
	if err != nil {
		return rolecall.Actor{}, err
	}
	if !standing.Allowed {
		return rolecall.Actor{}, identity.ErrBadCredentials
	}
	by.Subject, by.Within = subject, scopeOf(verified)
	return by, nil
}

// scopeOf returns the permissions that a token lets its bearer use: the scope of
// one that an application got, and nil for one that its subject got by itself.
func scopeOf(t *token.Verified) []string {
	_, ours := t.Claims["azp"]
	_, rfc9068 := t.Claims["client_id"]
	scope, scoped := t.Claims["scope"]
	if !ours && !rfc9068 && !scoped {
		return nil
	}
	text, _ := scope.(string)
	return append([]string{}, strings.Fields(text)...)
}

// holder returns whom a token is about. One that a client got for itself says
// that it is a client's, and has a sub that is no subject's id: what the package
// oidc issues is read here.
func holder(t *token.Verified) rolecall.SubjectID {
	client, _ := t.Claims["azp"].(string)
	if t.Claims["gty"] == "client-credentials" && client != "" && string(t.Subject) == client+"@clients" {
		return rolecall.SubjectID(client)
	}
	return t.Subject
}
