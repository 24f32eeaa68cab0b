package oidc

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// A Request is what an application asked of /authorize, checked: its redirect
// URI is the client's, and everything that does not depend on who signs in fits.
type Request struct {
	Client       rolecall.SubjectID `json:"client"`
	RedirectURI  string             `json:"redirect_uri"`
	ResponseMode string             `json:"response_mode"`
	State        string             `json:"state,omitempty"`
	Nonce        string             `json:"nonce,omitempty"`
	Challenge    string             `json:"challenge,omitempty"` // S256
	Scope        []string           `json:"scope,omitempty"`
	Audience     string             `json:"audience,omitempty"`
	Prompt       []string           `json:"prompt,omitempty"`
	MaxAge       *int64             `json:"max_age,omitempty"` // seconds
	Tenant       rolecall.TenantID  `json:"tenant,omitempty"`
	OrgName      string             `json:"org_name,omitempty"`
	Invitation   string             `json:"invitation,omitempty"` // a ticket
	LoginHint    string             `json:"login_hint,omitempty"`
	ScreenHint   string             `json:"screen_hint,omitempty"`
	Hint         rolecall.SubjectID `json:"hint,omitempty"` // the subject of an id_token_hint
	// Consented says that the person was asked, on a page of this request.
	Consented bool `json:"-"`
}

// Response modes.
const (
	modeQuery      = "query"
	modeFragment   = "fragment"
	modeFormPost   = "form_post"   // OAuth 2.0 Form Post Response Mode
	modeWebMessage = "web_message" // the vendor's: a message to the window that asked
)

// authorize serves /authorize, RFC 6749 section 3.1 and OpenID Connect Core
// section 3.1.2. Whatever is wrong before the client and its redirect URI are
// known to belong together is said on a page here, and leads nowhere.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) error {
	f, twice, err := readAuthorize(w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	req, c, err := p.whoAsks(ctx, f, twice)
	if err != nil {
		return err
	}
	if err := p.parseRequest(ctx, req, c, f, twice); err != nil {
		return p.respondError(w, r, c, req, err)
	}
	login, err := p.session(r)
	if err != nil {
		return err
	}
	return p.proceed(w, r, c, req, login, false)
}

// readAuthorize reads the parameters, and which came twice.
func readAuthorize(w http.ResponseWriter, r *http.Request) (f form, twice map[string]bool, err error) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-www-form-urlencoded" || text != "" {
			return nil, nil, badRequest("The parameters must be in the body, as application/x-www-form-urlencoded.")
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
		if err != nil {
			return nil, nil, err
		}
		text = string(body)
	}
	values, err := url.ParseQuery(text)
	if err != nil || len(text) > maxForm {
		return nil, nil, badRequest("The parameters are not in the form application/x-www-form-urlencoded.")
	}
	f, twice = form{}, map[string]bool{}
	for name, all := range values {
		if len(all) > 1 {
			twice[name] = true
		}
		if err := f.set(name, all[0]); err != nil {
			return nil, nil, err
		}
	}
	return f, twice, nil
}

// whoAsks reads what decides where an answer goes.
func (p *Provider) whoAsks(ctx context.Context, f form, twice map[string]bool) (*Request, *rolecall.Client, error) {
	for _, name := range []string{"client_id", "redirect_uri", "response_mode"} {
		if twice[name] {
			return nil, nil, badRequest("The parameter %s came twice.", name)
		}
	}
	id, err := f.required("client_id")
	if err != nil {
		return nil, nil, err
	}
	c, err := p.client(ctx, id)
	if err == errClient {
		return nil, nil, badRequest("The application is unknown.")
	}
	if err != nil {
		return nil, nil, err
	}
	req := &Request{Client: c.ID, RedirectURI: f["redirect_uri"], ResponseMode: f["response_mode"]}
	if req.RedirectURI == "" {
		return nil, nil, badRequest("Missing required parameter: redirect_uri")
	}
	if !slices.Contains(c.OAuth.RedirectURIs, req.RedirectURI) {
		return nil, nil, badRequest("The redirect URI is not one of the application's.")
	}
	switch req.ResponseMode {
	case "":
		req.ResponseMode = modeQuery
	case modeQuery, modeFragment, modeFormPost:
	case modeWebMessage:
		if !slices.Contains(c.OAuth.WebOrigins, originOf(req.RedirectURI)) {
			return nil, nil, badRequest("The redirect URI's origin is not one of the application's web origins.")
		}
	default:
		return nil, nil, badRequest("The response mode is unknown.")
	}
	return req, c, nil
}

