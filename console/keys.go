package console

import (
	"context"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A keyRow is a credential as tables show it. Its secret is nowhere.
type keyRow struct {
	*rolecall.Credential
	Who   named
	State string
	Used  time.Time // zero if it never was, or nobody noted it
	Label string    // of one that is no access key
}

func (c *call) keys(all []*rolecall.Credential) ([]keyRow, error) {
	var subjects []string
	var ids []rolecall.CredentialID
	for _, k := range all {
		subjects, ids = append(subjects, string(k.Subject)), append(ids, k.ID)
	}
	if err := c.learn(kindSubject, subjects...); err != nil {
		return nil, err
	}
	var used map[rolecall.CredentialID]time.Time
	if c.identity != nil && len(ids) > 0 {
		var err error
		if used, err = c.identity.LastUsed(c.ctx, ids...); err != nil {
			return nil, err
		}
	}
	rows := make([]keyRow, len(all))
	for i, k := range all {
		rows[i] = keyRow{k, c.Name(kindSubject, k.Subject), state(k.Validity, c.Now()), used[k.ID], strings.ReplaceAll(string(k.Type), "_", " ")}
	}
	return rows, nil
}

type keysPage struct {
	*call
	List *listing
	Keys []keyRow
}

func keys(c *call) (any, error) {
	c.Title = "Access keys"
	p := &keysPage{call: c}
	list, records, err := c.page(c.keysQuery(), "name", "created_at", "expires_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	p.Keys, err = c.keys(as[*rolecall.Credential](records))
	return p, err
}

func (c *call) keysQuery() rolecall.Query {
	q := rolecall.Query{Kind: rolecall.KindCredential, Where: []rolecall.Condition{rolecall.Where("type", rolecall.AccessKey)}}
	switch c.Value("state") {
	case "disabled":
		q.Where = append(q.Where, rolecall.Where("disabled", "true"))
	case "expiring":
		q.Where = append(q.Where, rolecall.Condition{Field: "expires_at", Op: rolecall.Before, Values: []string{clock(c.Now().Add(30 * 24 * time.Hour))}})
	}
	return q
}

type keyPage struct {
	*call
	Key keyRow
	holdings
	Timeline []line
}

func (c *call) accessKey(id rolecall.CredentialID) (*rolecall.Credential, error) {
	k, err := look(c, &rolecall.Credential{ID: id})
	if err == nil && k.Type != rolecall.AccessKey {
		err = &rolecall.FieldError{Field: "key", Rule: "is not an access key", Kind: rolecall.ErrNotFound}
	}
	return k, err
}

func key(c *call) (any, error) {
	k, err := c.accessKey(rolecall.CredentialID(c.id()))
	if err != nil {
		return nil, err
	}
	c.Title = nameOf(k).Label
	p := &keyPage{call: c}
	rows, err := c.keys([]*rolecall.Credential{k})
	if err != nil {
		return nil, err
	}
	p.Key = rows[0]
	if p.holdings, err = c.holdings(k.Subject); err != nil {
		return nil, err
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Kind: rolecall.KindCredential, Key: k.Key()}, 12)
	return p, err
}

func keyForm(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	return c.form("New access key", "Create",
		required(textField("name", "Name", "")),
		hinted(c.pickField("subject", "For", kindSubject, ""), "A user or a client; empty gives the key a client of its own"),
		hinted(c.pickField("role", "Role", rolecall.KindRole, ""), "That its holder gets too; empty is none"),
		hinted(c.pickField("tenant", "In the tenant", rolecall.KindTenant, ""), "Where the role counts; empty is everywhere"),
		whenFields(false)[0],
	), nil
}

func createKey(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	k := identity.NewKey{Name: c.Value("name")}
	var err error
	if k.ExpiresAt, err = c.moment("expires_at"); err != nil {
		return nil, err
	}
	if name := c.Value("subject"); name != "" {
		n, err := c.resolve("subject", kindSubject, name)
		if err != nil {
			return nil, err
		}
		k.Subject = rolecall.SubjectID(n.ID)
	}
	if name := c.Value("role"); name != "" {
		r, err := c.resolve("role", rolecall.KindRole, name)
		if err != nil {
			return nil, err
		}
		a := rolecall.Assignment{Role: rolecall.RoleID(r.ID)}
		if name := c.Value("tenant"); name != "" {
			t, err := c.resolve("tenant", rolecall.KindTenant, name)
			if err != nil {
				return nil, err
			}
			a.Tenant = rolecall.TenantID(t.ID)
		}
		k.Roles = []rolecall.Assignment{a}
	}
	return c.makesKey(&change{quiet: len(k.Roles) == 0, Title: "Create the key " + k.Name + "?", Verb: "Create"},
		func(ctx context.Context, by rolecall.Actor) (*identity.Key, error) {
			return c.identity.CreateKey(ctx, by, k)
		}), nil
}

func rotateKey(c *call) (*change, error) {
	k, err := c.accessKey(rolecall.CredentialID(c.id()))
	if err != nil || c.identity == nil {
		return nil, firstOf(err, errNoPage)
	}
	return c.makesKey(&change{
		Title: "Give " + nameOf(k).Label + " a new secret?", Text: "The old one stops working at once.", Verb: "Rotate", Danger: true,
	}, func(ctx context.Context, by rolecall.Actor) (*identity.Key, error) {
		return c.identity.RotateKey(ctx, by, k.ID)
	}), nil
}

// A secretPage shows a secret, this once.
type secretPage struct {
	*call
	Key    *rolecall.Credential
	Secret string
}

func (*secretPage) secret() {}

// makesKey completes a change that makes a secret, which its answer shows.
func (c *call) makesKey(m *change, secret func(context.Context, rolecall.Actor) (*identity.Key, error)) *change {
	p := &secretPage{call: c}
	m.do = func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
		key, err := secret(ctx, by)
		if err != nil {
			return rolecall.Receipt{}, err
		}
		p.Key, p.Secret = key.Credential, key.Secret
		return key.Receipt, nil
	}
	m.shows = func(rolecall.Receipt) (string, any) {
		c.Title = "The key's secret"
		return "keys/secret", p
	}
	return m
}

