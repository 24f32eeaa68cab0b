package descope

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// An audit is a journal entry as this API shows it, or an event that an
// application reported.
type audit struct {
	ProjectID     string         `json:"projectId"`
	UserID        string         `json:"userId"`
	Action        string         `json:"action"`
	Type          string         `json:"type"` // info, warn or error
	ActorID       string         `json:"actorId"`
	Occurred      string         `json:"occurred"` // Unix milliseconds
	Device        string         `json:"device"`
	Method        string         `json:"method"` // the door by which it was done
	Geo           string         `json:"geo"`
	RemoteAddress string         `json:"remoteAddress"`
	ExternalIDs   []string       `json:"externalIds"` // the user's login ids
	Tenants       []string       `json:"tenants"`
	Data          map[string]any `json:"data"`
}

// An event is what an application reports. It is journalled as a setting that
// is made and removed at once: the journal holds changes of records alone.
type event struct {
	Action   string             `json:"action"`
	Type     string             `json:"type"`
	ActorID  string             `json:"actorId"`
	TenantID rolecall.TenantID  `json:"tenantId"`
	UserID   rolecall.SubjectID `json:"userId"`
	Data     customAttributes   `json:"data"`
}

const eventPrefix = "audit-event:"

// createEvent serves POST /v1/mgmt/audit/event.
func (c *call) createEvent(in *event) (none, error) {
	for name, value := range map[string]string{"action": in.Action, "type": in.Type, "actorId": in.ActorID, "tenantId": string(in.TenantID)} {
		if err := required(name, value); err != nil {
			return none{}, err
		}
	}
	if !slices.Contains([]string{"info", "warn", "error"}, in.Type) {
		return none{}, invalidRequest.because("type must be info, warn or error")
	}
	return c.do(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if _, err := findTenant(ctx, v, in.TenantID); err != nil {
			return nil, err
		}
		value, err := json.Marshal(in)
		s := &rolecall.Setting{Name: eventPrefix + rolecall.RandomText(20), Value: value}
		return []rolecall.Op{rolecall.Create(s), rolecall.Delete(s)}, err
	}))
}

// An auditSearch selects audits. All filters that are given must hold; of the
// values of one filter, any. Times are Unix milliseconds, and none if negative.
type auditSearch struct {
	UserIDs         []string `json:"userIds"`
	ActorIDs        []string `json:"actorIds"`
	Actions         []string `json:"actions"`
	ExcludedActions []string `json:"excludedActions"`
	From            int64    `json:"from"`
	To              int64    `json:"to"`
	Devices         []string `json:"devices"`
	Methods         []string `json:"methods"`
	Geos            []string `json:"geos"`
	RemoteAddresses []string `json:"remoteAddresses"`
	ExternalIDs     []string `json:"externalIds"`
	Tenants         []string `json:"tenants"`
	NoTenants       bool     `json:"noTenants"`
	Text            string   `json:"text"`
	Size            int64    `json:"size"`
	Page            int64    `json:"page"` // from 0
}

const defaultAuditSize = 100

// searchAudit serves POST /v1/mgmt/audit/search, the newest first.
func (c *call) searchAudit(in *auditSearch) (reply struct {
	Audits []audit `json:"audits"`
	Total  int     `json:"total"`
}, err error) {
	reply.Audits = []audit{}
	size := in.Size
	switch {
	case size < 0 || in.Page < 0:
		return reply, invalidRequest.because("size and page must not be negative")
	case size == 0:
		size = defaultAuditSize
	}
	if len(in.ExternalIDs) > 0 {
		if err := in.resolve(c); err != nil {
			return reply, err
		}
	}
	err = c.entries(in, func(a audit) {
		if !in.match(a) {
			return
		}
		if at := int64(reply.Total); at/size == in.Page {
			reply.Audits = append(reply.Audits, a)
		}
		reply.Total++
	})
	if err == nil {
		err = c.nameUsers(reply.Audits)
	}
	return reply, err
}

// resolve turns login ids into user ids.
func (in *auditSearch) resolve(c *call) error {
	return c.view(func(ctx context.Context, v *rolecall.View) error {
		logins, err := related[*rolecall.LoginID](ctx, v, rolecall.KindLoginID, "login", normal(in.ExternalIDs...))
		of := []string{""} // which no user has
		for _, l := range logins {
			if len(in.UserIDs) == 0 || slices.Contains(in.UserIDs, string(l.Subject)) {
				of = append(of, string(l.Subject))
			}
		}
		in.UserIDs = of
		return err
	})
}

