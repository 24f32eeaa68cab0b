package main

import (
	"context"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

const casbinVersion = "v2.135.0"

// casbinTuned is the quickest Casbin that we could make: one policy line, and
// permissions as roles of the roles, so that a decision is a walk in the graph and
// not a scan of all lines. Who holds a role in a tenant is user@tenant.
var casbinTuned = &measure.Engine{
	Name: "casbin-tuned", Label: "Casbin, tuned", Version: casbinVersion,
	Note: "one policy line; permissions are roles of roles; the caller builds `user@tenant`",
	Load: func(_ context.Context, w *workload.World) (measure.Decide, error) {
		e, err := newCasbin(`
[request_definition]
r = sub, at, act

[policy_definition]
p = sub

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.at, r.act) || g(r.sub, r.act)
`, [][]string{{"any"}}, func(add func(...string)) {
			for r, permissions := range w.Grants {
				for _, p := range permissions {
					add(workload.Role(r), workload.Permission(p))
				}
			}
			w.Assignments(func(user, role, tenant int) {
				who := workload.User(user)
				if tenant >= 0 {
					who += "@" + workload.Tenant(tenant)
				}
				add(who, workload.Role(role))
			})
		})
		if err != nil {
			return nil, err
		}
		return func(q *workload.Question) (bool, error) {
			return e.Enforce(q.User, q.User+"@"+q.Tenant, q.Permission)
		}, nil
	},
}

// casbinManual is RBAC with domains, as Casbin's manual and examples have it.
var casbinManual = &measure.Engine{
	Name: "casbin", Label: "Casbin, by its manual", Version: casbinVersion,
	Note: "RBAC with domains, a policy line for each grant, `g` first in the matcher as in its examples", Sizes: []string{"small", "medium"},
	Load: func(_ context.Context, w *workload.World) (measure.Decide, error) {
		var lines [][]string
		for r, permissions := range w.Grants {
			for _, p := range permissions {
				lines = append(lines, []string{workload.Role(r), workload.Permission(p)})
			}
		}
		const everywhere = "*"
		e, err := newCasbin(`
[request_definition]
r = sub, dom, act

[policy_definition]
p = sub, act

[role_definition]
g = _, _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = (g(r.sub, p.sub, r.dom) || g(r.sub, p.sub, "*")) && r.act == p.act
`, lines, func(add func(...string)) {
			w.Assignments(func(user, role, tenant int) {
				domain := everywhere
				if tenant >= 0 {
					domain = workload.Tenant(tenant)
				}
				add(workload.User(user), workload.Role(role), domain)
			})
		})
		if err != nil {
			return nil, err
		}
		return func(q *workload.Question) (bool, error) { return e.Enforce(q.User, q.Tenant, q.Permission) }, nil
	},
}

// newCasbin makes an enforcer with policy lines, and with what visit adds to g.
func newCasbin(text string, lines [][]string, visit func(add func(...string))) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(text)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	if _, err := e.AddPoliciesEx(lines); err != nil {
		return nil, err
	}
	var batch [][]string
	flush := func() {
		if err == nil && len(batch) > 0 {
			_, err = e.AddGroupingPoliciesEx(batch) // Ex: the same assignment may come twice
		}
		batch = nil
	}
	visit(func(line ...string) {
		if batch = append(batch, line); len(batch) == 10_000 {
			flush()
		}
	})
	flush()
	return e, err
}
