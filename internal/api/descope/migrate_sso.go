package descope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/migrate"
)

// readSSO makes tenants' single sign-on configurations, with their mappings of
// groups to roles. A tenant that has none is passed over.
func (m *migration) readSSO(context.Context) error {
	elements(m, "SSOSettings", func(e element, in struct {
		Tenant      tenantID    `json:"tenant"`
		SSOID       string      `json:"ssoId"`
		DisplayName string      `json:"displayName"`
		SAML        samlMigrant `json:"saml"`
		OIDC        oidcMigrant `json:"oidc"`
	}) {
		saml, oidc := in.SAML.IDPURL != "" || in.SAML.EntityID != "" || in.SAML.MetadataURL != "", in.OIDC.ClientID != ""
		if !saml && !oidc || m.again("SSO setting", rolecall.SSOName(in.Tenant.ID, in.SSOID), e) {
			return
		}
		config := ssoConfig{Tenant: in.Tenant.ID, ID: in.SSOID, DisplayName: in.DisplayName}
		mapping, defaults, under := in.SAML.GroupsMapping, in.SAML.DefaultRoles, "saml"
		if saml {
			config.SAML = in.SAML.config(in.Tenant.ID)
		} else {
			config.OIDC = in.OIDC.config()
			mapping, defaults, under = in.OIDC.GroupsMapping, in.OIDC.DefaultRoles, "oidc"
		}
		if config.Tenant == "" {
			e.Field = "tenant.id"
			m.problem(e.Place, errors.New("is required"))
			return
		}
		for i, g := range mapping {
			id, err := m.role(config.Tenant, g.Role.Name)
			if err != nil {
				e.Field = fmt.Sprintf("%s.groupsMapping[%d].role", under, i)
				m.problem(e.Place, err)
				return
			}
			config.Mapping = append(config.Mapping, ssoMapping{Role: id, Groups: list(g.Groups)})
		}
		for i, name := range defaults {
			id, err := m.role(config.Tenant, name)
			if err != nil {
				e.Field = fmt.Sprintf("%s.defaultSSORoles[%d]", under, i)
				m.problem(e.Place, err)
				return
			}
			config.Defaults = append(config.Defaults, id)
		}
		value, err := json.Marshal(config)
		if err != nil {
			m.problem(e.Place, err)
			return
		}
		m.item("SSO setting", string(config.Tenant), e, migrate.Part{
			Record: &rolecall.Setting{Name: rolecall.SSOName(config.Tenant, config.ID), Value: value},
		})
	})
	return nil
}

// A samlMigrant is a samlReply as it is read back.
type samlMigrant struct {
	IDPURL           string           `json:"idpSSOUrl"`
	EntityID         string           `json:"idpEntityId"`
	Certificate      string           `json:"idpCertificate"`
	MoreCertificates []string         `json:"idpAdditionalCertificates"`
	MetadataURL      string           `json:"idpMetadataUrl"`
	SPEntityID       string           `json:"spEntityId"`
	SPACSURL         string           `json:"spACSUrl"`
	AttributeMapping customAttributes `json:"attributeMapping"`
	RedirectURL      string           `json:"redirectUrl"`
	GroupsPriority   []string         `json:"groupsPriority"`
	GroupsMapping    []groupsMapping  `json:"groupsMapping"`
	DefaultRoles     []string         `json:"defaultSSORoles"`
}

// config leaves out what the other system calls itself by, unless it was told to.
func (in samlMigrant) config(tenant rolecall.TenantID) *samlConfig {
	if strings.HasSuffix(in.SPEntityID, "-"+string(tenant)) {
		in.SPEntityID = ""
	}
	if strings.Contains(in.SPACSURL, "projectId=") {
		in.SPACSURL = ""
	}
	return &samlConfig{
		IDPURL: in.IDPURL, EntityID: in.EntityID, Certificate: in.Certificate, MoreCertificates: list(in.MoreCertificates),
		MetadataURL: in.MetadataURL, SPEntityID: in.SPEntityID, SPACSURL: in.SPACSURL,
		AttributeMapping: object(in.AttributeMapping), RedirectURL: in.RedirectURL, GroupsPriority: list(in.GroupsPriority),
	}
}

// An oidcMigrant is an oidcReply as it is read back.
type oidcMigrant struct {
	Name                 string           `json:"name"`
	ClientID             string           `json:"clientId"`
	RedirectURL          string           `json:"redirectUrl"`
	AuthURL              string           `json:"authUrl"`
	TokenURL             string           `json:"tokenUrl"`
	UserDataURL          string           `json:"userDataUrl"`
	Scope                []string         `json:"scope"`
	JWKsURL              string           `json:"JWKsUrl"`
	AttributeMapping     customAttributes `json:"userAttrMapping"`
	ManageProviderTokens bool             `json:"manageProviderTokens"`
	CallbackDomain       string           `json:"callbackDomain"`
	Prompt               []string         `json:"prompt"`
	GrantType            string           `json:"grantType"`
	Issuer               string           `json:"issuer"`
	GroupsPriority       []string         `json:"groupsPriority"`
	GroupsMapping        []groupsMapping  `json:"groupsMapping"`
	DefaultRoles         []string         `json:"defaultSSORoles"`
}

func (in oidcMigrant) config() *oidcConfig {
	return &oidcConfig{
		Name: in.Name, ClientID: in.ClientID, RedirectURL: in.RedirectURL, AuthURL: in.AuthURL, TokenURL: in.TokenURL,
		UserDataURL: in.UserDataURL, Scope: list(in.Scope), JWKsURL: in.JWKsURL, AttributeMapping: object(in.AttributeMapping),
		ManageProviderTokens: in.ManageProviderTokens, CallbackDomain: in.CallbackDomain, Prompt: list(in.Prompt),
		GrantType: in.GrantType, Issuer: in.Issuer, GroupsPriority: list(in.GroupsPriority),
	}
}
