package rolecall

import (
	"encoding/json"
	"net/url"
	"strings"
)

// SSOPrefix begins the names of settings by which a tenant's own provider signs
// its members in, and gives them roles. The package identity has all that they
// say; what they give is asked here, whoever writes them by whichever door.
const SSOPrefix = "sso:"

// SSOName returns the name of the setting that says how members of a tenant sign
// in elsewhere. id tells several of a tenant apart, "" the first.
func SSOName(tenant TenantID, id string) string {
	name := SSOPrefix + url.QueryEscape(string(tenant))
	if id != "" {
		name += ":" + url.QueryEscape(id)
	}
	return name
}

// An ssoSetting is what such a setting gives.
type ssoSetting struct {
	Tenant  TenantID `json:"tenant"`
	ID      string   `json:"ssoId"`
	Mapping []struct {
		Role RoleID `json:"role"`
	} `json:"mapping"`
	Defaults []RoleID `json:"defaultRoles"`
	Domains  []string `json:"domains"`
	OIDC     *struct {
		Issuer      string `json:"issuer"`
		ClientID    string `json:"clientId"`
		TokenURL    string `json:"tokenUrl"`
		UserDataURL string `json:"userDataUrl"`
		JWKsURL     string `json:"JWKsUrl"`
	} `json:"oidc"`
}

// sso reads s if its name says that it is one, and is the one that its value
// gives it: otherwise it would be taken for another tenant's.
func (s *Setting) sso() (read *ssoSetting, err error) {
	if !strings.HasPrefix(s.Name, SSOPrefix) {
		return nil, nil
	}
	read = new(ssoSetting)
	if err := json.Unmarshal(s.Value, read); err != nil {
		return nil, invalid("value", "must be an object with tenant, mapping, defaultRoles and the like, since the name begins with %s", SSOPrefix)
	}
	if read.Tenant == "" || s.Name != SSOName(read.Tenant, read.ID) {
		return nil, invalid("name", "must be %s, the tenant and, if it has one, a colon and its ssoId, as the value has them", SSOPrefix)
	}
	return read, nil
}

// roles are those that the setting gives in its tenant.
func (s *ssoSetting) roles() []RoleID {
	all := append([]RoleID(nil), s.Defaults...)
	for _, m := range s.Mapping {
		all = append(all, m.Role)
	}
	return all
}

// speaks reports whether the provider may sign in as who has an account, with
// whatever they hold: those with addresses in its domains, or, where it is not the
// issuer's own document that says where ID tokens and their keys come from, anybody
// who came before.
func (s *ssoSetting) speaks() bool {
	o := s.OIDC
	return o != nil && o.Issuer != "" && o.ClientID != "" && (len(s.Domains) > 0 || o.TokenURL != "" || o.UserDataURL != "" || o.JWKsURL != "")
}
