package descope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/rolecall/rolecall"
)

// An ssoConfig is how members of a tenant sign in elsewhere, as it is kept: a
// setting. Roles are kept by their ids, so that they may be renamed. The OIDC
// client secret is not kept: settings are journalled, and nothing here uses it.
type ssoConfig struct {
	Tenant      rolecall.TenantID `json:"tenant"`
	SSOID       string            `json:"ssoId,omitempty"`
	DisplayName string            `json:"displayName,omitempty"`
	SAML        *samlConfig       `json:"saml,omitempty"`
	OIDC        *oidcConfig       `json:"oidc,omitempty"`
	Mapping     []ssoMapping      `json:"mapping,omitempty"`
	Defaults    []rolecall.RoleID `json:"defaultRoles,omitempty"`
	Domains     []string          `json:"domains,omitempty"`
}

// An ssoMapping gives a role to whoever is in one of the groups of the provider.
type ssoMapping struct {
	Role   rolecall.RoleID `json:"role"`
	Groups []string        `json:"groups"`
}

type samlConfig struct {
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

type oidcConfig struct {
	Name                 string          `json:"name"`
	ClientID             string          `json:"clientId"`
	ClientSecret         string          `json:"clientSecret"` // always empty
	RedirectURL          string          `json:"redirectUrl"`
	AuthURL              string          `json:"authUrl"`
	TokenURL             string          `json:"tokenUrl"`
	UserDataURL          string          `json:"userDataUrl"`
	Scope                []string        `json:"scope"`
	JWKsURL              string          `json:"JWKsUrl"`
	AttributeMapping     json.RawMessage `json:"userAttrMapping"`
	ManageProviderTokens bool            `json:"manageProviderTokens"`
	CallbackDomain       string          `json:"callbackDomain"`
	Prompt               []string        `json:"prompt"`
	GrantType            string          `json:"grantType"`
	Issuer               string          `json:"issuer"`
	GroupsPriority       []string        `json:"groupsPriority"`
}

// ssoName returns the name of the setting that holds a tenant's configuration.
// A tenant may have several, told apart by an id of their own.
func ssoName(tenant rolecall.TenantID, ssoID string) string {
	name := "sso:" + url.QueryEscape(string(tenant))
	if ssoID != "" {
		name += ":" + url.QueryEscape(ssoID)
	}
	return name
}

// ssoConfigs returns a tenant's configurations, the one without an id first.
func ssoConfigs(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID) (all []ssoConfig, err error) {
	name := ssoName(tenant, "")
	found, err := rolecall.All[*rolecall.Setting](ctx, v, rolecall.Query{Kind: rolecall.KindSetting, Where: []rolecall.Condition{
		{Field: "name", Op: rolecall.Prefix, Values: []string{name}},
	}})
	for _, s := range found {
		if s.Name == name || len(s.Name) > len(name) && s.Name[len(name)] == ':' {
			var config ssoConfig
			if err := json.Unmarshal(s.Value, &config); err != nil {
				return nil, fmt.Errorf("setting %q: %v: %w", s.Name, err, rolecall.ErrCorrupt)
			}
			all = append(all, config)
		}
	}
	return all, err
}

// deleteSSO returns the operations that delete a tenant's configurations.
func deleteSSO(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID) (ops []rolecall.Op, err error) {
	all, err := ssoConfigs(ctx, v, tenant)
	for _, config := range all {
		ops = append(ops, rolecall.Delete(&rolecall.Setting{Name: ssoName(tenant, config.SSOID)}))
	}
	return ops, err
}

// put returns the operations that keep a configuration, and say in the tenant
// how its members sign in. What a mapping will give, the caller must be allowed
// to give now.
func (config ssoConfig) put() rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		value, err := json.Marshal(config)
		if err != nil {
			return nil, err
		}
		ops := []rolecall.Op{rolecall.Put(&rolecall.Setting{Name: ssoName(config.Tenant, config.SSOID), Value: value})}
		in := rolecall.Scope{Tenant: config.Tenant}
		for _, m := range config.Mapping {
			ops = append(ops, rolecall.Promise(m.Role, in))
		}
		for _, role := range config.Defaults {
			ops = append(ops, rolecall.Promise(role, in))
		}
		if config.SSOID == "" {
			ops = append(ops, changeTenant(config.Tenant, func(_ context.Context, _ *rolecall.View, _ *rolecall.Tenant, kept *tenantMore) error {
				switch kept.Domains = config.Domains; {
				case config.SAML != nil:
					kept.AuthType = "saml"
				case config.OIDC != nil:
					kept.AuthType = "oidc"
				default:
					kept.AuthType = ""
				}
				return nil
			}))
		}
		return ops, nil
	})
}

