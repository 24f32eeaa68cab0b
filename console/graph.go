package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// draw makes a path of a route: curves between layers, straight lines through.
func (e *arc) draw(route []*node) {
	var d strings.Builder
	mid := func(n *node) int { return n.Y + nodeHeight/2 }
	fmt.Fprintf(&d, "M%d %d", route[0].X+route[0].W, mid(route[0]))
	for i := 1; i < len(route); i++ {
		from, to := route[i-1], route[i]
		start, end := from.X+from.W, to.X
		fmt.Fprintf(&d, "C%d %d %d %d %d %d", (start+end)/2, mid(from), (start+end)/2, mid(to), end, mid(to))
		if to.joint {
			fmt.Fprintf(&d, "H%d", to.X+to.W)
		}
	}
	e.D = d.String()
}

// A graphPage draws how somebody comes by what it may do, or which role
// inherits from which.
type graphPage struct {
	*question
	Drawn   *diagram
	List    []listed // the same in words
	Left    int      // nodes that were left out
	Of      string   // what is drawn
	Subject bool     // somebody's, and not the roles
	Role    string   // the one whose surroundings are drawn
	Lead    string   // in words, what the marked ways are
	Roles   []option
}

// A listed is a node and where its edges lead.
type listed struct {
	From *node
	To   []*node
}

// Bounds of a diagram.
const (
	maxNodes     = 150
	maxSeparate  = 24 // permissions that are drawn one by one
	maxFromRoles = 4
)

