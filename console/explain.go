package console

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/rolecall/rolecall"
)

// A question is what the pages that ask the policy are asked, as their URL says it.
type question struct {
	*call
	Fields []field
	Asked  bool

	subject, permission, tenant named
	identifier                  string // of the permission's API
}

// ask reads a question from the URL, and its form. needs are the fields that a
// question must have; without them nothing is asked yet. What the URL says
// wrong is c.Problem.
func (c *call) question(needs ...string) (*question, error) {
	q := &question{call: c, Asked: true}
	for _, name := range needs {
		q.Asked = q.Asked && c.Value(name) != ""
	}
	err := q.read(needs)
	if field := problemField(err); field != "" {
		c.Problem, c.status, q.Asked = problemOf(err), 400, false
		err = nil
	}
	for i := range q.Fields {
		q.Fields[i].Wrong = c.Problem != nil && c.Problem.Field == q.Fields[i].Name
	}
	return q, err
}

func problemField(err error) string {
	if err == nil {
		return ""
	}
	return problemOf(err).Field
}

func (q *question) read(needs []string) error {
	c := q.call
	all := []field{c.pickField("subject", "Who", kindSubject, c.Value("subject")), c.pickField("permission", "Permission", rolecall.KindPermission, c.Value("permission"))}
	for _, f := range all {
		if slices.Contains(needs, f.Name) {
			q.Fields = append(q.Fields, required(f))
		}
	}
	if c.Tenant == "" {
		q.Fields = append(q.Fields, c.pickField("tenant", "In the tenant", rolecall.KindTenant, c.Value("tenant")))
	}
	q.Fields = append(q.Fields, field{Name: "resource", Label: "On the resource", Value: c.Value("resource"), Max: rolecall.MaxResourceBytes})

	q.tenant = named{ID: string(c.Tenant)}
	if text := c.Value("tenant"); text != "" && c.Tenant == "" {
		found, err := c.resolve("tenant", rolecall.KindTenant, text)
		if err != nil {
			return err
		}
		q.tenant = found
	}
	if text := c.Value("subject"); text != "" && slices.Contains(needs, "subject") {
		found, err := c.resolve("subject", kindSubject, text)
		if err != nil {
			return err
		}
		q.subject = found
	}
	if text := c.Value("permission"); text != "" && slices.Contains(needs, "permission") {
		found, err := c.resolve("permission", rolecall.KindPermission, text)
		if err != nil {
			return err
		}
		api, err := rolecall.Find(c.ctx, c.rc, reader, &rolecall.API{ID: rolecall.APIID(found.More)})
		if err != nil {
			return err
		}
		q.permission, q.identifier = found, api.Identifier
	}
	return nil
}

// request is the question as the policy takes it.
func (q *question) request() rolecall.Request {
	return rolecall.Request{
		Subject: rolecall.SubjectID(q.subject.ID), Permission: q.permission.Label, API: q.identifier, Tenant: rolecall.TenantID(q.tenant.ID),
		Resource: q.Value("resource"), Session: rolecall.SessionID(q.Value("session")),
	}
}

// Subject, Permission and Place are what is asked about, by name.
func (q *question) Subject() named { return q.subject }
func (q *question) Permission() named {
	return named{Kind: q.permission.Kind, ID: q.permission.ID, Label: q.permission.Label}
}

// Place is where the question is about, as the end of a sentence.
func (q *question) Place() string {
	text := "outside any tenant"
	if q.tenant.ID != "" {
		text = "in the tenant " + cmp.Or(q.tenant.Label, q.ScopeName())
	}
	if r := q.Value("resource"); r != "" {
		text += ", on " + r
	}
	return text
}

// link is the URL of another page with the same question, where that has the
// fields for it.
func (q *question) link(path string, pairs ...any) string {
	for _, name := range []string{"tenant", "resource"} {
		pairs = append(pairs, name, q.Value(name))
	}
	return q.Link(path, pairs...)
}

// Explain, WhoCan and WhatCan lead from one page to the others.
func (q *question) Explain() string {
	return q.link("/explain", "subject", q.Value("subject"), "permission", q.Value("permission"))
}
func (q *question) WhoCan() string  { return q.link("/who-can", "permission", q.Value("permission")) }
func (q *question) WhatCan() string { return q.link("/what-can", "subject", q.Value("subject")) }

// On reports whether a path is that of the page.
func (q *question) On(path string) bool { return q.path == path }

// An explainPage says why somebody may do something or may not.
type explainPage struct {
	*question
	Answer  *rolecall.Explanation // nil if nothing was asked
	Why     string
	Ways    []way
	Near    []way
	Giving  []giver
	GivenBy int // all roles that would give it
	Givers  []named
	Graph   string
	Copies  []snippet
}

// A way is a path of an answer.
type way struct {
	Steps []stepped
	rolecall.Scope
	rolecall.Validity
	State  string
	Blocks string // what keeps it from granting
}

// A stepped is a step, by name.
type stepped struct {
	Of   named
	Sort string // user, group, role or permission
}

// A giver is a role that would give what is missing.
type giver struct {
	Role  named
	Gives int // permissions in all
	Do    control
}

const maxGiving = 8

