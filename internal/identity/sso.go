package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// An SSO says how members of a tenant sign in at a provider of their own, and
// which roles they have by the groups that it names. It is a setting; see
// [rolecall.SSOName]. Roles are kept by their ids, so that they may be renamed.
//
// Only OIDC signs people in. What is said of SAML is kept for those who ask.
type SSO struct {
	Tenant      rolecall.TenantID `json:"tenant"`
	ID          string            `json:"ssoId,omitempty"` // tells several of a tenant apart
	DisplayName string            `json:"displayName,omitempty"`
	SAML        *SSOSAML          `json:"saml,omitempty"`
	OIDC        *SSOOIDC          `json:"oidc,omitempty"`
	Mapping     []SSOMapping      `json:"mapping,omitempty"`
	Defaults    []rolecall.RoleID `json:"defaultRoles,omitempty"` // of everybody who signs in
	// Domains are those of e-mail addresses that the provider speaks for: it may
	// sign in to accounts that members of the tenant have already.
	Domains []string `json:"domains,omitempty"`
}

// An SSOMapping gives a role to whoever is in one of the groups of the provider.
type SSOMapping struct {
	Role   rolecall.RoleID `json:"role"`
	Groups []string        `json:"groups"`
}

// SSOSAML is how a SAML provider is configured, as Descope's SDKs have it.
type SSOSAML struct {
	IDPURL           string          `json:"idpSSOUrl"`
	EntityID         string          `json:"idpEntityId"`
	Certificate      string          `json:"idpCertificate"`
	MoreCertificates []string        `json:"idpAdditionalCertificates"`
	MetadataURL      string          `json:"idpMetadataUrl"`
	SPEntityID       string          `json:"spEntityId"`
	SPACSURL         string          `json:"spACSUrl"`
	AttributeMapping json.RawMessage `json:"attributeMapping"`
	RedirectURL      string          `json:"redirectUrl"`
	GroupsPriority   []string        `json:"groupsPriority"`
}

// SSOOIDC is how an OpenID provider is configured, as Descope's SDKs have it.
// Issuer is required to sign in; URLs that are missing are the provider's own,
// OpenID Connect Discovery 1.0 section 4.
type SSOOIDC struct {
	Name                 string          `json:"name"`
	ClientID             string          `json:"clientId"`
	ClientSecret         string          `json:"clientSecret"` // always empty: it is the setting's Secret
	RedirectURL          string          `json:"redirectUrl"`
	AuthURL              string          `json:"authUrl"`
	TokenURL             string          `json:"tokenUrl"`
	UserDataURL          string          `json:"userDataUrl"`
	Scope                []string        `json:"scope"`
	JWKsURL              string          `json:"JWKsUrl"`
	AttributeMapping     json.RawMessage `json:"userAttrMapping"` // names of claims by what they are
	ManageProviderTokens bool            `json:"manageProviderTokens"`
	CallbackDomain       string          `json:"callbackDomain"`
	Prompt               []string        `json:"prompt"`
	GrantType            string          `json:"grantType"`
	Issuer               string          `json:"issuer"`
	GroupsPriority       []string        `json:"groupsPriority"`
}

// A Sealer keeps secrets that have to be used again.
type Sealer interface {
	Seal(id string, text []byte) (rolecall.Secret, error)
	Open(id string, stored rolecall.Secret) ([]byte, error)
}

// WithSealer has the secrets of tenants' providers sealed. Without it none can
// be kept.
func WithSealer(s Sealer) Option { return func(i *Identity) { i.sealer = s } }

// Called returns what people call it: its own name, or the provider's.
func (c *SSO) Called() string {
	switch {
	case c.DisplayName != "":
		return c.DisplayName
	case c.OIDC != nil && c.OIDC.Name != "":
		return c.OIDC.Name
	}
	return "SSO"
}

