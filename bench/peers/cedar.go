package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

const cedarVersion = "v1.9.0"

// cedarTuned is one policy over a graph of entities: users, and users in a tenant,
// are in roles, and roles in permissions.
var cedarTuned = &measure.Engine{
	Name: "cedar-tuned", Label: "Cedar, tuned", Version: cedarVersion,
	Note: "one policy over a graph of entities; the caller builds `user@tenant`",
	Load: func(_ context.Context, w *workload.World) (measure.Decide, error) {
		return newCedar(w, true, `permit(principal, action, resource) when { principal in resource || context.at in resource };`)
	},
}

// cedarManual has a policy for each role, which says what it permits.
var cedarManual = &measure.Engine{
	Name: "cedar", Label: "Cedar, by its manual", Version: cedarVersion,
	Note: "a policy for each role", Sizes: []string{"small", "medium"},
	Load: func(_ context.Context, w *workload.World) (measure.Decide, error) {
		var text strings.Builder
		for r, permissions := range w.Grants {
			var may []string
			for _, p := range permissions {
				may = append(may, fmt.Sprintf("Action::%q", workload.Permission(p)))
			}
			fmt.Fprintf(&text, "permit(principal, action in [%s], resource) when { principal in Role::%[2]q || context.at in Role::%[2]q };\n",
				strings.Join(may, ", "), workload.Role(r))
		}
		return newCedar(w, false, text.String())
	},
}

func uid(kind types.EntityType, id string) cedar.EntityUID {
	return cedar.NewEntityUID(kind, cedar.String(id))
}

// newCedar makes the entities. If graph is set a question's permission is its
// resource, which roles are in; otherwise it is its action.
func newCedar(w *workload.World, graph bool, text string) (measure.Decide, error) {
	policies, err := cedar.NewPolicySetFromBytes("bench.cedar", []byte(text))
	if err != nil {
		return nil, err
	}
	entities := cedar.EntityMap{}
	put := func(id cedar.EntityUID, parents []cedar.EntityUID) {
		entities[id] = cedar.Entity{UID: id, Parents: cedar.NewEntityUIDSet(parents...)}
	}
	for i := range w.Permissions {
		put(uid("Permission", workload.Permission(i)), nil)
	}
	for r, permissions := range w.Grants {
		var parents []cedar.EntityUID
		if graph {
			for _, p := range permissions {
				parents = append(parents, uid("Permission", workload.Permission(p)))
			}
		}
		put(uid("Role", workload.Role(r)), parents)
	}
	held, last := map[cedar.EntityUID][]cedar.EntityUID{}, -1
	flush := func() {
		for id, roles := range held {
			put(id, roles)
		}
		clear(held)
	}
	w.Assignments(func(user, role, tenant int) {
		if user != last {
			flush()
			last = user
		}
		id := uid("User", workload.User(user))
		if tenant >= 0 {
			id = uid("Member", workload.User(user)+"@"+workload.Tenant(tenant))
		}
		held[id] = append(held[id], uid("Role", workload.Role(role)))
	})
	flush()
	return func(q *workload.Question) (bool, error) {
		request := cedar.Request{
			Principal: uid("User", q.User), Action: uid("Action", "check"), Resource: uid("Permission", q.Permission),
			Context: cedar.NewRecord(cedar.RecordMap{"at": uid("Member", q.User+"@"+q.Tenant)}),
		}
		if !graph {
			request.Action, request.Resource = uid("Action", q.Permission), uid("App", "app")
		}
		decision, diagnostic := cedar.Authorize(policies, entities, request)
		if len(diagnostic.Errors) > 0 {
			return false, fmt.Errorf("%v", diagnostic.Errors[0])
		}
		return decision == cedar.Allow, nil
	}, nil
}
