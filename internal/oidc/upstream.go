package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	upstream "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/outbound"
)

// upstreamTimeout is how long a tenant's provider has for each answer.
const upstreamTimeout = 10 * time.Second

// An elsewhere is a tenant's own OpenID provider, at which we are a client.
type elsewhere struct {
	sso      *identity.SSO
	provider *upstream.Provider
	config   oauth2.Config
	http     *http.Client
	now      func() time.Time
}

// signatures are the algorithms of ID tokens that are taken. Each needs the
// provider's private key; none can be made with what we know.
var signatures = []string{
	upstream.RS256, upstream.RS384, upstream.RS512, upstream.PS256, upstream.PS384, upstream.PS512,
	upstream.ES256, upstream.ES384, upstream.ES512, upstream.EdDSA,
}

// elsewhere finds out how a tenant's provider is asked: what its own document
// says (OpenID Connect Discovery 1.0 section 4), but for what c says.
func (p *Provider) elsewhere(ctx context.Context, c *identity.SSO) (*elsewhere, error) {
	e := &elsewhere{sso: c, http: p.way.Client(upstreamTimeout), now: p.rc.Now}
	ctx = e.context(ctx)
	o := c.OIDC
	known := upstream.ProviderConfig{
		IssuerURL: o.Issuer, AuthURL: o.AuthURL, TokenURL: o.TokenURL, UserInfoURL: o.UserDataURL, JWKSURL: o.JWKsURL, Algorithms: signatures,
	}
	var style oauth2.AuthStyle
	if o.AuthURL == "" || o.TokenURL == "" || o.JWKsURL == "" {
		found, err := upstream.NewProvider(ctx, o.Issuer)
		if err != nil {
			return nil, fmt.Errorf("discovery: %w", plainly(err))
		}
		var says struct {
			AuthURL     string   `json:"authorization_endpoint"`
			TokenURL    string   `json:"token_endpoint"`
			UserInfoURL string   `json:"userinfo_endpoint"`
			JWKSURL     string   `json:"jwks_uri"`
			Methods     []string `json:"token_endpoint_auth_methods_supported"`
		}
		if err := found.Claims(&says); err != nil {
			return nil, fmt.Errorf("discovery: %w", err)
		}
		known.AuthURL, known.TokenURL = or(known.AuthURL, says.AuthURL), or(known.TokenURL, says.TokenURL)
		known.UserInfoURL, known.JWKSURL = or(known.UserInfoURL, says.UserInfoURL), or(known.JWKSURL, says.JWKSURL)
		style = oauth2.AuthStyleInHeader // the default of RFC 8414 section 2
		if slices.Contains(says.Methods, "client_secret_post") && !slices.Contains(says.Methods, "client_secret_basic") {
			style = oauth2.AuthStyleInParams
		}
	}
	if at := originOf(known.AuthURL); at == "" || known.TokenURL == "" || known.JWKSURL == "" {
		return nil, errors.New("its addresses are not known")
	}
	secret, err := p.id.SSOSecret(ctx, c)
	if err != nil {
		return nil, err
	}
	if secret == "" {
		style = oauth2.AuthStyleInParams // a public client, RFC 6749 section 3.2.1
	}
	e.provider = known.NewProvider(ctx)
	e.config = oauth2.Config{
		ClientID: o.ClientID, ClientSecret: secret, RedirectURL: p.callbackOf(c), Scopes: scopesOf(o),
		Endpoint: oauth2.Endpoint{AuthURL: known.AuthURL, TokenURL: known.TokenURL, AuthStyle: style},
	}
	return e, nil
}

// callbackOf returns the redirect URI that a provider has to be told.
func (p *Provider) callbackOf(c *identity.SSO) string {
	return or(c.OIDC.RedirectURL, p.issuer+strings.TrimPrefix(pagePrefix, "/")+"sso-callback/"+c.Path())
}

func scopesOf(o *identity.SSOOIDC) []string {
	scopes := slices.Clone(o.Scope)
	if len(scopes) == 0 {
		scopes = []string{"profile", "email"}
	}
	if !slices.Contains(scopes, upstream.ScopeOpenID) {
		scopes = append([]string{upstream.ScopeOpenID}, scopes...)
	}
	return scopes
}

func (e *elsewhere) context(ctx context.Context) context.Context {
	return upstream.ClientContext(ctx, e.http)
}

