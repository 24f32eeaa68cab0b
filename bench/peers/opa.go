package main

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

// everywhere is the tenant, in OPA's data, of what is held everywhere.
const everywhere = "*"

const opaModule = `package rbac

default allow := false

allow if {
	some role in data.held[input.user][input.tenant]
	data.gives[role][input.permission]
}

allow if {
	some role in data.held[input.user]["*"]
	data.gives[role][input.permission]
}
`

// opaPrepared is a prepared query over data in which everything is found by its
// name. Questions come as OPA's own values.
var opaPrepared = &measure.Engine{
	Name: "opa", Label: "OPA", Version: "v1.22.2",
	Note: "a prepared query; roles and permissions are found by name in its data",
	Load: func(ctx context.Context, w *workload.World) (measure.Decide, error) {
		query, err := rego.New(rego.Query("data.rbac.allow"), rego.Module("rbac.rego", opaModule),
			rego.Store(inmem.NewFromObjectWithOpts(opaData(w), inmem.OptRoundTripOnWrite(false)))).
			PrepareForEval(ctx)
		if err != nil {
			return nil, err
		}
		user, tenant, permission := ast.StringTerm("user"), ast.StringTerm("tenant"), ast.StringTerm("permission")
		return func(q *workload.Question) (bool, error) {
			input := ast.NewObject([2]*ast.Term{user, ast.StringTerm(q.User)}, [2]*ast.Term{tenant, ast.StringTerm(q.Tenant)},
				[2]*ast.Term{permission, ast.StringTerm(q.Permission)})
			results, err := query.Eval(ctx, rego.EvalParsedInput(input))
			return err == nil && results.Allowed(), err
		}, nil
	},
}

// opaData is a world as OPA's data: what each role gives, and who holds which
// roles in which tenant.
func opaData(w *workload.World) map[string]any {
	gives, held := map[string]any{}, map[string]any{}
	for r, permissions := range w.Grants {
		set := map[string]any{}
		for _, p := range permissions {
			set[workload.Permission(p)] = true
		}
		gives[workload.Role(r)] = set
	}
	w.Assignments(func(user, role, tenant int) {
		where := everywhere
		if tenant >= 0 {
			where = workload.Tenant(tenant)
		}
		name := workload.User(user)
		tenants, ok := held[name].(map[string]any)
		if !ok {
			tenants = map[string]any{}
			held[name] = tenants
		}
		roles, _ := tenants[where].([]any)
		tenants[where] = append(roles, workload.Role(role))
	})
	return map[string]any{"gives": gives, "held": held}
}