// entries calls visit with the journal's entries in in's time, newest first.
func (c *call) entries(in *auditSearch, visit func(audit)) error {
	q := rolecall.EntryQuery{Newest: true, Limit: rolecall.MaxPage}
	if in.From > 0 {
		q.From = time.UnixMilli(in.From)
	}
	if in.To > 0 {
		q.To = time.UnixMilli(in.To)
	}
	for {
		found, err := c.rc.Audit(c.r.Context(), c.by, q)
		if err != nil {
			return err
		}
		for _, e := range found {
			if a, ok := c.audit(e); ok {
				visit(a)
			}
		}
		if len(found) < q.Limit {
			return nil
		}
		q.After = found[len(found)-1].Seq
	}
}

// audit returns an entry as this API shows it. The removal of an event's
// setting is no audit.
func (c *call) audit(e *rolecall.Entry) (a audit, ok bool) {
	a = audit{
		ProjectID: c.rc.Project(), UserID: string(e.Subject), ActorID: string(e.Actor), Type: "info", Method: e.Door,
		Occurred: strconv.FormatInt(e.Time.UnixMilli(), 10), ExternalIDs: []string{}, Tenants: []string{}, Data: map[string]any{},
	}
	if e.Tenant != "" {
		a.Tenants = []string{string(e.Tenant)}
	}
	if e.Kind == rolecall.KindSetting && strings.HasPrefix(e.Key, eventPrefix) {
		return reported(a, e)
	}
	a.Action = action(e)
	for name, value := range map[string]string{"kind": string(e.Kind), "key": e.Key, "reason": e.Reason, "requestId": e.RequestID} {
		if value != "" {
			a.Data[name] = value
		}
	}
	if len(e.Before) > 0 {
		a.Data["before"] = e.Before
	}
	if len(e.After) > 0 {
		a.Data["after"] = e.After
	}
	a.Data["revision"] = e.Revision
	return a, true
}

// reported fills a in with the event that e's setting holds.
func reported(a audit, e *rolecall.Entry) (audit, bool) {
	var s rolecall.Setting
	var said event
	if json.Unmarshal(e.After, &s) != nil || json.Unmarshal(s.Value, &said) != nil {
		return a, false
	}
	a.Action, a.Type, a.ActorID, a.UserID = said.Action, said.Type, said.ActorID, string(said.UserID)
	a.Tenants = []string{string(said.TenantID)}
	for name, value := range said.Data.set() {
		a.Data[name] = value
	}
	return a, true
}

// action names what an entry is about: "RoleCreated", "GroupMemberDeleted".
func action(e *rolecall.Entry) string {
	var name string
	for word := range strings.SplitSeq(string(e.Kind), "_") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	switch {
	case len(e.Before) == 0:
		return name + "Created"
	case len(e.After) == 0:
		return name + "Deleted"
	}
	return name + "Updated"
}

func (in *auditSearch) match(a audit) bool {
	for _, f := range []struct{ wanted, has []string }{
		{in.UserIDs, []string{a.UserID}}, {in.ActorIDs, []string{a.ActorID}}, {in.Actions, []string{a.Action}},
		{in.Devices, []string{a.Device}}, {in.Methods, []string{a.Method}}, {in.Geos, []string{a.Geo}},
		{in.RemoteAddresses, []string{a.RemoteAddress}}, {in.Tenants, a.Tenants},
	} {
		if len(f.wanted) > 0 && !overlap(f.wanted, f.has) {
			return false
		}
	}
	if slices.Contains(in.ExcludedActions, a.Action) || in.NoTenants && len(a.Tenants) > 0 {
		return false
	}
	if in.Text == "" {
		return true
	}
	said, _ := json.Marshal(a) // it is about to be answered
	return strings.Contains(strings.ToLower(string(said)), strings.ToLower(in.Text))
}

// nameUsers fills in the login ids that users have now.
func (c *call) nameUsers(audits []audit) error {
	ids := make([]string, 0, len(audits))
	for _, a := range audits {
		ids = append(ids, a.UserID)
	}
	slices.Sort(ids)
	return c.view(func(ctx context.Context, v *rolecall.View) error {
		logins, err := related[*rolecall.LoginID](ctx, v, rolecall.KindLoginID, "subject", slices.Compact(ids))
		for i := range audits {
			for _, l := range logins {
				if string(l.Subject) == audits[i].UserID {
					audits[i].ExternalIDs = append(audits[i].ExternalIDs, l.Login)
				}
			}
		}
		return err
	})
}
