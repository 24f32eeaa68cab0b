package console

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/webhook"
)

// A line is a journal entry as a sentence.
type line struct {
	Time   time.Time
	By     named
	Text   string
	Reason string
	Door   string
}

// timeline returns the newest entries that q selects, none if the viewer may not
// read the audit log here.
func (c *call) timeline(q rolecall.EntryQuery, limit int) ([]line, error) {
	if q.Newest, q.Limit = true, limit; c.Tenant != "" {
		q.Tenant = c.Tenant
	}
	entries, err := c.rc.Audit(c.ctx, c.by, q)
	if forbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var actors []string
	for _, e := range entries {
		actors = append(actors, string(e.Actor))
	}
	if err := c.learn(kindSubject, actors...); err != nil {
		return nil, err
	}
	all := make([]line, len(entries))
	for i, e := range entries {
		all[i] = line{e.Time, c.Name(kindSubject, e.Actor), c.told(e), e.Reason, e.Door}
	}
	return all, nil
}

// told is what an entry says was done, without who did it.
func (c *call) told(e *rolecall.Entry) string {
	verb := "changed"
	data := e.After
	switch {
	case e.Before == nil:
		verb = "created"
	case e.After == nil:
		verb, data = "deleted", e.Before
	}
	record := rolecall.NewRecord(e.Kind)
	if record == nil || json.Unmarshal(data, record) != nil {
		return verb + " " + strings.ReplaceAll(string(e.Kind), "_", " ")
	}
	name := func(kind rolecall.Kind, id string) string {
		c.learn(kind, id)
		return c.Name(kind, id).Label
	}
	gave := map[string]string{"created": "gave", "deleted": "took away", "changed": "changed"}[verb]
	switch r := record.(type) {
	case *rolecall.Assignment:
		return gave + " the role " + name(rolecall.KindRole, string(r.Role)) + " " + c.in(r.Scope)
	case *rolecall.DirectGrant:
		return gave + " the permission " + name(rolecall.KindPermission, string(r.Permission)) + " " + c.in(r.Scope)
	case *rolecall.Grant:
		return gave + " the role " + name(rolecall.KindRole, string(r.Role)) + " the permission " + name(rolecall.KindPermission, string(r.Permission))
	case *rolecall.Inheritance:
		return map[string]string{"created": "let", "deleted": "no longer lets", "changed": "changed"}[verb] +
			" the role " + name(rolecall.KindRole, string(r.Senior)) + " inherit from " + name(rolecall.KindRole, string(r.Junior))
	case *rolecall.Membership:
		return map[string]string{"created": "added to", "deleted": "removed from", "changed": "changed"}[verb] + " the tenant " + name(rolecall.KindTenant, string(r.Tenant))
	case *rolecall.GroupMember:
		return map[string]string{"created": "added to", "deleted": "removed from", "changed": "changed"}[verb] + " the group " + name(rolecall.KindGroup, string(r.Group))
	case *rolecall.Credential:
		return verb + map[rolecall.CredentialType]string{rolecall.Password: " the password", rolecall.AccessKey: " the access key "}[r.Type] + r.Name
	case *rolecall.Setting:
		if id, ok := strings.CutPrefix(r.Name, hookSetting); ok {
			return c.toldOfHook(verb, id, e)
		}
	case *rolecall.User:
		var before rolecall.User
		if verb == "changed" && json.Unmarshal(e.Before, &before) == nil && before.Blocked != r.Blocked {
			if r.Blocked {
				return "blocked the user"
			}
			return "unblocked the user"
		}
	}
	return verb + " the " + strings.ReplaceAll(string(e.Kind), "_", " ") + " " + nameOf(record).Label
}

// toldOfHook is what an entry says was done with a webhook.
func (c *call) toldOfHook(verb, id string, e *rolecall.Entry) string {
	read := func(data json.RawMessage) (h webhook.Hook) {
		var s rolecall.Setting
		if json.Unmarshal(data, &s) == nil {
			json.Unmarshal(s.Value, &h) // what is no webhook was changed
		}
		return h
	}
	before, after := read(e.Before), read(e.After)
	switch {
	case verb != "changed":
	case before.Disabled != after.Disabled:
		if verb = "enabled"; after.Disabled {
			verb = "disabled"
		}
	case !before.RotatedAt.Equal(after.RotatedAt):
		return "gave the webhook " + id + " a new secret"
	}
	return verb + " the webhook " + id
}

func forbidden(err error) bool { return errors.Is(err, rolecall.ErrForbidden) }
