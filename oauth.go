package rolecall

import (
	"net/url"
	"slices"
	"strings"
)

// OAuth is how a client takes part in OAuth 2.0 and OpenID Connect: what an
// application needs to sign people in. The zero OAuth is a client that only
// holds access keys. Times are seconds; 0 stands for the default.
//
// Change its lists by replacing them, never in place: records share them.
type OAuth struct {
	Type ApplicationType `json:"type,omitempty"`
	// Auth is how the client proves itself to the token endpoint; "" is
	// AuthSecret for a web application or machine, AuthNone for others.
	Auth       ClientAuth  `json:"auth,omitempty"`
	GrantTypes []GrantType `json:"grant_types,omitempty"`

	RedirectURIs []string `json:"redirect_uris,omitempty"` // compared by byte, as RFC 9700 section 2.1 asks
	LogoutURIs   []string `json:"logout_uris,omitempty"`   // where a logout may lead, compared by byte
	WebOrigins   []string `json:"web_origins,omitempty"`   // may sign in silently, in a frame
	CORSOrigins  []string `json:"cors_origins,omitempty"`  // scripts of these may call the token endpoint, as those of WebOrigins may
	// LoginURI is the application's own page that begins a sign-in: where an
	// invitation leads.
	LoginURI string `json:"login_uri,omitempty"`

	// ThirdParty applications ask their users for consent.
	ThirdParty bool `json:"third_party,omitempty"`
	// Tenants says whether a sign-in names a tenant.
	Tenants TenantUse `json:"tenants,omitempty"`

	IDTokenLifetime int `json:"id_token_lifetime,omitempty"` // by default 36000

	// Rotate gives a new refresh token with each use, and takes a second use of
	// an old one, later than Leeway, for a theft.
	Rotate          bool `json:"rotate,omitempty"`
	RefreshLeeway   int  `json:"refresh_leeway,omitempty"`
	RefreshLifetime int  `json:"refresh_lifetime,omitempty"` // by default 2592000
	RefreshIdle     int  `json:"refresh_idle,omitempty"`     // unused for so long, it ends; by default 1296000
}

// An ApplicationType says what a client runs on.
type ApplicationType string

const (
	WebApplication    ApplicationType = "web"     // on a server: keeps a secret
	SinglePage        ApplicationType = "spa"     // in a browser
	NativeApplication ApplicationType = "native"  // on a device
	MachineToMachine  ApplicationType = "machine" // without a user
)

// A ClientAuth is how a client proves itself to the token endpoint.
type ClientAuth string

const (
	AuthNone   ClientAuth = "none"   // a public client
	AuthSecret ClientAuth = "secret" // by HTTP Basic or in the body, RFC 6749 section 2.3.1
)

// A GrantType is a way to get tokens.
type GrantType string

const (
	GrantCode       GrantType = "authorization_code"
	GrantRefresh    GrantType = "refresh_token"
	GrantClient     GrantType = "client_credentials"
	GrantPassword   GrantType = "password"
	GrantImplicit   GrantType = "implicit"                                         // kept for applications that came from elsewhere; not served
	GrantPasswordIn GrantType = "http://auth0.com/oauth/grant-type/password-realm" // GrantPassword, with the connection named
	GrantDevice     GrantType = "urn:ietf:params:oauth:grant-type:device_code"     // not served
)

// Bounds of lists, and of seconds.
const (
	maxOAuthList      = 100
	maxTokenSeconds   = 30 * 24 * 3600
	maxRefreshSeconds = 365 * 24 * 3600
)

// TenantUse says whether a sign-in to an application names a tenant.
type TenantUse string

const (
	TenantsAllowed  TenantUse = "allow"
	TenantsRequired TenantUse = "require"
	TenantsDenied   TenantUse = "deny" // the default
)

// Public reports whether the client proves itself by nothing.
func (o OAuth) Public() bool {
	if o.Auth == "" {
		return o.Type == SinglePage || o.Type == NativeApplication
	}
	return o.Auth == AuthNone
}

