package console

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/webhook"
)

const webhooksPath = "/webhooks"

// ofWebhooks reports whether a path is of the pages about webhooks.
func ofWebhooks(path string) bool {
	return path == webhooksPath || path == "/new/webhook" || strings.HasPrefix(path, webhooksPath+"/")
}

// A hookRow is a webhook as pages show it. Its secret is nowhere.
type hookRow struct {
	webhook.Listed
	Of          named // the tenant
	State, Look string
}

// Is is the webhook's state by one word: disabled, failing, new or told.
func (r hookRow) Is() string {
	switch {
	case r.Disabled:
		return "disabled"
	case r.Error != "":
		return "failing"
	case r.TriedAt.IsZero():
		return "new"
	}
	return "told"
}

// hookStates says of each state what it is called, and its look.
var hookStates = map[string][2]string{
	"disabled": {"disabled", "bad"}, "failing": {"failing", "warn"}, "new": {"nothing told yet", ""}, "told": {"told", "good"},
}

// KindNames are the kinds that a webhook is told of, as people call them.
func (r hookRow) KindNames() (all []string) {
	for _, k := range r.Kinds {
		all = append(all, kindName(k))
	}
	return all
}

func kindName(k rolecall.Kind) string {
	if k == rolecall.KindAPI {
		return "API"
	}
	return strings.ReplaceAll(string(k), "_", " ")
}

// hooks returns all webhooks, the newest state of each.
func (c *call) hooks() ([]hookRow, error) {
	all, err := c.webhooks.List(c.ctx, c.by)
	if err != nil {
		return nil, err
	}
	rows := make([]hookRow, len(all))
	for i, h := range all {
		if err := c.learn(rolecall.KindTenant, string(h.Tenant)); err != nil {
			return nil, err
		}
		rows[i] = hookRow{Listed: h, Of: c.Name(rolecall.KindTenant, h.Tenant)}
		state := hookStates[rows[i].Is()]
		rows[i].State, rows[i].Look = state[0], state[1]
	}
	return rows, nil
}

func (c *call) hook() (hookRow, error) {
	all, err := c.hooks()
	if err != nil {
		return hookRow{}, err
	}
	at := slices.IndexFunc(all, func(h hookRow) bool { return h.ID == c.id() })
	if at < 0 {
		return hookRow{}, &rolecall.FieldError{Field: "webhook", Rule: fmt.Sprintf("%q does not exist", c.id()), Kind: rolecall.ErrNotFound}
	}
	return all[at], nil
}

type webhooksPage struct {
	*call
	List   *listing // without pages: there are few
	Rows   []hookRow
	Any    bool // also some that the filter leaves out
	Copies []snippet
}

func webhooks(c *call) (any, error) {
	c.Title = "Webhooks"
	p := &webhooksPage{call: c, List: &listing{c: c, Search: c.Value("q")}, Copies: c.hookCopies("list", "", "GET", "")}
	all, err := c.hooks()
	p.Any = len(all) > 0
	text, state := strings.ToLower(p.List.Search), c.Value("state")
	for _, h := range all {
		if strings.Contains(strings.ToLower(h.ID+"\n"+h.URL+"\n"+h.Description), text) && (state == "" || h.Is() == state) {
			p.Rows = append(p.Rows, h)
		}
	}
	p.List.Total = len(p.Rows)
	return p, err
}

type webhookPage struct {
	*call
	Hook     hookRow
	Timeline []line
	Copies   []snippet
}

func webhookShown(c *call) (any, error) {
	h, err := c.hook()
	if err != nil {
		return nil, err
	}
	c.Title = h.ID
	p := &webhookPage{call: c, Hook: h, Copies: c.hookCopies("test", h.ID, "POST", "/test")}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Kind: rolecall.KindSetting, Key: hookSetting + h.ID}, 12)
	return p, err
}

// hookSetting begins the names of the settings that webhooks are.
const hookSetting = "webhook/"

// hookCopies are ways to do with a webhook, or with all, elsewhere what is done
// here: verb is the command's, and action what the path of the API ends in.
func (c *call) hookCopies(verb, id, method, action string) (made []snippet) {
	path, command := "/api/v1/webhooks", "rolecall webhook "+verb
	if id != "" {
		path, command = path+"/"+url.PathEscape(id)+action, command+" "+quote(id)
	}
	if c.server != "" {
		made = append(made, snippet{"curl", c.curl(method, path, nil)})
	}
	return append(made, snippet{"CLI", command})
}

func (c *call) hookFields(h webhook.Hook) []field {
	kinds := field{Name: "kinds", Label: "Only changes to", Type: "checks", Hint: "None chosen is all"}
	var chosen []string
	for _, k := range rolecall.Kinds {
		kinds.Options = append(kinds.Options, option{string(k), kindName(k)})
		if slices.Contains(h.Kinds, k) {
			chosen = append(chosen, string(k))
		}
	}
	kinds.Value = strings.Join(chosen, " ")
	return []field{
		required(hinted(field{Name: "url", Label: "URL", Type: "url", Value: h.URL, Max: 2000}, "That gets a POST request for each write: https, at a public address")),
		textField("description", "What it is for", h.Description),
		hinted(c.pickField("tenant", "Only what concerns the tenant", rolecall.KindTenant, string(h.Tenant)), "By name or id; empty is everything"),
		kinds,
	}
}

