package console

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/webhook"
)

// A line is a journal entry as a sentence: By, Text, About if the sentence has
// whom it concerns, and Rest.
type line struct {
	Time   time.Time
	By     named
	Text   string
	About  named
	Rest   string
	For    named // whom it concerns, if the sentence does not say so
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
	var subjects []string
	for _, e := range entries {
		subjects = append(subjects, string(e.Actor), string(e.Subject))
	}
	if err := c.learn(kindSubject, subjects...); err != nil {
		return nil, err
	}
	all := make([]line, len(entries))
	for i, e := range entries {
		all[i] = c.line(e, q.Subject)
	}
	return all, nil
}

// line is an entry as a sentence, on a page about somebody or about nobody: whom it
// concerns is named if that is anybody else.
func (c *call) line(e *rolecall.Entry, page rolecall.SubjectID) line {
	l := line{Time: e.Time, By: c.Name(kindSubject, e.Actor), Reason: e.Reason, Door: e.Door}
	other := e.Subject != "" && e.Subject != page
	l.Text, l.Rest = c.told(e, other)
	if other {
		who := c.Name(kindSubject, e.Subject)
		who.More = ""
		if l.Rest != "" {
			l.About = who
		} else if e.Kind != rolecall.KindUser && e.Kind != rolecall.KindClient && e.Kind != rolecall.KindGroup { // whose name the sentence has
			l.For = who
		}
	}
	return l
}

// told is what an entry says was done, without who did it. With a place for whom it
// concerns it is in two parts, which that stands between; rest is "" where it has none.
func (c *call) told(e *rolecall.Entry, place bool) (text, rest string) {
	verb, data := "changed", e.After
	switch {
	case e.Before == nil:
		verb = "created"
	case e.After == nil:
		verb, data = "deleted", e.Before
	}
	record := rolecall.NewRecord(e.Kind)
	if record == nil || json.Unmarshal(data, record) != nil {
		return verb + " " + kindName(e.Kind), ""
	}
	by := func(created, deleted, changed string) string {
		return map[string]string{"created": created, "deleted": deleted, "changed": changed}[verb]
	}
	gave := by("gave", "took away", "changed")
	if place {
		gave = by("gave", "took from", "changed for")
	}
	switch r := record.(type) {
	case *rolecall.Assignment:
		text, rest = gave, "the role "+c.called(rolecall.KindRole, r.Role)+" "+c.in(r.Scope)
	case *rolecall.DirectGrant:
		text, rest = gave, "the permission "+c.called(rolecall.KindPermission, r.Permission)+" "+c.in(r.Scope)
	case *rolecall.Membership:
		text, rest = by("added", "removed", "changed"), by("to", "from", "in")+" the tenant "+c.called(rolecall.KindTenant, r.Tenant)
	case *rolecall.GroupMember:
		text, rest = by("added", "removed", "changed"), by("to", "from", "in")+" the group "+c.called(rolecall.KindGroup, r.Group)
	default:
		return c.toldOf(record, verb, by, e), ""
	}
	if !place {
		text, rest = text+" "+rest, ""
	}
	return text, rest
}

// toldOf is told for what concerns nobody, or somebody who has no place in the sentence.
func (c *call) toldOf(record rolecall.Record, verb string, by func(created, deleted, changed string) string, e *rolecall.Entry) string {
	switch r := record.(type) {
	case *rolecall.Grant:
		return by("gave", "took from", "changed for") + " the role " + c.called(rolecall.KindRole, r.Role) + " the permission " + c.called(rolecall.KindPermission, r.Permission)
	case *rolecall.Inheritance:
		return by("let", "no longer lets", "changed") + " the role " + c.called(rolecall.KindRole, r.Senior) + " inherit from " + c.called(rolecall.KindRole, r.Junior)
	case *rolecall.ConstraintRole:
		return by("added", "removed", "changed") + " the role " + c.called(rolecall.KindRole, r.Role) + by(" to", " from", " of") + " the constraint " + c.called(rolecall.KindConstraint, r.Constraint)
	case *rolecall.SessionRole:
		return by("activated", "dropped", "changed") + " the role " + c.called(rolecall.KindRole, r.Role) + " in a session"
	case *rolecall.Invitation:
		return verb + " the invitation of " + r.Email
	case *rolecall.InvitationRole:
		return by("put", "took", "changed") + " the role " + c.called(rolecall.KindRole, r.Role) + by(" into", " out of", " of") + " an invitation"
	case *rolecall.Credential:
		return verb + map[rolecall.CredentialType]string{rolecall.Password: " the password", rolecall.AccessKey: " the access key ", rolecall.ClientSecret: " the client secret "}[r.Type] + r.Name
	case *rolecall.Setting:
		if id, ok := strings.CutPrefix(r.Name, hookSetting); ok {
			return c.toldOfHook(verb, id, e)
		}
	case *rolecall.User:
		var before rolecall.User
		if verb == "changed" && json.Unmarshal(e.Before, &before) == nil && before.Blocked != r.Blocked {
			if verb = "unblocked"; r.Blocked {
				verb = "blocked"
			}
		}
	}
	return verb + " the " + kindName(e.Kind) + " " + nameOf(record).Label
}

// called is what a record is called, by its id.
func (c *call) called(kind rolecall.Kind, id any) string {
	c.learn(kind, text(id))
	return c.Name(kind, id).Label
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
