package main

import (
	"context"
	"fmt"
	"strings"

	api "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/cmd/datastore"
	"github.com/authzed/spicedb/pkg/cmd/server"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

// manual is the pattern of user-defined roles in SpiceDB's manual: roles have what
// they permit as relations, a binding joins a role and those who hold it, and a
// tenant has bindings. What is held everywhere is in a tenant above all.
var manual = &measure.Engine{
	Name: "spicedb", Label: "SpiceDB, by its manual", Version: version,
	Note:  "its server with its caches over gRPC in memory; role bindings, a permission for each; its memory store, which reads every relationship of a kind each time",
	Sizes: []string{"small", "medium"},
	Load: func(ctx context.Context, w *workload.World) (measure.Decide, error) {
		conn, err := serve(ctx, server.WithDatastoreConfig(*datastore.DefaultDatastoreConfig()))
		if err != nil {
			return nil, err
		}
		if _, err := api.NewSchemaServiceClient(conn).WriteSchema(ctx, &api.WriteSchemaRequest{Schema: manualSchema(w)}); err != nil {
			return nil, err
		}
		permissions := api.NewPermissionsServiceClient(conn)
		load, err := permissions.ImportBulkRelationships(ctx)
		if err != nil {
			return nil, err
		}
		var batch []*api.Relationship
		send := func() {
			if err == nil {
				err = load.Send(&api.ImportBulkRelationshipsRequest{Relationships: batch})
			}
			batch = nil
		}
		bindings(w, func(kind, id, relation, subjectKind, subject string) {
			batch = append(batch, &api.Relationship{Relation: relation,
				Resource: &api.ObjectReference{ObjectType: kind, ObjectId: id},
				Subject:  &api.SubjectReference{Object: &api.ObjectReference{ObjectType: subjectKind, ObjectId: subject}}})
			if len(batch) == 1000 {
				send()
			}
		})
		send()
		if _, closing := load.CloseAndRecv(); closing != nil {
			return nil, fmt.Errorf("import: %w", closing)
		}
		return func(q *workload.Question) (bool, error) {
			answer, err := permissions.CheckPermission(ctx, checkRequest("tenant", q.Tenant, name("can", q.Permission), "user", q.User))
			return answer.GetPermissionship() == api.CheckPermissionResponse_PERMISSIONSHIP_HAS_PERMISSION, err
		}, err
	},
}

// bindings calls add with each relationship that the world has.
func bindings(w *workload.World, add func(kind, id, relation, subjectKind, subject string)) {
	for r, permissions := range w.Grants {
		for _, p := range permissions {
			add("role", workload.Role(r), name("may", workload.Permission(p)), "user", "*")
		}
	}
	const everywhere = "everywhere"
	for t := range w.Tenants {
		add("tenant", workload.Tenant(t), "parent", "tenant", everywhere)
	}
	bound, held := map[string]bool{}, map[string]bool{}
	w.Assignments(func(user, role, tenant int) {
		at := everywhere
		if tenant >= 0 {
			at = workload.Tenant(tenant)
		}
		binding := at + "/" + workload.Role(role)
		if !bound[binding] {
			bound[binding] = true
			add("binding", binding, "role", "role", workload.Role(role))
			add("tenant", at, "granted", "binding", binding)
		}
		if who := workload.User(user); !held[binding+"/"+who] { // the same assignment may come twice
			held[binding+"/"+who] = true
			add("binding", binding, "user", "user", who)
		}
	})
}

// name is a permission's as an identifier in a schema, which has no signs.
func name(prefix, permission string) string {
	return prefix + "_" + strings.NewReplacer(":", "_", "-", "_").Replace(permission)
}

func manualSchema(w *workload.World) string {
	var role, binding, tenant strings.Builder
	for i := range w.Permissions {
		may, can := name("may", workload.Permission(i)), name("can", workload.Permission(i))
		fmt.Fprintf(&role, "\trelation %s: user:*\n", may)
		fmt.Fprintf(&binding, "\tpermission %s = user & role->%s\n", can, may)
		fmt.Fprintf(&tenant, "\tpermission %s = granted->%[1]s + parent->%[1]s\n", can)
	}
	return "definition user {}\n\ndefinition role {\n" + role.String() +
		"}\n\ndefinition binding {\n\trelation user: user\n\trelation role: role\n" + binding.String() +
		"}\n\ndefinition tenant {\n\trelation granted: binding\n\trelation parent: tenant\n" + tenant.String() + "}\n"
}