func graph(c *call) (any, error) {
	c.Title = "Graph"
	q, err := c.question("subject")
	if err != nil {
		return nil, err
	}
	q.Fields = slices.DeleteFunc(q.Fields, func(f field) bool { return f.Name == "resource" })
	mark := c.pickField("permission", "Mark the ways to", rolecall.KindPermission, c.Value("permission"))
	for i := range q.Fields {
		q.Fields[i].Required = false // without somebody, the roles are drawn
	}
	q.Fields = append(q.Fields, mark, c.pickField("role", "Or the role", rolecall.KindRole, c.Value("role")))
	p := &graphPage{question: q, Drawn: newDiagram()}
	switch {
	case c.Problem != nil:
		return p, nil
	case q.Asked:
		err = p.ofSubject()
	default:
		err = p.ofRoles()
	}
	if field := problemField(err); field != "" {
		c.Problem, c.status = problemOf(err), http.StatusBadRequest
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.Drawn.layOut()
	p.words()
	return p, nil
}

// words makes the list that says what is drawn.
func (p *graphPage) words() {
	for _, n := range p.Drawn.Nodes {
		if n.Kind != "" {
			n.To = p.To(n.named)
		}
		one := listed{From: n}
		for _, e := range p.Drawn.Edges {
			if e.From == n {
				one.To = append(one.To, e.To)
			}
		}
		if len(one.To) > 0 || len(p.Drawn.Nodes) == 1 {
			p.List = append(p.List, one)
		}
	}
}

// ofSubject draws every way by which somebody holds something here.
func (p *graphPage) ofSubject() error {
	subject, tenant := rolecall.SubjectID(p.subject.ID), rolecall.TenantID(p.tenant.ID)
	p.Of, p.Subject = "What "+p.subject.Label+" holds "+p.Place()+", and by which way", true
	roles, _, err := p.rc.EffectiveRoles(p.ctx, p.by, subject, rolecall.Scope{Tenant: tenant})
	if err != nil {
		return err
	}
	can, next, _, err := p.rc.WhatCan(p.ctx, p.by, rolecall.WhatCanQuery{Subject: subject, Tenant: tenant, Limit: rolecall.MaxPage})
	if err != nil {
		return err
	}
	marked, err := p.marked()
	if err != nil {
		return err
	}
	p.Drawn.add("subject", p.subject, string(p.subject.Kind))
	for _, r := range roles {
		for _, path := range r.Paths {
			p.walk(path.Steps)
		}
	}
	p.permissions(can, marked)
	if next != (rolecall.PermissionRef{}) {
		p.Left++
	}
	return nil
}

// walk adds the steps of a path, and returns the last.
func (p *graphPage) walk(steps []rolecall.Step) *node {
	at := p.Drawn.byKey["subject"]
	for _, s := range steps {
		if s.ID == p.subject.ID && (s.Kind == rolecall.KindUser || s.Kind == rolecall.KindClient || s.Kind == rolecall.KindGroup) {
			continue
		}
		key := string(s.Kind) + "\t" + s.ID
		if p.Drawn.byKey[key] == nil && len(p.Drawn.Nodes) >= maxNodes {
			p.Left++
			return nil
		}
		label := s.Name
		if label == "" {
			label = s.ID
		}
		to := p.Drawn.add(key, named{Kind: s.Kind, ID: s.ID, Label: label}, string(s.Kind))
		p.Drawn.connect(at, to)
		at = to
	}
	return at
}

// permissions adds permissions at the ends of their ways: one by one if they
// are few, else those together that come by the same roles. Marked ones are
// always by themselves.
func (p *graphPage) permissions(can []rolecall.EffectivePermission, marked rolecall.PermissionID) {
	type bundle struct {
		from []*node
		of   []rolecall.EffectivePermission
	}
	bundles, order := map[string]*bundle{}, []string(nil)
	for _, one := range can {
		var from []*node
		for _, path := range one.Paths {
			end := p.walk(path.Steps[:len(path.Steps)-1])
			if end != nil && !slices.Contains(from, end) {
				from = append(from, end)
			}
		}
		var key strings.Builder
		for _, n := range from {
			key.WriteString(n.key + "\n")
		}
		if one.ID == marked || len(can) <= maxSeparate {
			key.WriteString(string(one.ID))
		}
		if bundles[key.String()] == nil {
			bundles[key.String()] = &bundle{from: from}
			order = append(order, key.String())
		}
		bundles[key.String()].of = append(bundles[key.String()].of, one)
	}
	for _, key := range order {
		b := bundles[key]
		first := b.of[0]
		n := named{Kind: rolecall.KindPermission, ID: string(first.ID), Label: first.Name}
		sort := "permission"
		if len(b.of) > 1 {
			n, sort = named{Label: first.Name}, many(len(b.of), "permission", "permissions")
			n.Label += fmt.Sprintf(" +%d", len(b.of)-1)
		}
		if len(p.Drawn.Nodes) >= maxNodes && first.ID != marked {
			p.Left++
			continue
		}
		to := p.Drawn.add("permission\t"+key, n, sort)
		for _, from := range b.from {
			p.Drawn.connect(from, to)
		}
		if first.ID == marked && marked != "" {
			p.mark(to)
		}
	}
}

// mark marks a node and all ways that lead to it.
func (p *graphPage) mark(n *node) {
	n.Mark = true
	for _, e := range p.Drawn.Edges {
		if e.To == n {
			e.Mark = true
			if !e.From.Mark {
				p.mark(e.From)
			}
		}
	}
}

// marked returns the permission whose ways are marked.
func (p *graphPage) marked() (rolecall.PermissionID, error) {
	text := p.Value("permission")
	if text == "" {
		return "", nil
	}
	found, err := p.resolve("permission", rolecall.KindPermission, text)
	p.Lead = "The ways to " + found.Label + " are marked."
	return rolecall.PermissionID(found.ID), err
}

// ofRoles draws which role inherits from which: around one, or all.
func (p *graphPage) ofRoles() error {
	if !p.May("rolecall:roles.read") {
		return &rolecall.FieldError{Field: "subject", Rule: "is required: to see how roles inherit needs the permission rolecall:roles.read", Kind: rolecall.ErrInvalid}
	}
	h, err := p.hierarchy()
	if err != nil {
		return err
	}
	p.Of = "Which role inherits from which"
	var chosen []rolecall.RoleID
	if text := p.Value("role"); text != "" {
		found, err := p.resolve("role", rolecall.KindRole, text)
		if err != nil {
			return err
		}
		id := rolecall.RoleID(found.ID)
		p.Of = "What " + found.Label + " inherits from, and what inherits from it"
		chosen = append(append([]rolecall.RoleID{id}, h.below(id)...), h.above(id)...)
		if err := p.learn(rolecall.KindRole, found.ID); err != nil {
			return err
		}
		p.Role = found.ID
	} else {
		for id := range h.juniors {
			chosen = append(chosen, id)
		}
		for id := range h.seniors {
			chosen = append(chosen, id)
		}
	}
	slices.SortFunc(chosen, func(a, b rolecall.RoleID) int {
		return strings.Compare(p.Name(rolecall.KindRole, a).Label, p.Name(rolecall.KindRole, b).Label)
	})
	chosen = slices.Compact(chosen)
	if len(chosen) > maxNodes {
		p.Left, chosen = len(chosen)-maxNodes, chosen[:maxNodes]
	}
	for _, id := range chosen {
		n := p.Drawn.add(string(id), p.Name(rolecall.KindRole, id), "role")
		n.More, n.Mark = "", string(id) == p.Role
	}
	for _, id := range chosen {
		for _, junior := range h.juniors[id] {
			if to := p.Drawn.byKey[string(junior)]; to != nil {
				p.Drawn.connect(p.Drawn.byKey[string(id)], to)
			}
		}
	}
	return nil
}