// ask returns the address that the browser is sent to.
func (e *elsewhere) ask(state, nonce, verifier, hint string) string {
	options := []oauth2.AuthCodeOption{upstream.Nonce(nonce), oauth2.S256ChallengeOption(verifier)}
	if hint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", hint))
	}
	if prompt := strings.Join(e.sso.OIDC.Prompt, " "); prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", prompt))
	}
	return e.config.AuthCodeURL(state, options...)
}

// arrival exchanges a code for what the provider says of who signed in there:
// OpenID Connect Core 1.0 sections 3.1.3 and 5.3.
func (e *elsewhere) arrival(ctx context.Context, code, nonce, verifier string) (a identity.Arrival, err error) {
	ctx = e.context(ctx)
	got, err := e.config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return a, fmt.Errorf("the code: %w", plainly(err))
	}
	raw, _ := got.Extra("id_token").(string)
	if raw == "" {
		return a, errors.New("it sent no ID token")
	}
	checks := upstream.Config{ClientID: e.sso.OIDC.ClientID, SupportedSigningAlgs: signatures, Now: e.now}
	id, err := e.provider.VerifierContext(ctx, &checks).Verify(ctx, raw)
	if err != nil {
		return a, fmt.Errorf("the ID token: %w", plainly(err))
	}
	claims := map[string]json.RawMessage{}
	if err := id.Claims(&claims); err != nil {
		return a, fmt.Errorf("the ID token: %w", err)
	}
	switch {
	case id.Nonce != nonce:
		return a, errors.New("the ID token is of another sign-in: its nonce is another")
	case id.Subject == "":
		return a, errors.New("the ID token names nobody")
	case len(id.Audience) > 1 && textOf(claims["azp"]) != e.sso.OIDC.ClientID:
		return a, errors.New("the ID token is for another client: its azp is another")
	}
	if e.provider.UserInfoEndpoint() != "" {
		more, err := e.provider.UserInfo(ctx, oauth2.StaticTokenSource(got))
		if err != nil {
			return a, fmt.Errorf("userinfo: %w", plainly(err))
		}
		if more.Subject != id.Subject { // OpenID Connect Core 1.0 section 5.3.2
			return a, errors.New("userinfo is about somebody else")
		}
		if err := more.Claims(&claims); err != nil {
			return a, fmt.Errorf("userinfo: %w", err)
		}
	}
	a = arrivalOf(claims, e.sso.OIDC.AttributeMapping)
	a.Issuer, a.Subject = id.Issuer, id.Subject
	return a, nil
}

// arrivalOf reads claims by the names that a mapping gives them.
func arrivalOf(claims map[string]json.RawMessage, mapping json.RawMessage) identity.Arrival {
	var named map[string]any
	json.Unmarshal(mapping, &named) // of what a caller set; anything else names nothing
	claim := func(what, usual string) json.RawMessage {
		if name, ok := named[what].(string); ok && name != "" {
			return claims[name]
		}
		return claims[usual]
	}
	a := identity.Arrival{
		Name: textOf(claim("name", "name")), Email: strings.TrimSpace(textOf(claim("email", "email"))), Picture: textOf(claim("picture", "picture")),
	}
	switch string(claim("verifiedEmail", "email_verified")) {
	case "false", `"false"`:
		a.EmailUnverified = true
	}
	groups := claim("group", "groups")
	if json.Unmarshal(groups, &a.Groups) != nil {
		a.Groups = nil
		if one := textOf(groups); one != "" {
			a.Groups = []string{one}
		}
	}
	return a
}

// textOf returns a claim that is a text, "" if it is none.
func textOf(claim json.RawMessage) (text string) {
	if json.Unmarshal(claim, &text) != nil {
		return ""
	}
	return text
}

// maxComplaint is how much is said of what a provider did wrong, in bytes.
const maxComplaint = 300

// plainly says what went wrong on the way to a provider without its addresses or
// all that it answered, which may hold secrets, and be long.
func plainly(err error) error {
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered) && answered.ErrorCode != "":
		return fmt.Errorf("it answers %q", answered.ErrorCode)
	case errors.As(err, &answered):
		return fmt.Errorf("it answers %d", answered.Response.StatusCode)
	case errors.Is(err, outbound.ErrNotPublic):
		return outbound.ErrNotPublic
	}
	if text := err.Error(); len(text) > maxComplaint {
		return errors.New(strings.ToValidUTF8(text[:maxComplaint], "") + " …")
	}
	return err
}