// originOf returns the origin of a URI that a browser goes to, "" if it has none.
func originOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	const inHosts = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]"
	if strings.Trim(u.Host, inHosts) != "" { // it stands in policies, where a semicolon would begin another rule
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// parseRequest reads the rest of a request into req.
func (p *Provider) parseRequest(ctx context.Context, req *Request, c *rolecall.Client, f form, twice map[string]bool) (err error) {
	if !twice["state"] { // an error comes with it
		req.State = f["state"]
	}
	for name := range twice {
		if authorizeParameters[name] {
			return badRequest("The parameter %s came twice.", name)
		}
	}
	switch {
	case f["request"] != "":
		return refuse(http.StatusBadRequest, "request_not_supported", "Request objects are not supported.")
	case f["request_uri"] != "":
		return refuse(http.StatusBadRequest, "request_uri_not_supported", "Request objects are not supported.")
	case f["response_type"] == "":
		return badRequest("Missing required parameter: response_type")
	case f["response_type"] != "code":
		return refuse(http.StatusBadRequest, "unsupported_response_type", "The response type must be code.")
	}
	if err := mayUse(c, rolecall.GrantCode); err != nil {
		return refuse(http.StatusForbidden, "unauthorized_client", "Grant type 'authorization_code' not allowed for the client.")
	}
	if err := req.challenge(c, f["code_challenge"], f["code_challenge_method"]); err != nil {
		return err
	}
	if req.Scope, err = parseScope(f["scope"]); err != nil {
		return err
	}
	req.Nonce, req.LoginHint, req.ScreenHint, req.Invitation = f["nonce"], f["login_hint"], f["screen_hint"], f["invitation"]
	if req.Audience = f["audience"]; req.Audience != "" {
		a, err := p.audience(ctx, req.Audience)
		if err != nil {
			return err
		}
		if _, err := p.allowUser(ctx, c, a, &GrantData{}); err != nil { // nobody's: whether the client may ask at all
			return err
		}
	}
	if err := req.prompts(f["prompt"], f["max_age"]); err != nil {
		return err
	}
	if f["organization"] != "" || !asksWhich(c) {
		if req.Tenant, req.OrgName, err = p.signInTenant(ctx, c, f["organization"]); err != nil {
			return err
		}
	}
	if err := p.realm(ctx, c, f["connection"]); err != nil {
		return err
	}
	if hint := f["id_token_hint"]; hint != "" {
		v, err := p.keys.Verify(ctx, hint, token.Expect{Audience: string(c.ID), Expired: true})
		if err != nil {
			return badRequest("The id_token_hint is not valid.")
		}
		req.Hint = v.Subject
	}
	return nil
}

// authorizeParameters are those that are read.
var authorizeParameters = map[string]bool{
	"client_id": true, "redirect_uri": true, "response_type": true, "response_mode": true, "scope": true, "state": true, "nonce": true,
	"audience": true, "code_challenge": true, "code_challenge_method": true, "prompt": true, "max_age": true, "organization": true,
	"invitation": true, "connection": true, "login_hint": true, "screen_hint": true, "id_token_hint": true, "request": true, "request_uri": true,
}

// challenge reads RFC 7636's parameters. S256 is the only method, and a public
// client, which nothing else proves, must use it.
func (req *Request) challenge(c *rolecall.Client, challenge, method string) error {
	switch {
	case challenge == "" && method != "":
		return badRequest("Missing required parameter: code_challenge")
	case challenge == "" && c.OAuth.Public():
		return badRequest("The application must use PKCE: code_challenge with the method S256.")
	case challenge == "":
		return nil
	case method != "S256":
		return badRequest("The code_challenge_method must be S256.")
	case len(challenge) != 43 || !isVerifier(challenge):
		return badRequest("The code_challenge is not one of the method S256.")
	}
	req.Challenge = challenge
	return nil
}

// prompts reads prompt and max_age, OpenID Connect Core section 3.1.2.1.
func (req *Request) prompts(prompt, maxAge string) error {
	for _, one := range strings.Fields(prompt) {
		switch one {
		case "none", "login", "consent":
			req.Prompt = append(req.Prompt, one)
		case "select_account": // there is one account in a browser
			req.Prompt = append(req.Prompt, "login")
		}
	}
	if slices.Contains(req.Prompt, "none") && len(strings.Fields(prompt)) > 1 {
		return badRequest("The prompt none stands alone.")
	}
	if maxAge != "" {
		n, err := strconv.ParseInt(maxAge, 10, 64)
		if err != nil || n < 0 || n > 1<<31 {
			return badRequest("max_age must be a number of seconds.")
		}
		req.MaxAge = &n
	}
	return nil
}

func (req *Request) prompt(which string) bool { return slices.Contains(req.Prompt, which) }

// proceed answers a request, or asks the person for what is missing. login is
// the browser's, nil if there is none; fresh says that it was made for this
// request.
func (p *Provider) proceed(w http.ResponseWriter, r *http.Request, c *rolecall.Client, req *Request, login *identity.Login, fresh bool) error {
	ctx, now := r.Context(), p.rc.Now()
	if !slices.Contains(c.OAuth.RedirectURIs, req.RedirectURI) { // any more
		return badRequest("The redirect URI is not one of the application's.")
	}
	if login != nil && !fresh && !p.counts(req, login, now) {
		login = nil
	}
	switch {
	case login == nil && req.prompt("none"):
		return p.respondError(w, r, c, req, refuse(http.StatusBadRequest, "login_required", "Login required"))
	case req.Invitation != "" && !fresh && req.prompt("none"):
		return p.respondError(w, r, c, req, refuse(http.StatusBadRequest, "interaction_required", "Interaction required"))
	case login == nil || req.Invitation != "" && !fresh:
		return p.startInteraction(w, r, InteractionData{Request: req}, p.firstPage(req))
	}
	which, err := p.settleTenant(ctx, c, req, login.Subject)
	said := sessionEvent(r, c, req, login)
	if fresh {
		said.Kind = identity.EventSignIn
	}
	if which {
		return p.startInteraction(w, r, InteractionData{Request: req, Login: login.ID}, "organization")
	}
	if err == nil {
		err = p.joinTenant(ctx, c, req.Tenant, login.Subject)
	}
	if err != nil {
		p.note(said, err)
		return p.respondError(w, r, c, req, err)
	}
	if req.Audience != "" {
		a, err := p.audience(ctx, req.Audience)
		if err == nil {
			_, err = p.allowUser(ctx, c, a, &GrantData{Subject: login.Subject, Scope: req.Scope, Tenant: req.Tenant})
		}
		if err != nil {
			p.note(said, err)
			return p.respondError(w, r, c, req, err)
		}
	}
	agreed, err := p.consented(ctx, c, req, login.Subject)
	if err != nil {
		return err
	}
	if !agreed {
		if req.prompt("none") {
			return p.respondError(w, r, c, req, refuse(http.StatusBadRequest, "consent_required", "Consent required"))
		}
		return p.startInteraction(w, r, InteractionData{Request: req, Login: login.ID}, "consent")
	}
	if !fresh {
		p.note(said, nil)
	}
	return p.respondCode(w, r, c, req, login)
}

// counts reports whether a login that a browser has is enough for a request.
func (p *Provider) counts(req *Request, login *identity.Login, now time.Time) bool {
	age := now.Sub(login.CreatedAt)
	switch {
	case req.prompt("login"), age > sessionLifetime, req.Hint != "" && req.Hint != login.Subject:
		return false
	case req.MaxAge != nil && age >= time.Duration(*req.MaxAge)*time.Second && (age > 0 || *req.MaxAge == 0):
		return false
	}
	return true
}

// firstPage names the page that a request begins at.
func (p *Provider) firstPage(req *Request) string {
	switch {
	case req.Invitation != "" && p.has("invitation"):
		return "invitation"
	case req.ScreenHint == "signup" && p.has("signup"):
		return "signup"
	}
	return "login"
}

// respondCode answers a request with a code.
func (p *Provider) respondCode(w http.ResponseWriter, r *http.Request, c *rolecall.Client, req *Request, login *identity.Login) error {
	data := GrantData{
		Subject: login.Subject, Scope: req.Scope, Audience: req.Audience, Tenant: req.Tenant, OrgName: req.OrgName,
		Nonce: req.Nonce, AuthTime: login.CreatedAt, Type: rolecall.GrantCode,
	}
	code, err := p.newCode(r.Context(), req, data, login.ID)
	if err != nil {
		return err
	}
	return p.respond(w, r, c, req, []parameter{{"code", code}})
}