// A roleMapping is an ssoMapping as it is written.
type roleMapping struct {
	Groups   []string `json:"groups"`
	RoleName string   `json:"roleName"`
}

// roles puts the roles that mappings and defaults name into a configuration.
func (config *ssoConfig) roles(ctx context.Context, v *rolecall.View, mappings []roleMapping, defaults []string) (err error) {
	config.Mapping = nil
	for _, m := range mappings {
		if err := required("roleMappings.roleName", m.RoleName); err != nil {
			return err
		}
		role, err := rolesNamed(ctx, v, config.Tenant, []string{m.RoleName})
		if err != nil {
			return err
		}
		config.Mapping = append(config.Mapping, ssoMapping{role[0], list(m.Groups)})
	}
	config.Defaults, err = rolesNamed(ctx, v, config.Tenant, defaults)
	return err
}

// An ssoRef names a configuration.
type ssoRef struct {
	TenantID rolecall.TenantID `json:"tenantId"`
	SSOID    string            `json:"ssoId"`
}

// configure makes a write of a configuration that make completes. Any that is
// there is replaced.
func (c *call) configure(ref ssoRef, domains []string, complete func(context.Context, *rolecall.View, *ssoConfig) error) (none, error) {
	return c.do(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := required("tenantId", string(ref.TenantID)); err != nil {
			return nil, err
		}
		if _, err := findTenant(ctx, v, ref.TenantID); err != nil {
			return nil, err
		}
		config := ssoConfig{Tenant: ref.TenantID, SSOID: ref.SSOID, Domains: domains}
		if old, err := findSSO(ctx, v, ref); err == nil {
			config.DisplayName = old.DisplayName
		} else if !isReason(err, noSSO) {
			return nil, err
		}
		if err := complete(ctx, v, &config); err != nil {
			return nil, err
		}
		return []rolecall.Op{config.put()}, nil
	}))
}

func findSSO(ctx context.Context, v *rolecall.View, ref ssoRef) (config ssoConfig, err error) {
	s, err := rolecall.Look(ctx, v, &rolecall.Setting{Name: ssoName(ref.TenantID, ref.SSOID)})
	switch {
	case errors.Is(err, rolecall.ErrNotFound):
		return config, noSSO.because("tenant %q has no such SSO configuration", ref.TenantID)
	case err != nil:
		return config, err
	}
	if err := json.Unmarshal(s.Value, &config); err != nil {
		return config, fmt.Errorf("setting %q: %v: %w", s.Name, err, rolecall.ErrCorrupt)
	}
	return config, nil
}

type samlSettings struct {
	IDPURL           string           `json:"idpUrl"`
	EntityID         string           `json:"entityId"`
	Certificate      string           `json:"idpCert"`
	MoreCertificates []string         `json:"idpAdditionalCerts"`
	MetadataURL      string           `json:"idpMetadataUrl"`
	SPEntityID       string           `json:"spEntityId"`
	SPACSURL         string           `json:"spACSUrl"`
	AttributeMapping customAttributes `json:"attributeMapping"`
	RoleMappings     []roleMapping    `json:"roleMappings"`
	DefaultRoles     []string         `json:"defaultSSORoles"`
	GroupsPriority   []string         `json:"groupsPriority"`
}

type samlInput struct {
	ssoRef
	Settings    samlSettings `json:"settings"`
	RedirectURL string       `json:"redirectUrl"`
	Domains     []string     `json:"domains"`
}

// configureSAML serves POST /v1/mgmt/sso/saml.
func (c *call) configureSAML(in *samlInput) (none, error) {
	for name, value := range map[string]string{"idpUrl": in.Settings.IDPURL, "entityId": in.Settings.EntityID, "idpCert": in.Settings.Certificate} {
		if err := required("settings."+name, value); err != nil {
			return none{}, err
		}
	}
	return c.saml(in)
}