// disableKey disables or, by its other path, enables.
func disableKey(disabled bool) func(*call) (*change, error) {
	return func(c *call) (*change, error) {
		k, err := c.accessKey(rolecall.CredentialID(c.id()))
		if err != nil {
			return nil, err
		}
		m := &change{
			Title: "Disable " + nameOf(k).Label + "?", Text: "It stops working at once, until it is enabled.", Verb: "Disable", Danger: true,
			steps: steps{setDisabled(k.ID, disabled)},
			then:  c.Link("/keys/{id}", k.ID), said: "The key is disabled.",
		}
		if !disabled {
			m.Title, m.Text, m.Verb, m.Danger, m.said = "Enable "+nameOf(k).Label+"?", "", "Enable", false, "The key is enabled."
		}
		return m, nil
	}
}

func setDisabled(id rolecall.CredentialID, disabled bool) step {
	return modify(&rolecall.Credential{ID: id}, map[string]any{"disabled": disabled}, func(k *rolecall.Credential) { k.Disabled = disabled })
}

func deleteKey(c *call) (*change, error) {
	k, err := c.accessKey(rolecall.CredentialID(c.id()))
	if err != nil {
		return nil, err
	}
	m := &change{
		Title: "Delete the key " + nameOf(k).Label + "?", Text: "It stops working at once. A client that was made with it goes too.",
		Verb: "Delete", Danger: true, then: c.Link("/keys"), said: "The key is deleted.",
	}
	if c.identity == nil {
		m.steps = steps{remove(k)}
		return m, nil
	}
	m.do = func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
		return c.identity.DeleteKey(ctx, by, k.ID)
	}
	return m, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
