package console

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A signInsPage is the log of sign-ins, newest first.
type signInsPage struct {
	*call
	Fields []field
	Events []signInRow
	Next   string // the URL of what is older, "" if there is none
	First  string
	Asked  bool // it is filtered
	Kept   identity.EventKeep
}

// A signInRow is an event as the pages show it.
type signInRow struct {
	Time    time.Time
	Who     named  // without an id if nobody is known
	What    string // signed in, signed out …
	Failure string // "" if it went well
	App     named  // without an id if there was none
	In      string // the tenant's name
	From    string
	Agent   string
	Repeats int64
}

var eventWords = map[identity.EventKind]string{
	identity.EventSignIn: "signed in", identity.EventSession: "signed in, with the browser's login", identity.EventSilent: "signed in silently",
	identity.EventPassword: "password for tokens", identity.EventCode: "code for tokens", identity.EventRefresh: "refreshed tokens",
	identity.EventMachine: "token for a program", identity.EventSignOut: "signed out", identity.EventSignUp: "sign-up",
	identity.EventChange: "change of password", identity.EventConfirm: "password again",
}

func signIns(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	c.Title = "Sign-ins"
	p := &signInsPage{call: c, Fields: []field{
		c.pickField("about", "Who", kindSubject, c.Value("about")),
		{Name: "how", Label: "Which", Type: "select", Options: []option{{"", "All"}, {"failed", "Those that failed"}, {"ok", "Those that did not"}}, Value: c.Value("how")},
		{Name: "from", Label: "From, UTC", Type: "datetime-local", Value: c.Value("from")},
		{Name: "to", Label: "Before, UTC", Type: "datetime-local", Value: c.Value("to")},
	}}
	for _, f := range p.Fields {
		p.Asked = p.Asked || c.Value(f.Name) != ""
	}
	q := identity.EventQuery{Newest: true, Tenant: c.Tenant, Limit: pageSize + 1}
	var err error
	if q.Subject, err = c.auditSubject("about"); err == nil {
		q.From, err = c.moment("from")
	}
	if err == nil {
		q.To, err = c.moment("to")
	}
	if problemField(err) != "" {
		c.Problem, c.status = problemOf(err), 400
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	switch c.Value("how") {
	case "failed":
		q.Failed = new(true)
	case "ok":
		q.Failed = new(false)
	}
	q.After, _ = strconv.ParseInt(c.Value("before"), 10, 64)
	events, err := c.identity.Events(c.ctx, c.by, q)
	if err != nil {
		return nil, err
	}
	here := listing{c: c}
	if len(events) > pageSize {
		events = events[:pageSize]
		p.Next = here.url("before", strconv.FormatInt(events[pageSize-1].ID, 10))
	}
	if q.After > 0 {
		p.First = here.url("before", "")
	}
	p.Kept, _ = c.identity.EventKeep(c.ctx) // what can't be read is told in the server's log
	p.Events, err = c.signInRows(events)
	return p, err
}

// signInRows are events as the pages show them.
func (c *call) signInRows(all []*identity.Event) ([]signInRow, error) {
	var subjects, tenants []string
	for _, e := range all {
		subjects = append(subjects, string(e.Subject), string(e.Client))
		tenants = append(tenants, string(e.Tenant))
	}
	if err := c.learn(kindSubject, subjects...); err != nil {
		return nil, err
	}
	if err := c.learn(rolecall.KindTenant, tenants...); err != nil {
		return nil, err
	}
	rows := make([]signInRow, len(all))
	for i, e := range all {
		r := signInRow{
			Time: e.Time, What: eventWords[e.Kind], Failure: strings.ReplaceAll(string(e.Failure), "_", " "),
			From: e.Address, Agent: e.Agent, Repeats: e.Repeats, Who: named{Label: e.Login},
		}
		if e.Subject != "" {
			r.Who = c.Name(kindSubject, e.Subject)
		}
		if e.Client != "" {
			r.App = c.Name(kindSubject, e.Client)
		}
		if e.Tenant != "" {
			r.In = c.Name(rolecall.KindTenant, e.Tenant).Label
		}
		if e.Failure == identity.FailRefused && e.Detail != "" {
			r.Failure = e.Detail
		}
		rows[i] = r
	}
	return rows, nil
}

// shownSignIns is how many a user's page shows.
const shownSignIns = 8

// lastSignIns are a subject's last, none if the viewer may not read them here.
func (c *call) lastSignIns(id rolecall.SubjectID) ([]signInRow, error) {
	if c.identity == nil {
		return nil, nil
	}
	events, err := c.identity.Events(c.ctx, c.by, identity.EventQuery{Subject: id, Tenant: c.Tenant, Newest: true, Limit: shownSignIns})
	if forbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.signInRows(events)
}

// SignInsOf returns the address of all of a subject's.
func (c *call) SignInsOf(id rolecall.SubjectID) string {
	return c.Link("/audit/sign-ins") + "?" + url.Values{"about": {string(id)}}.Encode()
}

// HasSignIns reports whether there is a log of them.
func (c *call) HasSignIns() bool { return c.identity != nil }