// configureSAMLMetadata serves POST /v1/mgmt/sso/saml/metadata. The address is
// kept, and not fetched.
func (c *call) configureSAMLMetadata(in *samlInput) (none, error) {
	if err := required("settings.idpMetadataUrl", in.Settings.MetadataURL); err != nil {
		return none{}, err
	}
	return c.saml(in)
}

func (c *call) saml(in *samlInput) (none, error) {
	return c.configure(in.ssoRef, in.Domains, func(ctx context.Context, v *rolecall.View, config *ssoConfig) error {
		s := in.Settings
		config.SAML = &samlConfig{
			IDPURL: s.IDPURL, EntityID: s.EntityID, Certificate: s.Certificate, MoreCertificates: list(s.MoreCertificates),
			MetadataURL: s.MetadataURL, SPEntityID: s.SPEntityID, SPACSURL: s.SPACSURL,
			AttributeMapping: object(s.AttributeMapping), RedirectURL: in.RedirectURL, GroupsPriority: list(s.GroupsPriority),
		}
		return config.roles(ctx, v, s.RoleMappings, s.DefaultRoles)
	})
}

// object returns members as one JSON object, without null ones.
func object(members customAttributes) json.RawMessage {
	text, _ := json.Marshal(members.set().shown()) // it was read from JSON
	return text
}

type oidcInput struct {
	ssoRef
	Settings struct {
		oidcConfig
		AttributeMapping customAttributes `json:"userAttrMapping"`
		RoleMappings     []roleMapping    `json:"roleMappings"`
		GroupsMapping    []struct {
			Role   roleRef  `json:"role"`
			Groups []string `json:"groups"`
		} `json:"groupsMapping"`
		DefaultRoles []string `json:"defaultSSORoles"`
	} `json:"settings"`
	Domains []string `json:"domains"`
}

// configureOIDC serves POST /v1/mgmt/sso/oidc.
func (c *call) configureOIDC(in *oidcInput) (none, error) {
	s := in.Settings
	if err := required("settings.clientId", s.ClientID); err != nil {
		return none{}, err
	}
	for _, g := range s.GroupsMapping {
		s.RoleMappings = append(s.RoleMappings, roleMapping{g.Groups, g.Role.Name})
	}
	return c.configure(in.ssoRef, in.Domains, func(ctx context.Context, v *rolecall.View, config *ssoConfig) error {
		oidc := s.oidcConfig
		oidc.ClientSecret, oidc.AttributeMapping = "", object(s.AttributeMapping)
		oidc.Scope, oidc.Prompt, oidc.GroupsPriority = list(s.Scope), list(s.Prompt), list(s.GroupsPriority)
		config.OIDC = &oidc
		return config.roles(ctx, v, s.RoleMappings, s.DefaultRoles)
	})
}

// newSSO serves POST /v1/mgmt/sso/settings/new: one more configuration of a tenant.
func (c *call) newSSO(in *struct {
	ssoRef
	DisplayName string `json:"displayName"`
}) (ssoReply, error) {
	if err := required("ssoId", in.SSOID); err != nil {
		return ssoReply{}, err
	}
	if _, err := c.configure(in.ssoRef, nil, func(_ context.Context, _ *rolecall.View, config *ssoConfig) error {
		config.DisplayName = in.DisplayName
		return nil
	}); err != nil {
		return ssoReply{}, err
	}
	return c.loadSSO(&in.ssoRef)
}

// deleteSSOSettings serves DELETE /v1/mgmt/sso/settings.
func (c *call) deleteSSOSettings(in *ssoRef) (none, error) {
	return c.do(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := required("tenantId", string(in.TenantID)); err != nil {
			return nil, err
		}
		if _, err := findTenant(ctx, v, in.TenantID); err != nil {
			return nil, err
		}
		if _, err := findSSO(ctx, v, *in); err != nil {
			return nil, err
		}
		// Emptied first, so that the tenant says so too.
		return []rolecall.Op{
			ssoConfig{Tenant: in.TenantID, SSOID: in.SSOID}.put(),
			rolecall.Delete(&rolecall.Setting{Name: ssoName(in.TenantID, in.SSOID)}),
		}, nil
	}))
}
