package pep

import (
	"cmp"
	"time"

	"github.com/go-jose/go-jose/v4/json" // case-sensitive, and refuses duplicate names
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/rolecall/rolecall"
)

// Claims is what a verified token says. It is shared by the requests that bring
// the same token, and must not be changed.
type Claims struct {
	Issuer string
	// Subject is who: for a token that a client got for itself, whose "sub" is the
	// client's id and "@clients", the client.
	Subject  rolecall.SubjectID
	Audience []string
	ID       string // "jti"
	Issued   time.Time
	Expires  time.Time

	// What Rolecall puts into its tokens, of the API that they are for: what the
	// subject holds in Tenant, or everywhere if that is empty, and in Tenants
	// what it holds in each beyond that.
	Tenant      rolecall.TenantID
	Permissions []string
	Roles       []string
	Tenants     map[rolecall.TenantID]TenantClaims

	payload []byte
}

// TenantClaims is what a token says that its subject holds in one tenant.
type TenantClaims struct {
	Permissions []string `json:"permissions"`
	Roles       []string `json:"roles"`
}

// Decode decodes all claims, as JSON, into v: for those that Claims has no field
// for. Their names must match to the byte.
func (c *Claims) Decode(v any) error { return json.Unmarshal(c.payload, v) }

// parseClaims reads the payload of a token whose signature is good.
func parseClaims(payload []byte) (*Claims, *jwt.Claims, error) {
	var standard jwt.Claims
	var ours struct {
		Tenant      rolecall.TenantID                  `json:"tenant"`
		Permissions []string                           `json:"permissions"`
		Roles       []string                           `json:"roles"`
		Tenants     map[rolecall.TenantID]TenantClaims `json:"tenants"`

		// What tokens of the OpenID provider call the tenant and the client.
		Organization rolecall.TenantID `json:"org_id"`
		Party        string            `json:"azp"`
		Client       string            `json:"client_id"`
	}
	if json.Unmarshal(payload, &standard) != nil || json.Unmarshal(payload, &ours) != nil {
		return nil, nil, bad("the token's claims can't be read")
	}
	subject := standard.Subject
	if client := cmp.Or(ours.Party, ours.Client); client != "" && subject == client+"@clients" { // the provider gives no user such an id
		subject = client
	}
	return &Claims{
		Issuer:      standard.Issuer,
		Subject:     rolecall.SubjectID(subject),
		Audience:    standard.Audience,
		ID:          standard.ID,
		Issued:      standard.IssuedAt.Time(),
		Expires:     standard.Expiry.Time(),
		Tenant:      cmp.Or(ours.Tenant, ours.Organization),
		Permissions: ours.Permissions,
		Roles:       ours.Roles,
		Tenants:     ours.Tenants,
		payload:     payload,
	}, &standard, nil
}