func explain(c *call) (any, error) {
	c.Title = "Explain"
	q, err := c.question("subject", "permission")
	if err != nil {
		return nil, err
	}
	q.Fields = append(q.Fields, field{Name: "session", Label: "In the session", Value: c.Value("session"), Max: rolecall.MaxIDBytes})
	p := &explainPage{question: q}
	if !q.Asked {
		return p, nil
	}
	answer, err := c.rc.Explain(c.ctx, c.by, q.request())
	if err != nil {
		return nil, err
	}
	p.Answer, p.Why = &answer, because(answer)
	for _, path := range answer.Paths {
		one, err := c.way(path, "")
		if err != nil {
			return nil, err
		}
		p.Ways = append(p.Ways, one)
	}
	for _, n := range answer.Near {
		if c.Tenant != "" && n.Tenant != "" && n.Tenant != c.Tenant { // what is held in other tenants is not this one's business
			continue
		}
		one, err := c.way(n.Path, n.Blocks)
		if err != nil {
			return nil, err
		}
		p.Near = append(p.Near, one)
	}
	if err := p.missing(); err != nil {
		return nil, err
	}
	p.Graph = q.link("/graph", "subject", q.subject.ID, "permission", q.permission.ID)
	r := q.request()
	command := flag(inPlace([]string{"explain", r.Permission, "--as", string(r.Subject)}, r.API, r.Tenant, r.Resource), "session", string(r.Session))
	p.Copies = c.asking("explain", r, command, "answer, err := rc.Explain(ctx, by, %s)")
	return p, nil
}

// because says an answer's reason to people.
func because(e rolecall.Explanation) string {
	switch e.Reason {
	case rolecall.Granted:
		return many(len(e.Paths), "way grants it", "ways grant it")
	case rolecall.Blocked:
		return "the subject is blocked"
	case rolecall.UnknownSession:
		return "there is no such session of the subject now"
	case rolecall.NotGranted:
		return "nothing that the subject holds gives it here"
	}
	return sentence(string(e.Reason))
}

// obstacles says what keeps a path from granting.
var obstacles = map[rolecall.Obstacle]string{
	rolecall.SubjectBlocked: "but the subject is blocked", rolecall.Expired: "but it has ended", rolecall.NotStarted: "but it has not begun",
	rolecall.OtherTenant: "but only there", rolecall.OtherResource: "but only on that resource", rolecall.NotActive: "but no role on it is active in the session",
}

func (c *call) way(path rolecall.Path, blocks rolecall.Obstacle) (way, error) {
	w := way{Scope: path.Scope, Validity: path.Validity, State: state(path.Validity, c.Now()), Blocks: obstacles[blocks]}
	for _, s := range path.Steps {
		one := stepped{Of: named{Kind: s.Kind, ID: s.ID, Label: cmp.Or(s.Name, s.ID)}, Sort: string(s.Kind)}
		if s.Kind == rolecall.KindUser || s.Kind == rolecall.KindClient {
			if err := c.learn(kindSubject, s.ID); err != nil {
				return w, err
			}
			one.Of = c.Name(kindSubject, s.ID)
			one.Of.More = ""
		}
		w.Steps = append(w.Steps, one)
	}
	return w, nil
}

// missing says, of what is denied, which roles would give it, those first that
// give little else, and who could assign them.
func (p *explainPage) missing() error {
	if p.Answer.Allowed || len(p.Answer.GivenBy) == 0 {
		return nil
	}
	policy := p.rc.Policy()
	ids := slices.Clone(p.Answer.GivenBy)
	slices.SortStableFunc(ids, func(a, b rolecall.RoleID) int { return cmp.Compare(policy.Gives(a), policy.Gives(b)) })
	p.GivenBy = len(ids)
	for _, id := range ids[:min(len(ids), maxGiving)] {
		if err := p.learn(rolecall.KindRole, string(id)); err != nil {
			return err
		}
		p.Giving = append(p.Giving, giver{p.Name(rolecall.KindRole, id), policy.Gives(id),
			p.Do("Assign", "/assign", "id", p.subject.ID, "role", id, "tenant", p.tenant.ID, "resource", p.Value("resource"))})
	}
	var err error
	p.Givers, err = p.givers()
	return err
}

// givers returns the first few who may assign roles here, and hold what is asked
// or may give what they don't hold.
func (p *explainPage) givers() (all []named, err error) {
	in := rolecall.TenantID(p.tenant.ID)
	who, _, _, err := p.rc.WhoCan(p.ctx, p.by, rolecall.WhoCanQuery{
		Permission: "rolecall:members.write", API: string(rolecall.AdminAPI), Tenant: in, Kind: rolecall.KindUser, Limit: 50,
	})
	if err != nil {
		return nil, err
	}
	policy, now := p.rc.Policy(), p.Now() // not the Service: nobody asked for these people, who would count as denied
	for _, id := range who {
		if !policy.Decide(rolecall.Request{Subject: id, Permission: p.permission.Label, API: p.identifier, Tenant: in}, now).Allowed &&
			!policy.Decide(rolecall.Request{Subject: id, Permission: rolecall.PermissionEscalate, API: string(rolecall.AdminAPI), Tenant: in}, now).Allowed {
			continue
		}
		if err := p.learn(kindSubject, string(id)); err != nil {
			return nil, err
		}
		if all = append(all, p.Name(kindSubject, id)); len(all) == 5 {
			break
		}
	}
	return all, nil
}

// asking returns the ways to ask elsewhere what a page asks. words are the command
// and what it takes before its options; none where there is no such command.
func (c *call) asking(path string, body any, words []string, code string) (made []snippet) {
	if c.server != "" {
		made = append(made, snippet{"curl", c.curl("POST", "/api/v1/"+path, body)})
	}
	if words != nil {
		made = append(made, snippet{"CLI", commandLine(words)})
	}
	return append(made, snippet{"Go", fmt.Sprintf(code, goStruct(body))})
}

// inPlace adds to a command the options that say where a question is about.
func inPlace(words []string, api string, in rolecall.TenantID, resource string) []string {
	if api == string(rolecall.DefaultAPI) {
		api = ""
	}
	return flag(flag(flag(words, "api", api), "tenant", string(in)), "resource", resource)
}