// fillHook puts what a form sent into a webhook.
func (c *call) fillHook(h *webhook.Hook) error {
	h.URL, h.Description, h.Tenant, h.Kinds = c.Value("url"), c.Value("description"), "", nil
	for _, k := range c.Values("kinds") {
		h.Kinds = append(h.Kinds, rolecall.Kind(k))
	}
	if name := c.Value("tenant"); name != "" {
		t, err := c.resolve("tenant", rolecall.KindTenant, name)
		if err != nil {
			return err
		}
		h.Tenant = rolecall.TenantID(t.ID)
	}
	return nil
}

func webhookForm(c *call) (any, error) {
	return c.form("New webhook", "Create", c.hookFields(webhook.Hook{})...), nil
}

func createWebhook(c *call) (*change, error) {
	var h webhook.Hook
	if err := c.fillHook(&h); err != nil {
		return nil, err
	}
	return c.makesHookSecret(&change{quiet: true}, func(ctx context.Context, by rolecall.Actor) (webhook.Hook, string, rolecall.Receipt, error) {
		return c.webhooks.Add(ctx, by, h)
	}), nil
}

func editWebhookForm(c *call) (any, error) {
	h, err := c.hook()
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+h.ID, "Save", c.hookFields(h.Hook)...), nil
}

func editWebhook(c *call) (*change, error) {
	id := c.id()
	var to webhook.Hook
	if err := c.fillHook(&to); err != nil {
		return nil, err
	}
	return &change{
		quiet: true, then: c.Link("/webhooks/{id}", id), said: "The webhook is saved.",
		do: func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			_, receipt, err := c.webhooks.Change(ctx, by, id, func(h *webhook.Hook) error { *h = to; return nil })
			return receipt, err
		},
	}, nil
}

func rotateWebhook(c *call) (*change, error) {
	h, err := c.hook()
	if err != nil {
		return nil, err
	}
	return c.makesHookSecret(&change{
		Title: "Give " + h.ID + " a new secret?", Verb: "Rotate", Danger: true, copies: c.hookCopies("rotate", h.ID, "POST", "/rotate"),
		Text: "What it is told from then on is signed with the new one: who receives it refuses it until they have that.",
	}, func(ctx context.Context, by rolecall.Actor) (webhook.Hook, string, rolecall.Receipt, error) {
		return c.webhooks.Rotate(ctx, by, h.ID)
	}), nil
}

// A hookSecretPage shows the secret of a webhook, this once.
type hookSecretPage struct {
	*call
	Hook   webhook.Hook
	Secret string
}

func (*hookSecretPage) secret() {}

// makesHookSecret completes a change that makes a webhook's secret, which its
// answer shows.
func (c *call) makesHookSecret(m *change, secret func(context.Context, rolecall.Actor) (webhook.Hook, string, rolecall.Receipt, error)) *change {
	p := &hookSecretPage{call: c}
	m.do = func(ctx context.Context, by rolecall.Actor) (receipt rolecall.Receipt, err error) {
		p.Hook, p.Secret, receipt, err = secret(ctx, by)
		return receipt, err
	}
	m.shows = func(rolecall.Receipt) (string, any) {
		c.Title = "The webhook’s secret"
		return "webhooks/secret", p
	}
	return m
}

// enableWebhook enables or, by its other path, disables.
func enableWebhook(enabled bool) func(*call) (*change, error) {
	return func(c *call) (*change, error) {
		h, err := c.hook()
		if err != nil {
			return nil, err
		}
		m := &change{
			Title: "Disable " + h.ID + "?", Text: "It is told nothing until it is enabled, and then what it missed.", Verb: "Disable", Danger: true,
			copies: c.hookCopies("disable", h.ID, "POST", "/disable"),
			then:   c.Link("/webhooks/{id}", h.ID), said: "The webhook is disabled.",
			do: func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
				return c.webhooks.Enable(ctx, by, h.ID, enabled)
			},
		}
		if enabled {
			m.Title, m.Text, m.Verb, m.Danger = "Enable "+h.ID+"?", "It is told from where it was, also what it missed.", "Enable", false
			m.copies, m.said = c.hookCopies("enable", h.ID, "POST", "/enable"), "The webhook is enabled."
		}
		return m, nil
	}
}

func deleteWebhook(c *call) (*change, error) {
	h, err := c.hook()
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the webhook " + h.ID + "?", Text: "It is told nothing more, also not what it was not told yet.", Verb: "Delete", Danger: true,
		copies: c.hookCopies("remove", h.ID, "DELETE", ""), then: c.Link(webhooksPath), said: "The webhook is deleted.",
		do: func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			return c.webhooks.Remove(ctx, by, h.ID)
		},
	}, nil
}

// A testedPage says what came of a test.
type testedPage struct {
	*call
	ID   string
	Came webhook.Tested
}

func testWebhook(c *call) (*change, error) {
	p := &testedPage{call: c, ID: c.id()}
	return &change{
		quiet: true,
		do: func(ctx context.Context, by rolecall.Actor) (receipt rolecall.Receipt, err error) {
			p.Came, err = c.webhooks.Test(ctx, by, p.ID)
			return receipt, err
		},
		shows: func(rolecall.Receipt) (string, any) {
			if c.Title = "It did not take the test"; p.Came.Delivered {
				c.Title = "It took the test"
			}
			return "webhooks/tested", p
		},
	}, nil
}
