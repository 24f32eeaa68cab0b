package console

import (
	"fmt"
	"time"

	"github.com/rolecall/rolecall"
)

// An overviewPage is what there is, what changed, and what asks for attention.
type overviewPage struct {
	*call
	Counts   []tally
	Start    *start // nil beyond the first steps
	Findings []finding
	Ending   []ending
	EndingOf int // all that end soon
	Timeline []line
	Denials  []shownDenial
}

// Remembers reports whether denials are remembered and the viewer may see them.
func (p *overviewPage) Remembers() bool { return p.denials != nil && p.May(rolecall.PermissionCheck) }

// A tally is how many there are of something, and the way to them.
type tally struct {
	Label, Count, URL string
}

// A finding is something that asks for attention, with one next step.
type finding struct {
	Look     string // "bad" or "warn" or ""
	Text     string
	Examples []named
	More     int     // that are not among the examples
	Next     control // or, to a page:
	To, At   string  // what it is called and its URL
}

// An ending is an assignment or direct grant that is about to end.
type ending struct {
	rolecall.Ending
	Who  named
	What named
	Next control
}

// endsSoon is what "soon" means.
const endsSoon = 14 * 24 * time.Hour

// maxExamples bounds what a finding names.
const maxExamples = 3

func overview(c *call) (any, error) {
	c.Title = "Overview"
	p := &overviewPage{call: c}
	f := c.rc.Policy().Findings(c.Tenant, c.Now(), c.Now().Add(endsSoon))
	for _, t := range []struct {
		label, path string
		n           int
	}{
		{"Users", "/users", f.Users}, {"Groups", "/groups", f.Groups}, {"Roles", "/roles", f.Roles},
		{"Permissions", "/permissions", f.Permissions}, {"APIs", "/apis", f.APIs}, {"Tenants", "/tenants", f.Tenants},
		{"Applications", "/applications", f.Clients},
	} {
		r := c.findRoute("GET", t.path)
		if r == nil || c.allowed(r) != nil || c.Tenant != "" && (r.at == everywhere || t.path == "/tenants") {
			continue
		}
		p.Counts = append(p.Counts, tally{t.label, number(t.n), c.Link(t.path)})
	}
	start, err := p.begin(f)
	if err != nil {
		return nil, err
	}
	p.Start = start
	if err := p.find(f); err != nil {
		return nil, err
	}
	if err := p.endings(f); err != nil {
		return nil, err
	}
	if err := p.readDenials(); err != nil {
		return nil, err
	}
	p.Timeline, err = c.timeline(rolecall.EntryQuery{}, 10)
	return p, err
}

// find makes sentences of findings.
func (p *overviewPage) find(f rolecall.Findings) error {
	if !p.May("rolecall:roles.read") || !p.May("rolecall:users.read") {
		return nil
	}
	add := func(n int, one finding) {
		if n > 0 {
			one.More = max(0, n-len(one.Examples))
			p.Findings = append(p.Findings, one)
		}
	}
	owner, whose := rolecall.RoleOwner, "project"
	if p.Tenant != "" {
		owner, whose = rolecall.RoleTenantOwner, "tenant"
	}
	assign := p.Do("Add an owner", "/assign", "role", owner)
	switch {
	case f.Owners == 0 && p.Tenant == "":
		add(1, finding{Look: "bad", Text: "Nobody owns the project. Only the command line on its data can change that who may give what they don’t hold.", Next: assign})
	case f.Owners == 1:
		add(1, finding{Look: "warn", Text: "The " + whose + " has one owner. If they leave, nobody can give what they don’t hold.", Next: assign})
	}
	roles := func(ids []rolecall.RoleID) ([]named, error) { return names(p.call, rolecall.KindRole, ids) }

	some, err := roles(f.UnassignedRoles)
	if err != nil {
		return err
	}
	if len(some) > 0 {
		add(f.Unassigned, finding{Text: many(f.Unassigned, "role is", "roles are") + " held by nobody.", Examples: some,
			Next: p.Do("Assign "+short(some[0].Label), "/assign", "role", some[0].ID)})
	}
	if some, err = roles(f.EmptyRoles); err != nil {
		return err
	}
	if len(some) > 0 {
		add(f.Empty, finding{Text: many(f.Empty, "role gives", "roles give") + " nothing.", Examples: some,
			Next: p.Do("Add a permission", "/roles/{id}/grant", some[0].ID)})
	}
	if some, err = names(p.call, rolecall.KindPermission, f.UngrantedPermissions); err != nil {
		return err
	}
	if len(some) > 0 {
		add(f.Ungranted, finding{Text: many(f.Ungranted, "permission is", "permissions are") + " in no role.", Examples: some,
			To: "Open the matrix", At: p.Link("/matrix", "api", some[0].More, "q", some[0].Label)})
	}
	if some, err = names(p.call, kindSubject, f.UsersHoldNothing); err != nil {
		return err
	}
	if len(some) > 0 {
		add(f.HoldNothing, finding{Text: many(f.HoldNothing, "user holds", "users hold") + " no role and no permission.", Examples: some,
			Next: p.Do("Assign a role", "/assign", "id", some[0].ID)})
	}
	return p.alike(f)
}

