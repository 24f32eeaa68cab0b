package descope

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An ssoReply is a configuration as it is read.
type ssoReply struct {
	Tenant      tenant    `json:"tenant"`
	SAML        samlReply `json:"saml"`
	OIDC        oidcReply `json:"oidc"`
	SSOID       string    `json:"ssoId"`
	DisplayName string    `json:"displayName"`
}

type samlReply struct {
	samlConfig
	GroupsMapping []groupsMapping `json:"groupsMapping"`
	DefaultRoles  []string        `json:"defaultSSORoles"`
	SPCertificate string          `json:"spCertificate"`
	SPSigning     string          `json:"spSignCertificate"`
}

type oidcReply struct {
	oidcConfig
	GroupsMapping []groupsMapping `json:"groupsMapping"`
	DefaultRoles  []string        `json:"defaultSSORoles"`
}

type groupsMapping struct {
	Role struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"role"`
	Groups []string `json:"groups"`
}

// loadSSO serves GET /v2/mgmt/sso/settings. A tenant without a configuration
// has an empty one.
func (c *call) loadSSO(in *ssoRef) (reply ssoReply, err error) {
	if err := required("tenantId", string(in.TenantID)); err != nil {
		return reply, err
	}
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		t, err := findTenant(ctx, v, in.TenantID)
		if err != nil {
			return err
		}
		config, err := findSSO(ctx, v, *in)
		if in.SSOID == "" && isReason(err, noSSO) {
			config, err = &ssoConfig{Tenant: t.ID}, nil
		}
		if err != nil {
			return err
		}
		reply, err = c.describeSSO(ctx, v, t, config)
		return err
	})
}

// loadAllSSO serves GET /v2/mgmt/sso/settings/all.
func (c *call) loadAllSSO(in *ssoRef) (reply struct {
	Settings []ssoReply `json:"SSOSettings"`
}, err error) {
	reply.Settings = []ssoReply{}
	if err := required("tenantId", string(in.TenantID)); err != nil {
		return reply, err
	}
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		t, err := findTenant(ctx, v, in.TenantID)
		if err != nil {
			return err
		}
		all, err := identity.SSOs(ctx, v, t.ID)
		if err != nil {
			return err
		}
		for _, config := range all {
			one, err := c.describeSSO(ctx, v, t, config)
			if err != nil {
				return err
			}
			reply.Settings = append(reply.Settings, one)
		}
		return nil
	})
}

func (c *call) describeSSO(ctx context.Context, v *rolecall.View, t *rolecall.Tenant, config *ssoConfig) (reply ssoReply, err error) {
	described, err := describeTenants(ctx, v, []*rolecall.Tenant{t})
	if err != nil {
		return reply, err
	}
	var ids []string
	for _, m := range config.Mapping {
		ids = append(ids, string(m.Role))
	}
	names, err := roleNames(ctx, v, append(ids, texts(config.Defaults)...))
	if err != nil {
		return reply, err
	}
	mapping, defaults := []groupsMapping{}, []string{}
	for _, m := range config.Mapping {
		if name, ok := names[m.Role]; ok { // the role may be gone
			var one groupsMapping
			one.Role.ID, one.Role.Name, one.Groups = string(m.Role), name, list(m.Groups)
			mapping = append(mapping, one)
		}
	}
	for _, id := range config.Defaults {
		if name, ok := names[id]; ok {
			defaults = append(defaults, name)
		}
	}
	reply = ssoReply{Tenant: described[0], SSOID: config.ID, DisplayName: config.DisplayName}
	reply.SAML = samlReply{GroupsMapping: []groupsMapping{}, DefaultRoles: []string{}}
	reply.OIDC = oidcReply{GroupsMapping: []groupsMapping{}, DefaultRoles: []string{}}
	if config.SAML != nil {
		reply.SAML = samlReply{samlConfig: *config.SAML, GroupsMapping: mapping, DefaultRoles: defaults}
	}
	if config.OIDC != nil {
		reply.OIDC = oidcReply{oidcConfig: *config.OIDC, GroupsMapping: mapping, DefaultRoles: defaults}
	}
	c.fillSSO(t.ID, config.ID, &reply)
	return reply, nil
}

// fillSSO puts in what a provider has to be told of us, and what JSON must not
// show as null.
func (c *call) fillSSO(tenant rolecall.TenantID, ssoID string, reply *ssoReply) {
	saml, oidc := &reply.SAML, &reply.OIDC
	where := url.Values{"projectId": {c.rc.Project()}, "tenantId": {string(tenant)}}
	if ssoID != "" {
		where.Set("ssoId", ssoID)
	}
	if saml.SPEntityID == "" {
		saml.SPEntityID = c.rc.Project() + "-" + string(tenant)
	}
	if saml.SPACSURL == "" {
		saml.SPACSURL = c.url + "v1/auth/saml/acs?" + where.Encode()
	}
	if oidc.RedirectURL == "" {
		oidc.RedirectURL = c.url + "u/sso-callback/" + (&ssoConfig{Tenant: tenant, ID: ssoID}).Path()
	}
	saml.MoreCertificates, saml.GroupsPriority = list(saml.MoreCertificates), list(saml.GroupsPriority)
	oidc.Scope, oidc.Prompt, oidc.GroupsPriority = list(oidc.Scope), list(oidc.Prompt), list(oidc.GroupsPriority)
	for _, mapping := range []*json.RawMessage{&saml.AttributeMapping, &oidc.AttributeMapping} {
		if isNull(*mapping) {
			*mapping = json.RawMessage("{}")
		}
	}
}