func (o *OAuth) check() error {
	o.normalize()
	if err := oneOf("oauth.type", o.Type, "", WebApplication, SinglePage, NativeApplication, MachineToMachine); err != nil {
		return err
	}
	if err := oneOf("oauth.auth", o.Auth, "", AuthNone, AuthSecret); err != nil {
		return err
	}
	if err := oneOf("oauth.tenants", o.Tenants, "", TenantsAllowed, TenantsRequired, TenantsDenied); err != nil {
		return err
	}
	for _, g := range o.GrantTypes {
		if err := oneOf("oauth.grant_types", g, GrantCode, GrantRefresh, GrantClient, GrantPassword, GrantPasswordIn, GrantImplicit, GrantDevice); err != nil {
			return err
		}
	}
	if o.LoginURI != "" {
		if err := checkURIs("oauth.login_uri", o.LoginURI); err != nil {
			return err
		}
	}
	return firstError(
		checkURIs("oauth.redirect_uris", o.RedirectURIs...),
		checkURIs("oauth.logout_uris", o.LogoutURIs...),
		checkOrigins("oauth.web_origins", o.WebOrigins),
		checkOrigins("oauth.cors_origins", o.CORSOrigins),
		checkSeconds("oauth.id_token_lifetime", o.IDTokenLifetime, maxTokenSeconds),
		checkSeconds("oauth.refresh_leeway", o.RefreshLeeway, maxTokenSeconds),
		checkSeconds("oauth.refresh_lifetime", o.RefreshLifetime, maxRefreshSeconds),
		checkSeconds("oauth.refresh_idle", o.RefreshIdle, maxRefreshSeconds),
	)
}

// normalize gives an empty list one form.
func (o *OAuth) normalize() {
	for _, list := range []*[]string{&o.RedirectURIs, &o.LogoutURIs, &o.WebOrigins, &o.CORSOrigins} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	if len(o.GrantTypes) == 0 {
		o.GrantTypes = nil
	}
}

// checkURIs asks for absolute URIs that a browser may be sent to.
func checkURIs(field string, all ...string) error {
	if len(all) > maxOAuthList {
		return invalid(field, "must be at most %d", maxOAuthList)
	}
	for _, text := range all {
		u, err := url.Parse(text)
		switch {
		case err != nil || !u.IsAbs() || u.Host == "" && (u.Scheme == "http" || u.Scheme == "https"):
			return invalid(field, "must be absolute URIs")
		case slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob"}, strings.ToLower(u.Scheme)):
			return invalid(field, "must not have the scheme %s", u.Scheme)
		case u.Fragment != "" || strings.HasSuffix(text, "#"):
			return invalid(field, "must have no fragment")
		case u.User != nil:
			return invalid(field, "must hold no user name or password")
		case strings.Contains(u.Host, "*"):
			return invalid(field, "must be whole: a * stands for nothing")
		}
		if err := checkText(field, text, MaxTextRunes); err != nil {
			return err
		}
	}
	return nil
}

// checkOrigins asks for origins as browsers write them, RFC 6454 section 6.2.
func checkOrigins(field string, all []string) error {
	if len(all) > maxOAuthList {
		return invalid(field, "must be at most %d", maxOAuthList)
	}
	for _, text := range all {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || strings.Contains(u.Host, "*") || (u.Scheme != "http" && u.Scheme != "https") || u.Scheme+"://"+strings.ToLower(u.Host) != text {
			return invalid(field, "must be origins, such as https://app.example.com")
		}
	}
	return nil
}

func checkSeconds(field string, n, most int) error {
	if n < 0 || n > most {
		return invalid(field, "must be 0 to %d seconds", most)
	}
	return nil
}

func oneOf[T ~string](field string, value T, known ...T) error {
	if slices.Contains(known, value) {
		return nil
	}
	var words []string
	for _, k := range known {
		if k != "" {
			words = append(words, string(k))
		}
	}
	return invalid(field, "must be one of %s", strings.Join(words, ", "))
}