// Path is what tells it from others in an address. Each has one of its own to be
// answered at, so that what one provider answers is never taken for another's
// (RFC 9700 section 4.4.2.2).
func (c *SSO) Path() string {
	sum := sha256.Sum256([]byte(rolecall.SSOName(c.Tenant, c.ID)))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// SignsIn reports whether people can sign in by it.
func (c *SSO) SignsIn() bool { return c.OIDC != nil && c.OIDC.Issuer != "" && c.OIDC.ClientID != "" }

// SpeaksFor reports whether an e-mail address is in one of its domains.
func (c *SSO) SpeaksFor(email string) bool {
	_, domain, ok := strings.Cut(email, "@")
	return ok && !strings.Contains(domain, "@") &&
		slices.ContainsFunc(c.Domains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// SSOs returns every SSO of a project or, if tenant is not empty, of a tenant,
// that without an id before the others. It takes rolecall:settings.read.
func SSOs(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID) (all []*SSO, err error) {
	prefix := rolecall.SSOPrefix
	if tenant != "" {
		prefix = rolecall.SSOName(tenant, "")
	}
	settings, err := rolecall.All[*rolecall.Setting](ctx, v, rolecall.Query{Kind: rolecall.KindSetting, Where: []rolecall.Condition{
		{Field: "name", Op: rolecall.Prefix, Values: []string{prefix}},
	}})
	for _, s := range settings {
		c := new(SSO)
		if err := json.Unmarshal(s.Value, c); err != nil {
			return nil, fmt.Errorf("setting %q: %v: %w", s.Name, err, rolecall.ErrCorrupt)
		}
		if (tenant == "" || c.Tenant == tenant) && s.Name == rolecall.SSOName(c.Tenant, c.ID) {
			all = append(all, c)
		}
	}
	return all, err
}

// FindSSO returns a tenant's SSO with an id, or an error that is ErrNotFound.
func FindSSO(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, id string) (*SSO, error) {
	s, err := rolecall.Look(ctx, v, &rolecall.Setting{Name: rolecall.SSOName(tenant, id)})
	if err != nil {
		return nil, err
	}
	c := new(SSO)
	if err := json.Unmarshal(s.Value, c); err != nil {
		return nil, fmt.Errorf("setting %q: %v: %w", s.Name, err, rolecall.ErrCorrupt)
	}
	return c, nil
}

// SSOs returns the ways to sign in of a tenant or, if it is "", of all.
func (i *Identity) SSOs(ctx context.Context, tenant rolecall.TenantID) (all []*SSO, err error) {
	return all, i.rc.View(ctx, reader, func(v *rolecall.View) error {
		found, err := SSOs(ctx, v, tenant)
		for _, c := range found {
			if c.SignsIn() {
				all = append(all, c)
			}
		}
		return err
	})
}

// SaveSSO returns the operation that keeps c in place of the one with its tenant
// and id. secret is the client's at the provider; without one, that which is
// kept stays, if it is for the same client of the same provider.
//
// Who saves it must be allowed to give, in the tenant, what it will give. Domains
// let a provider sign in as who has an account, whatever that holds, and so do
// addresses that are not the issuer's word: they take somebody who may give
// anything.
func (i *Identity) SaveSSO(c SSO, secret string) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		made := &rolecall.Setting{Name: rolecall.SSOName(c.Tenant, c.ID)}
		var err error
		if c.OIDC != nil {
			if made.Secret, err = i.ssoSecret(ctx, v, &c, secret); err != nil {
				return nil, err
			}
		}
		if made.Value, err = json.Marshal(c); err != nil {
			return nil, err
		}
		return []rolecall.Op{rolecall.Put(made)}, nil // the core asks what it gives, whoever writes it
	})
}

// A sealedSSO is a client's secret, with whom it may be shown to: who changes a
// provider's address does not get the secret sent there.
type sealedSSO struct {
	For    string `json:"for"`
	Secret string `json:"secret"`
}

func (o *SSOOIDC) whom() string {
	return strings.Join([]string{o.ClientID, o.Issuer, o.TokenURL}, "\n")
}

func (i *Identity) sealSSO(name string, o *SSOOIDC, secret string) (rolecall.Secret, error) {
	if i.sealer == nil {
		return nil, refuse("client_secret", "can't be kept here")
	}
	text, err := json.Marshal(sealedSSO{o.whom(), secret})
	if err != nil {
		return nil, err
	}
	return i.sealer.Seal(name, text)
}

func (i *Identity) openSSO(s *rolecall.Setting, o *SSOOIDC) (string, error) {
	if len(s.Secret) == 0 || i.sealer == nil {
		return "", nil
	}
	text, err := i.sealer.Open(s.Name, s.Secret)
	if err != nil {
		return "", err
	}
	var sealed sealedSSO
	if err := json.Unmarshal(text, &sealed); err != nil {
		return "", fmt.Errorf("the secret of setting %q: %w", s.Name, rolecall.ErrCorrupt)
	}
	if sealed.For != o.whom() {
		return "", fmt.Errorf("setting %q has another client or provider than its secret is for: %w", s.Name, rolecall.ErrCorrupt)
	}
	return sealed.Secret, nil
}

// ssoSecret returns what to keep of a secret or, if it is empty, the one that is
// kept for the same client of the same provider.
func (i *Identity) ssoSecret(ctx context.Context, v *rolecall.View, c *SSO, secret string) (rolecall.Secret, error) {
	name := rolecall.SSOName(c.Tenant, c.ID)
	if secret != "" {
		return i.sealSSO(name, c.OIDC, secret)
	}
	old, err := rolecall.Look(ctx, v, &rolecall.Setting{Name: name})
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := i.openSSO(old, c.OIDC); err != nil {
		return nil, nil // another's
	}
	return old.Secret, nil
}

// SSOSecret returns the client's secret at c's provider, "" if there is none.
func (i *Identity) SSOSecret(ctx context.Context, c *SSO) (string, error) {
	s, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Setting{Name: rolecall.SSOName(c.Tenant, c.ID)})
	if err != nil {
		return "", err
	}
	return i.openSSO(s, c.OIDC)
}