// alike tells of the first pairs of roles that give nearly the same.
func (p *overviewPage) alike(f rolecall.Findings) error {
	for _, pair := range f.Alike[:min(len(f.Alike), maxExamples)] {
		some, err := names(p.call, rolecall.KindRole, []rolecall.RoleID{pair.A, pair.B})
		if err != nil {
			return err
		}
		text := fmt.Sprintf("Two roles give nearly the same: they share %d of %d permissions.", pair.Both, pair.Both+pair.OnlyA+pair.OnlyB)
		if pair.OnlyA+pair.OnlyB == 0 {
			text = fmt.Sprintf("Two roles give the same %d permissions.", pair.Both)
		}
		p.Findings = append(p.Findings, finding{Text: text, Examples: some, To: "Compare", At: p.Link("/compare", "a", pair.A, "b", pair.B)})
	}
	return nil
}

// names returns the first few records of a kind with ids, by what they are called.
func names[T ~string](c *call, kind rolecall.Kind, ids []T) ([]named, error) {
	var all []named
	var texts []string
	for _, id := range ids[:min(len(ids), maxExamples)] {
		texts = append(texts, string(id))
	}
	err := c.learn(kind, texts...)
	for _, id := range texts {
		all = append(all, c.Name(kind, id))
	}
	return all, err
}

// short cuts a name for a button.
func short(name string) string {
	if runes := []rune(name); len(runes) > 24 {
		return string(runes[:23]) + "…"
	}
	return name
}

func (p *overviewPage) endings(f rolecall.Findings) error {
	if !p.May("rolecall:members.read") {
		return nil
	}
	p.EndingOf = f.Ending
	for _, e := range f.EndingSoon[:min(len(f.EndingSoon), 8)] {
		kind, id := rolecall.KindRole, string(e.Role)
		if e.Role == "" {
			kind, id = rolecall.KindPermission, string(e.Permission)
		}
		if err := firstOf(p.learn(kindSubject, string(e.Subject)), p.learn(kind, id)); err != nil {
			return err
		}
		one := ending{Ending: e, Who: p.Name(kindSubject, e.Subject), What: p.Name(kind, id)}
		one.What.More = ""
		if e.Role != "" {
			one.Next = p.Do("Extend", "/assign", "id", e.Subject, "role", e.Role, "tenant", e.Tenant, "resource", e.Resource)
		}
		p.Ending = append(p.Ending, one)
	}
	return nil
}

// Offers reports whether there is a page that the viewer may see here.
func (c *call) Offers(path string) bool {
	r := c.findRoute("GET", path)
	return r != nil && c.allowed(r) == nil
}
