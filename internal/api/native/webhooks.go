package native

import (
	"reflect"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/webhook"
)

// Webhooks makes the API administer webhooks. Without it there are none.
func Webhooks(hooks *webhook.Hooks) Option { return func(h *Handler) { h.hooks = hooks } }

// An Option changes what a Handler serves.
type Option func(*Handler)

// hooked returns the webhooks, if the server has any.
func (h *Handler) hooked() (*webhook.Hooks, error) {
	if h.hooks == nil {
		return nil, api.ErrNoRoute
	}
	return h.hooks, nil
}

type newWebhookInput struct {
	Body newWebhook
}

// A newWebhook is one to be made.
type newWebhook struct {
	ID          string            `json:"id,omitempty"`
	URL         string            `json:"url"`
	Description string            `json:"description,omitempty"`
	Kinds       []rolecall.Kind   `json:"kinds,omitempty"`
	Tenant      rolecall.TenantID `json:"tenant,omitempty"`
	Disabled    bool              `json:"disabled,omitempty"`
}

// A webhookChange is what can be changed of one.
type webhookChange struct {
	URL         string            `json:"url"`
	Description string            `json:"description,omitempty"`
	Kinds       []rolecall.Kind   `json:"kinds,omitempty"`
	Tenant      rolecall.TenantID `json:"tenant,omitempty"`
}

// A shownWebhook is a webhook with its secret. No other answer holds it.
type shownWebhook struct {
	webhook.Hook
	Secret string `json:"secret,omitempty"`
}

type webhookInput struct {
	ID string `path:"id"`
}

// A webhookList is every webhook, and how it does.
type webhookList struct {
	Items []webhook.Listed `json:"items"`
}

func (h *Handler) addWebhook(c *call, in *newWebhookInput) (none shownWebhook, err error) {
	hooks, err := h.hooked()
	if err != nil {
		return none, err
	}
	b := in.Body
	made, secret, receipt, err := hooks.Add(c.r.Context(), c.by, webhook.Hook{
		ID: b.ID, URL: b.URL, Description: b.Description, Kinds: b.Kinds, Tenant: b.Tenant, Disabled: b.Disabled,
	})
	if err != nil {
		return none, err
	}
	c.wrote(receipt)
	return shownWebhook{made, secret}, nil
}

func (h *Handler) listWebhooks(c *call, _ *struct{}) (all webhookList, err error) {
	hooks, err := h.hooked()
	if err != nil {
		return all, err
	}
	items, err := hooks.List(c.r.Context(), c.by)
	all.Items = append([]webhook.Listed{}, items...)
	return all, err
}

// changeWebhook takes a merge patch: what it leaves out stays.
func (h *Handler) changeWebhook() endpoint {
	e := write(func(c *call, in *webhookInput) (none webhook.Hook, err error) {
		hooks, err := h.hooked()
		if err != nil {
			return none, err
		}
		hook, receipt, err := hooks.Change(c.r.Context(), c.by, in.ID, func(k *webhook.Hook) error {
			b := webhookChange{k.URL, k.Description, k.Kinds, k.Tenant}
			err := api.Patch(c.body, &b)
			k.URL, k.Description, k.Kinds, k.Tenant = b.URL, b.Description, b.Kinds, b.Tenant
			return err
		})
		if err != nil {
			return none, err
		}
		c.wrote(receipt)
		return hook, nil
	})
	e.body, e.mediaType = reflect.TypeFor[webhookChange](), mergePatch
	return e
}

func (h *Handler) rotateWebhook(c *call, in *webhookInput) (none shownWebhook, err error) {
	hooks, err := h.hooked()
	if err != nil {
		return none, err
	}
	hook, secret, receipt, err := hooks.Rotate(c.r.Context(), c.by, in.ID)
	if err != nil {
		return none, err
	}
	c.wrote(receipt)
	return shownWebhook{hook, secret}, nil
}

func (h *Handler) enableWebhook(enabled bool) func(*call, *webhookInput) (nothing, error) {
	return func(c *call, in *webhookInput) (none nothing, err error) {
		hooks, err := h.hooked()
		if err != nil {
			return none, err
		}
		receipt, err := hooks.Enable(c.r.Context(), c.by, in.ID, enabled)
		if err == nil {
			c.wrote(receipt)
		}
		return none, err
	}
}

func (h *Handler) deleteWebhook(c *call, in *webhookInput) (none nothing, err error) {
	hooks, err := h.hooked()
	if err != nil {
		return none, err
	}
	receipt, err := hooks.Remove(c.r.Context(), c.by, in.ID)
	if err == nil {
		c.wrote(receipt)
	}
	return none, err
}

func (h *Handler) testWebhook(c *call, in *webhookInput) (none webhook.Tested, err error) {
	hooks, err := h.hooked()
	if err != nil {
		return none, err
	}
	return hooks.Test(c.r.Context(), c.by, in.ID)
}
