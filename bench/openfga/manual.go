package main

import (
	"context"
	"fmt"
	"strings"

	openfga "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage/memory"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

// manual is the pattern of role assignments in OpenFGA's manual: roles have what
// they permit as relations, an assignment joins a role and those who hold it, and
// a tenant has assignments. What is held everywhere is in a tenant above all.
var manual = &measure.Engine{
	Name: "openfga", Label: "OpenFGA, by its manual", Version: version,
	Note: "role assignments, a relation for each permission; its memory store, which reads every tuple each time", Sizes: []string{"small", "medium"},
	Load: func(ctx context.Context, w *workload.World) (measure.Decide, error) {
		s, err := serve(ctx, memory.New(), manualModel(w), server.WithMaxAuthorizationModelSizeInBytes(1<<24))
		if err != nil {
			return nil, err
		}
		var tuples []*openfga.TupleKey
		add := func(object, relation, user string) {
			tuples = append(tuples, &openfga.TupleKey{Object: object, Relation: relation, User: user})
		}
		for r, permissions := range w.Grants {
			for _, p := range permissions {
				add("role:"+workload.Role(r), relation(workload.Permission(p)), "user:*")
			}
		}
		const everywhere = "tenant:everywhere"
		for t := range w.Tenants {
			add("tenant:"+workload.Tenant(t), "parent", everywhere)
		}
		assigned, held := map[string]bool{}, map[string]bool{}
		w.Assignments(func(user, role, tenant int) {
			at := everywhere
			if tenant >= 0 {
				at = "tenant:" + workload.Tenant(tenant)
			}
			assignment := "assignment:" + strings.TrimPrefix(at, "tenant:") + "/" + workload.Role(role)
			if !assigned[assignment] {
				assigned[assignment] = true
				add(assignment, "role", "role:"+workload.Role(role))
				add(at, "assignment", assignment)
			}
			if who := "user:" + workload.User(user); !held[assignment+who] { // the same assignment may come twice
				held[assignment+who] = true
				add(assignment, "assignee", who)
			}
		})
		for len(tuples) > 0 {
			n := min(len(tuples), 100) // as many as a write may have
			if _, err := s.Write(ctx, &openfga.WriteRequest{StoreId: s.store, AuthorizationModelId: s.model,
				Writes: &openfga.WriteRequestWrites{TupleKeys: tuples[:n]}}); err != nil {
				return nil, err
			}
			tuples = tuples[n:]
		}
		return func(q *workload.Question) (bool, error) {
			return s.check(ctx, "tenant:"+q.Tenant, relation(q.Permission), "user:"+q.User)
		}, nil
	},
}

// relation is a permission's name as a relation's, which may have no colon.
func relation(permission string) string { return "can-" + strings.Replace(permission, ":", "-", 1) }

func manualModel(w *workload.World) string {
	var role, assignment, tenant strings.Builder
	for i := range w.Permissions {
		can := relation(workload.Permission(i))
		fmt.Fprintf(&role, "    define %s: [user:*]\n", can)
		fmt.Fprintf(&assignment, "    define %s: assignee and %[1]s from role\n", can)
		fmt.Fprintf(&tenant, "    define %s: %[1]s from assignment or %[1]s from parent\n", can)
	}
	return "model\n  schema 1.1\n\ntype user\n\ntype role\n  relations\n" + role.String() +
		"\ntype assignment\n  relations\n    define assignee: [user]\n    define role: [role]\n" + assignment.String() +
		"\ntype tenant\n  relations\n    define assignment: [assignment]\n    define parent: [tenant]\n" + tenant.String()
}
