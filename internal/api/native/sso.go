package native

import (
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An ssoInput names a tenant's own OpenID provider.
type ssoInput struct {
	ID  rolecall.TenantID `path:"id"`
	SSO string            `query:"sso_id"`
}

type putSSOInput struct {
	ssoInput
	Body newSSO
}

// A newSSO is a tenant's provider with the secret of the client that we are there.
type newSSO struct {
	identity.SSOProvider
	ClientSecret string `json:"client_secret,omitempty"`
}

func (h *Handler) getSSO(c *call, in *ssoInput) (*identity.ShownSSOProvider, error) {
	return h.identity.FindSSOProvider(c.r.Context(), c.by, in.ID, in.SSO)
}

func (h *Handler) putSSO(c *call, in *putSSOInput) (*identity.ShownSSOProvider, error) {
	shown, receipt, err := h.identity.PutSSOProvider(c.r.Context(), c.by, in.ID, in.SSO, in.Body.SSOProvider, in.Body.ClientSecret)
	if err == nil {
		c.wrote(receipt)
	}
	return shown, err
}

func (h *Handler) deleteSSO(c *call, in *ssoInput) (none nothing, err error) {
	receipt, err := h.identity.DeleteSSOProvider(c.r.Context(), c.by, in.ID, in.SSO)
	if err == nil {
		c.wrote(receipt)
	}
	return none, err
}
