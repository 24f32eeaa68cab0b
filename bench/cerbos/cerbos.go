package main

import (
	"context"
	"strings"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"github.com/cerbos/cerbos/private/ruletable"
	"github.com/cerbos/cerbos/private/ruletable/compile"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

// cerbos has a resource policy for each kind of resource, as its manual shows
// them: a rule for each action, which names the roles that may do it.
//
// Who holds which role is not Cerbos's to know: a request brings the principal's
// roles. The caller finds them in a map, and that is measured with it. Cerbos is
// the evaluator of its embedded decision points, on the rules that it compiles from
// the policies: no audit log, no server.
var cerbos = &measure.Engine{
	Name: "cerbos", Label: "Cerbos, by its manual", Version: "v0.55.0",
	Note: "a policy for each kind of resource, a rule for each action; it keeps no assignments: the caller brings the user's roles, from a map of its own",
	Load: func(ctx context.Context, w *workload.World) (measure.Decide, error) {
		files, err := policies(w)
		if err != nil {
			return nil, err
		}
		rules, err := compile.Compile(ctx, files)
		if err != nil {
			return nil, err
		}
		engine, err := ruletable.NewRuleTableFromProto(rules, nil)
		if err != nil {
			return nil, err
		}
		held := heldBy(w)
		return func(q *workload.Question) (bool, error) {
			roles := held.in(q.User, q.Tenant)
			if len(roles) == 0 {
				return false, nil // Cerbos refuses a principal without roles
			}
			kind, action, _ := strings.Cut(q.Permission, ":")
			answers, _, err := engine.Check(ctx, []*enginev1.CheckInput{{
				Principal: &enginev1.Principal{Id: q.User, Roles: roles},
				Resource:  &enginev1.Resource{Kind: kind, Id: "any"},
				Actions:   []string{action},
			}})
			if err != nil {
				return false, err
			}
			return answers[0].GetActions()[action].GetEffect() == effectv1.Effect_EFFECT_ALLOW, nil
		}, nil
	},
}

// roles are the caller's: of each user, as they stand in a table of assignments.
type roles map[string][]assignment

// An assignment without a tenant holds everywhere.
type assignment struct{ tenant, role string }

func heldBy(w *workload.World) roles {
	names := make([]string, w.Roles)
	for i := range names {
		names[i] = workload.Role(i)
	}
	tenants := make([]string, w.Tenants)
	for i := range tenants {
		tenants[i] = workload.Tenant(i)
	}
	all := make(roles, w.Users)
	w.Assignments(func(user, role, tenant int) {
		a := assignment{role: names[role]}
		if tenant >= 0 {
			a.tenant = tenants[tenant]
		}
		name := workload.User(user)
		all[name] = append(all[name], a)
	})
	return all
}

// in returns the roles that a user has in a tenant.
func (r roles) in(user, tenant string) (names []string) {
	for _, a := range r[user] {
		if a.tenant == "" || a.tenant == tenant {
			names = append(names, a.role)
		}
	}
	return names
}