// TokenRules are what an API asks of the tokens that are made for it by the
// OpenID provider. Times are seconds; 0 stands for the default.
type TokenRules struct {
	Lifetime    int `json:"lifetime,omitempty"`     // by default 86400
	WebLifetime int `json:"web_lifetime,omitempty"` // of a token that a browser gets without a server; by default 7200
	// Enforce narrows a token's scope to what its subject holds. Without it, any
	// permission of the API that is asked for is in the scope, as a claim of what
	// the application wants and not of what the subject may.
	Enforce bool `json:"enforce,omitempty"`
	// Permissions adds the claim "permissions": all that the subject holds of the
	// API. It takes Enforce.
	Permissions bool `json:"permissions,omitempty"`
	// Offline lets applications ask for refresh tokens.
	Offline     bool         `json:"offline,omitempty"`
	SkipConsent bool         `json:"skip_consent,omitempty"` // of applications that are not ThirdParty
	Profile     TokenProfile `json:"profile,omitempty"`
	Algorithm   string       `json:"algorithm,omitempty"` // RS256 (the default), ES256 or EdDSA
	Users       TokenPolicy  `json:"users,omitempty"`     // for whom an application gets tokens: by default AllowAll
	Clients     TokenPolicy  `json:"clients,omitempty"`   // which clients get tokens for themselves: by default RequireGrant
}

// A TokenProfile is the form of an access token.
type TokenProfile string

// ProfileRFC9068 tokens are typed at+jwt and name the client as client_id. The
// default profile, "", is typed JWT and names it as azp.
const ProfileRFC9068 TokenProfile = "rfc9068"

// A TokenPolicy says which clients get tokens for an API.
type TokenPolicy string

const (
	AllowAll     TokenPolicy = "allow_all"
	RequireGrant TokenPolicy = "require_client_grant" // those with a ClientGrant
	DenyAll      TokenPolicy = "deny_all"
)

func (t *TokenRules) check() error {
	if t.Permissions && !t.Enforce {
		return invalid("tokens.permissions", "takes enforce")
	}
	return firstError(
		checkSeconds("tokens.lifetime", t.Lifetime, maxTokenSeconds),
		checkSeconds("tokens.web_lifetime", t.WebLifetime, maxTokenSeconds),
		oneOf("tokens.profile", t.Profile, "", ProfileRFC9068),
		oneOf("tokens.algorithm", t.Algorithm, "", "RS256", "ES256", "EdDSA"),
		oneOf("tokens.users", t.Users, "", AllowAll, RequireGrant, DenyAll),
		oneOf("tokens.clients", t.Clients, "", RequireGrant, DenyAll),
	)
}

// A ClientGrant lets a client get tokens for an API: for itself, or for its
// users. It bounds what those tokens say. What the client may do is what it
// holds, as of every subject; a grant gives it nothing.
type ClientGrant struct {
	ID     ClientGrantID `json:"id"`
	Client SubjectID     `json:"client"`
	API    APIID         `json:"api"`
	For    GrantedFor    `json:"for"` // "" means ForClient
	// Scope lists permissions of the API, by name. Those that it does not have
	// (any more) count for nothing.
	Scope      []string   `json:"scope,omitempty"`
	AllScopes  bool       `json:"all_scopes,omitempty"` // in place of Scope: every permission of the API
	Tenants    TenantUse  `json:"tenants,omitempty"`    // whether a client's own token may be for a tenant
	AnyTenant  bool       `json:"any_tenant,omitempty"` // and for each, member or not
	Attributes Attributes `json:"attributes,omitempty"`
	Stamps
}

// GrantedFor says whose tokens a ClientGrant is about.
type GrantedFor string

const (
	ForClient GrantedFor = "client"
	ForUser   GrantedFor = "user"
)

func (g *ClientGrant) Kind() Kind  { return KindClientGrant }
func (g *ClientGrant) Key() string { return string(g.ID) }

func (g *ClientGrant) refs() []ref {
	return references(ref{"client", KindClient, string(g.Client)}, ref{"api", KindAPI, string(g.API)})
}

const maxGrantScope = 1000

func (g *ClientGrant) check() error {
	if g.For == "" {
		g.For = ForClient
	}
	if len(g.Scope) == 0 {
		g.Scope = nil
	}
	if len(g.Scope) > maxGrantScope {
		return invalid("scope", "must be at most %d", maxGrantScope)
	}
	for _, name := range g.Scope {
		if err := checkName("scope", name); err != nil {
			return err
		}
	}
	return firstError(
		checkID("id", string(g.ID)),
		checkID("client", string(g.Client)),
		checkID("api", string(g.API)),
		oneOf("for", g.For, ForClient, ForUser),
		oneOf("tenants", g.Tenants, "", TenantsAllowed, TenantsRequired, TenantsDenied),
		checkAttributes(&g.Attributes),
	)
}
