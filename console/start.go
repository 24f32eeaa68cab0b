package console

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/rolecall/rolecall"
)

// A start leads through the first steps of a project: something that may be done,
// a role that gives it, somebody who holds that, and the question in code.
type start struct {
	Steps []firstStep
	Code  []snippet
	Try   string // the URL of the first explanation, "" before there is one to ask for
}

// A firstStep is one of them.
type firstStep struct {
	Title, Text string
	Done        bool
	Next        control // what does it, in the first that is not done
}

// begin returns the first steps, nil where a project is beyond them: it has more
// than one role of its own.
func (p *overviewPage) begin(f rolecall.Findings) (*start, error) {
	const enough = 40 // more than what is built in
	if p.Tenant != "" || f.Roles > enough || !p.May("rolecall:roles.read") || !p.May("rolecall:apis.read") || !p.May("rolecall:users.read") {
		return nil, nil
	}
	own := func(kind rolecall.Kind) ([]rolecall.Record, error) {
		page, err := p.view.List(p.ctx, rolecall.Query{Kind: kind, Limit: 2 * enough})
		return slices.DeleteFunc(page.Records, rolecall.BuiltIn), err
	}
	roles, err := own(rolecall.KindRole)
	if err != nil || len(roles) > 1 {
		return nil, err
	}
	permissions, err := own(rolecall.KindPermission)
	if err != nil {
		return nil, err
	}
	role, permission := rolecall.Role{}, rolecall.Permission{Name: "post.publish"}
	if len(roles) > 0 {
		role = *roles[0].(*rolecall.Role)
	}
	if len(permissions) > 0 {
		permission = *permissions[0].(*rolecall.Permission)
	}
	var holder rolecall.SubjectID
	if role.ID != "" {
		page, err := p.view.List(p.ctx, rolecall.Query{Kind: rolecall.KindAssignment, Where: []rolecall.Condition{rolecall.Where("role", string(role.ID))}, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(page.Records) > 0 {
			holder = page.Records[0].(*rolecall.Assignment).Subject
		}
	}

	gives := role.ID != "" && p.rc.Policy().Gives(role.ID) > 0
	s := &start{Steps: []firstStep{
		{"Say what may be done", "A permission is a name that your code asks for, such as post.publish. An API of its own is for applications that want tokens.",
			len(permissions) > 0, p.Do("New permission", "/new/permission")},
		{"Make a role that gives it", "A role is a named set of permissions, such as Editor.", gives, p.Do("New role", "/new/role")},
		{"Give somebody the role", "Everywhere, in one tenant or on one resource; for good or until a day.", holder != "", p.Do("New user", "/new/user")},
	}}
	if role.ID != "" {
		if !gives {
			s.Steps[1].Next = p.Do("Add a permission", "/roles/{id}/grant", role.ID)
		}
		if f.Users > 1 || p.HostUsers() {
			s.Steps[2].Next = p.Do("Assign "+short(role.Name), "/assign", "role", role.ID)
		}
	}
	req := rolecall.Request{Subject: cmp.Or(holder, "alice"), Permission: permission.Name}
	if permission.API != "" && permission.API != rolecall.DefaultAPI {
		api, err := look(p.call, &rolecall.API{ID: permission.API})
		if err != nil {
			return nil, err
		}
		req.API = api.Identifier
	}
	s.Code = append([]snippet{{"A guard in Go", "guard := pep.New(rc, pep.Subject(user))\nmux.Handle(\"POST /posts\", guard.Require(" + fmt.Sprintf("%q", permission.Name) + ")(publish))"}},
		p.asking("check", req, []string{"can-i", permission.Name, "--as", string(req.Subject)}, "decision, err := rc.Check(ctx, %s)")...)
	if holder != "" && gives && len(permissions) > 0 {
		s.Try = p.Link("/explain", "subject", holder, "permission", permission.ID)
	}
	return s, nil
}

// Current returns the number of the step to take next, from 0.
func (s *start) Current() int {
	return slices.IndexFunc(s.Steps, func(one firstStep) bool { return !one.Done })
}
