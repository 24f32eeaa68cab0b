package descope

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// What is kept of how members of a tenant sign in elsewhere.
type (
	ssoConfig  = identity.SSO
	ssoMapping = identity.SSOMapping
	samlConfig = identity.SSOSAML
	oidcConfig = identity.SSOOIDC
)

// deleteSSO returns the operations that delete a tenant's configurations.
func deleteSSO(ctx context.Context, v *rolecall.View, tenant rolecall.TenantID) (ops []rolecall.Op, err error) {
	all, err := identity.SSOs(ctx, v, tenant)
	for _, config := range all {
		ops = append(ops, rolecall.Delete(&rolecall.Setting{Name: rolecall.SSOName(tenant, config.ID)}))
	}
	return ops, err
}

// saveSSO returns the operations that keep a configuration, and say in the tenant
// how its members sign in.
func (c *call) saveSSO(config ssoConfig, secret string) []rolecall.Op {
	ops := []rolecall.Op{c.identity.SaveSSO(config, secret)}
	if config.ID != "" {
		return ops
	}
	return append(ops, changeTenant(config.Tenant, func(_ context.Context, _ *rolecall.View, _ *rolecall.Tenant, kept *tenantMore) error {
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

// A roleMapping is an ssoMapping as it is written.
type roleMapping struct {
	Groups   []string `json:"groups"`
	RoleName string   `json:"roleName"`
}

// mapRoles puts the roles that mappings and defaults name into a configuration.
func mapRoles(ctx context.Context, v *rolecall.View, config *ssoConfig, mappings []roleMapping, defaults []string) (err error) {
	config.Mapping = nil
	for _, m := range mappings {
		if err := required("roleMappings.roleName", m.RoleName); err != nil {
			return err
		}
		role, err := rolesNamed(ctx, v, config.Tenant, []string{m.RoleName})
		if err != nil {
			return err
		}
		config.Mapping = append(config.Mapping, ssoMapping{Role: role[0], Groups: list(m.Groups)})
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
// there is replaced. secret is a client's at its provider.
func (c *call) configure(ref ssoRef, domains []string, secret string, complete func(context.Context, *rolecall.View, *ssoConfig) error) (none, error) {
	return c.do(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := required("tenantId", string(ref.TenantID)); err != nil {
			return nil, err
		}
		if _, err := findTenant(ctx, v, ref.TenantID); err != nil {
			return nil, err
		}
		config := ssoConfig{Tenant: ref.TenantID, ID: ref.SSOID, Domains: domains}
		if old, err := findSSO(ctx, v, ref); err == nil {
			config.DisplayName = old.DisplayName
		} else if !isReason(err, noSSO) {
			return nil, err
		}
		if err := complete(ctx, v, &config); err != nil {
			return nil, err
		}
		return c.saveSSO(config, secret), nil
	}))
}

func findSSO(ctx context.Context, v *rolecall.View, ref ssoRef) (*ssoConfig, error) {
	config, err := identity.FindSSO(ctx, v, ref.TenantID, ref.SSOID)
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, noSSO.because("tenant %q has no such SSO configuration", ref.TenantID)
	}
	return config, err
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
	return c.configure(in.ssoRef, in.Domains, "", func(ctx context.Context, v *rolecall.View, config *ssoConfig) error {
		s := in.Settings
		config.SAML = &samlConfig{
			IDPURL: s.IDPURL, EntityID: s.EntityID, Certificate: s.Certificate, MoreCertificates: list(s.MoreCertificates),
			MetadataURL: s.MetadataURL, SPEntityID: s.SPEntityID, SPACSURL: s.SPACSURL,
			AttributeMapping: object(s.AttributeMapping), RedirectURL: in.RedirectURL, GroupsPriority: list(s.GroupsPriority),
		}
		return mapRoles(ctx, v, config, s.RoleMappings, s.DefaultRoles)
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
	return c.configure(in.ssoRef, in.Domains, s.ClientSecret, func(ctx context.Context, v *rolecall.View, config *ssoConfig) error {
		oidc := s.oidcConfig
		oidc.ClientSecret, oidc.AttributeMapping = "", object(s.AttributeMapping)
		oidc.Scope, oidc.Prompt, oidc.GroupsPriority = list(s.Scope), list(s.Prompt), list(s.GroupsPriority)
		config.OIDC = &oidc
		return mapRoles(ctx, v, config, s.RoleMappings, s.DefaultRoles)
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
	if _, err := c.configure(in.ssoRef, nil, "", func(_ context.Context, _ *rolecall.View, config *ssoConfig) error {
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
		return append(c.saveSSO(ssoConfig{Tenant: in.TenantID, ID: in.SSOID}, ""),
			rolecall.Delete(&rolecall.Setting{Name: rolecall.SSOName(in.TenantID, in.SSOID)})), nil
	}))
}
