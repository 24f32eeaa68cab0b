// Package pep enforces decisions in front of HTTP handlers. It is the policy
// enforcement point; any [rolecall.Checker] is what decides.
//
//	guard := pep.New(checker, pep.JWT(verifier))
//	mux.Handle("POST /posts", guard.Require("post.publish")(publish))
//
// A [Guard] finds out who makes a request, asks the Checker whether they may,
// and calls the handler only if the answer is yes. Everything uncertain is
// denied, and every denial is answered as RFC 6750 section 3 has it:
//
//	nobody                            401  Bearer realm="…"
//	credentials that can't be read    400  error="invalid_request"
//	credentials that don't hold       401  error="invalid_token"
//	somebody who may not              403  error="insufficient_scope"
//	no answer to be had               503  no challenge: the credentials may be good
//
// Who makes a request is found by an [Authenticator]: [Subject] asks a function
// of the application, [JWT] verifies a bearer token. A token says only who;
// what they may is asked when the request comes, so that a role that is taken
// away is gone at once, whatever the token still says. [TokenOnly] is a Checker
// that lets the token say both.
//
// Inside a handler and in templates, [Guard.Caller] answers further questions
// about whoever makes the request.
package pep

import (
	"net/http"
	"strings"

	"github.com/rolecall/rolecall"
)

// A Guard makes middleware that lets a request pass only if whoever makes it
// may. It is safe for concurrent use.
type Guard struct {
	checker  rolecall.Checker
	who      *Authenticator
	declared *declared

	api       string
	tenant    func(*http.Request) rolecall.TenantID
	resource  func(*http.Request) string
	realm     string
	loginPage string
	onDeny    func(http.ResponseWriter, *http.Request, Denial)
}

// New returns a Guard over checker for the callers that who finds. It panics
// without either, and if an option has an impossible value.
func New(checker rolecall.Checker, who *Authenticator, options ...Option) *Guard {
	if checker == nil || who == nil {
		panic("pep: New needs a Checker and an Authenticator")
	}
	g := &Guard{
		checker:  checker,
		who:      who,
		declared: new(declared),
		api:      who.audience,
		tenant:   func(*http.Request) rolecall.TenantID { return "" },
		resource: func(*http.Request) string { return "" },
		realm:    "rolecall",
		onDeny:   func(w http.ResponseWriter, r *http.Request, d Denial) { d.ServeHTTP(w, r) },
	}
	return g.With(options...)
}

// With returns a Guard that differs from g by options, for some of the routes:
//
//	docs := guard.With(pep.Resource(pep.PathResource("doc", "id")))
//	mux.Handle("PUT /docs/{id}", docs.Require("doc.edit")(edit))
func (g *Guard) With(options ...Option) *Guard {
	changed := *g
	for _, o := range options {
		o(&changed)
	}
	return &changed
}

// An Option changes how a Guard works.
type Option func(*Guard)

// API names the API whose permissions are meant, by its identifier. The default
// is the audience of the [Verifier], or else the project's default API.
func API(identifier string) Option {
	return func(g *Guard) { g.api = identifier }
}

// Tenant says in which tenant the caller must be allowed. Where from returns "",
// and by default, only what is held everywhere counts. [PathTenant] and
// [TokenTenant] are two such functions.
func Tenant(from func(*http.Request) rolecall.TenantID) Option {
	return func(g *Guard) { g.tenant = from }
}

// PathTenant takes the tenant from the path: in "/t/{tenant}/posts", PathTenant("tenant").
func PathTenant(name string) func(*http.Request) rolecall.TenantID {
	return func(r *http.Request) rolecall.TenantID { return rolecall.TenantID(r.PathValue(name)) }
}

// TokenTenant takes the tenant from the claim "tenant" of the caller's token.
// It is for an application whose data is kept apart by the same tenant:
// elsewhere, a permission in one tenant would open what belongs to another.
func TokenTenant(r *http.Request) rolecall.TenantID {
	if claims := ClaimsOf(r.Context()); claims != nil {
		return claims.Tenant
	}
	return ""
}

// Resource says on which resource, "type:id", the caller must be allowed. Where
// from returns "", and by default, only what is held for every resource counts.
func Resource(from func(*http.Request) string) Option {
	return func(g *Guard) { g.resource = from }
}

// PathResource takes the resource's id from the path: in "/docs/{id}",
// PathResource("doc", "id").
func PathResource(kind, name string) func(*http.Request) string {
	return func(r *http.Request) string {
		if id := r.PathValue(name); id != "" {
			return kind + ":" + id
		}
		return ""
	}
}

// Realm names what is protected, in the challenge. The default is "rolecall".
func Realm(name string) Option {
	if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) {
		panic("pep: a realm is printable ASCII without quotes and backslashes")
	}
	return func(g *Guard) { g.realm = name }
}

// OnDeny makes deny answer what is denied, instead of [Denial.ServeHTTP], which
// it may call.
func OnDeny(deny func(w http.ResponseWriter, r *http.Request, d Denial)) Option {
	return func(g *Guard) { g.onDeny = deny }
}

// LoginPage sends browsers to url instead of answering 401: what asks for HTML
// by GET. The page finds the path to come back to in the parameter "return_to",
// which anybody can forge: it must refuse what is not a path of its own site.
func LoginPage(url string) Option {
	return func(g *Guard) { g.loginPage = url }
}
