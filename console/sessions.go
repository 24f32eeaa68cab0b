package console

import (
	"time"

	"github.com/rolecall/rolecall"
)

type sessionsPage struct {
	*call
	List *listing
	Rows []sessionRow
}

// A sessionRow is a session with its active roles.
type sessionRow struct {
	*rolecall.Session
	Who   named
	Of    named // the tenant
	Roles []activeRole
	State string
	Add   control
	End   control
}

// An activeRole is a role that is switched on, and whether it counts now.
type activeRole struct {
	Role named
	End  control
}

func sessions(c *call) (any, error) {
	c.Title = "Sessions"
	p := &sessionsPage{call: c}
	list, records, err := c.page(rolecall.Query{Kind: rolecall.KindSession, Tenant: c.Tenant}, "expires_at", "subject", "created_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	for _, s := range as[*rolecall.Session](records) {
		row, err := c.sessionRow(s)
		if err != nil {
			return nil, err
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

func (c *call) sessionRow(s *rolecall.Session) (sessionRow, error) {
	row := sessionRow{Session: s, State: state(s.Validity, c.Now()), Add: c.Do("Activate", "/sessions/{id}/activate", s.ID), End: c.Do("End", "/sessions/{id}/end", s.ID)}
	if err := firstOf(c.learn(kindSubject, string(s.Subject)), c.learn(rolecall.KindTenant, string(s.Tenant))); err != nil {
		return row, err
	}
	row.Who, row.Of = c.Name(kindSubject, s.Subject), c.Name(rolecall.KindTenant, s.Tenant)
	records, err := c.some(rolecall.Query{Kind: rolecall.KindSessionRole, Tenant: c.Tenant, Where: []rolecall.Condition{rolecall.Where("session", s.ID)}})
	if err != nil {
		return row, err
	}
	roles, err := rolesCalled(c, as[*rolecall.SessionRole](records), func(r *rolecall.SessionRole) rolecall.RoleID { return r.Role })
	for _, r := range roles {
		row.Roles = append(row.Roles, activeRole{r, c.Do("Drop", "/sessions/{id}/drop", s.ID, "role", r.ID)})
	}
	return row, err
}

// rolesCalled returns the roles that records refer to, by name.
func rolesCalled[R any](c *call, records []R, role func(R) rolecall.RoleID) (all []named, err error) {
	var ids []string
	for _, r := range records {
		ids = append(ids, string(role(r)))
	}
	err = c.learn(rolecall.KindRole, ids...)
	for _, id := range ids {
		n := c.Name(rolecall.KindRole, id)
		n.More = ""
		all = append(all, n)
	}
	return all, err
}

func (c *call) session() (*rolecall.Session, error) {
	return look(c, &rolecall.Session{ID: rolecall.SessionID(c.id())})
}

func sessionForm(c *call) (any, error) {
	fields := []field{required(hinted(c.pickField("subject", "Whose", kindSubject, ""), "A user or a client: name, e-mail address or id"))}
	if c.Tenant == "" {
		fields = append(fields, hinted(c.pickField("tenant", "In the tenant", rolecall.KindTenant, ""), "Where its roles are held; empty is outside of all"))
	}
	return c.form("New session", "Open", append(fields,
		field{Name: "roles", Label: "Roles to switch on", Type: "area", Max: 100_000, Hint: "That its subject holds there, by name or id, one in a line"},
		required(field{Name: "expires_at", Label: "Until", Type: "datetime-local", Hint: "UTC", Value: c.Now().Add(8 * time.Hour).UTC().Format("2006-01-02T15:04")}),
	)...), nil
}

func createSession(c *call) (*change, error) {
	s := &rolecall.Session{ID: rolecall.SessionID(rolecall.NewID("ses")), Tenant: c.Tenant}
	who, err := c.resolve("subject", kindSubject, c.Value("subject"))
	if err != nil {
		return nil, err
	}
	s.Subject = rolecall.SubjectID(who.ID)
	if name := c.Value("tenant"); name != "" && c.Tenant == "" {
		t, err := c.resolve("tenant", rolecall.KindTenant, name)
		if err != nil {
			return nil, err
		}
		s.Tenant = rolecall.TenantID(t.ID)
	}
	if s.ExpiresAt, err = c.moment("expires_at"); err != nil {
		return nil, err
	}
	m := &change{quiet: true, steps: steps{create(s)}, then: c.Link("/sessions"), said: "The session " + string(s.ID) + " of " + who.Label + " is open."}
	for _, name := range linesOf(c.Value("roles")) {
		r, err := c.resolve("roles", rolecall.KindRole, name)
		if err != nil {
			return nil, err
		}
		m.steps = append(m.steps, put(&rolecall.SessionRole{Session: s.ID, Role: rolecall.RoleID(r.ID)}))
	}
	return m, nil
}

func activateForm(c *call) (any, error) {
	if _, err := c.session(); err != nil {
		return nil, err
	}
	return c.form("Activate a role", "Activate", required(hinted(c.pickField("role", "Role", rolecall.KindRole, ""), "That the session’s subject holds there, by name or id"))), nil
}

func activate(c *call) (*change, error) {
	s, err := c.session()
	if err != nil {
		return nil, err
	}
	r, err := c.resolve("role", rolecall.KindRole, c.Value("role"))
	if err != nil {
		return nil, err
	}
	return &change{
		quiet: true, steps: steps{put(&rolecall.SessionRole{Session: s.ID, Role: rolecall.RoleID(r.ID)})},
		then: c.Link("/sessions"), said: r.Label + " is active in the session now.",
	}, nil
}

func dropRole(c *call) (*change, error) {
	s, err := c.session()
	if err != nil {
		return nil, err
	}
	return &change{
		quiet: true, steps: steps{remove(&rolecall.SessionRole{Session: s.ID, Role: rolecall.RoleID(c.Value("role"))})},
		then: c.Link("/sessions"), said: "The role is not active in the session any more.",
	}, nil
}

func endSession(c *call) (*change, error) {
	s, err := c.session()
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "End the session?", Text: "What asks with it is denied from then on.", Verb: "End it", Danger: true,
		steps: steps{remove(s)}, then: c.Link("/sessions"), said: "The session has ended.",
	}, nil
}
