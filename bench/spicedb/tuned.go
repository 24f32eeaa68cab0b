package main

import (
	"context"
	"fmt"
	"strings"

	api "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/development"
	core "github.com/authzed/spicedb/pkg/proto/core/v1"
	developer "github.com/authzed/spicedb/pkg/proto/developer/v1"
	dispatch "github.com/authzed/spicedb/pkg/proto/dispatch/v1"
	"github.com/authzed/spicedb/pkg/tuple"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

const version = "v1.40.0"

const schema = `
definition right {}

definition role {
	relation gives: right
}

definition member {
	relation role: role
	permission may = role->gives
}
`

// tuned is the quickest SpiceDB that we could make: its dispatcher, called without
// the API and gRPC before it and with no cache. The resource of a check is a member,
// a user in a tenant or everywhere; its subject is the permission. So a check begins
// with the few roles of a member and not with the many that give a permission.
var tuned = &measure.Engine{
	Name: "spicedb-tuned", Label: "SpiceDB, tuned", Version: version,
	Note: "its dispatcher called in process, no API before it, no cache; a datastore of ours finds each relationship by its key; the caller builds `user/tenant`",
	Load: func(ctx context.Context, w *workload.World) (measure.Decide, error) {
		x, dev, err := load(ctx, w)
		if err != nil {
			return nil, err
		}
		ctx, err = reach(dev, x)
		if err != nil {
			return nil, err
		}
		const depth = 50
		bloom, err := dispatch.NewTraversalBloomFilter(depth)
		if err != nil {
			return nil, err
		}
		revision, may := dev.Revision.String(), &core.RelationReference{Namespace: "member", Relation: "may"}
		return func(q *workload.Question) (bool, error) {
			answer, err := dev.Dispatcher.DispatchCheck(ctx, &dispatch.DispatchCheckRequest{
				ResourceRelation: may,
				ResourceIds:      []string{q.User, q.User + "/" + q.Tenant},
				Subject:          &core.ObjectAndRelation{Namespace: "right", ObjectId: id(q.Permission), Relation: tuple.Ellipsis},
				ResultsSetting:   dispatch.DispatchCheckRequest_ALLOW_SINGLE_RESULT,
				Metadata:         &dispatch.ResolverMeta{AtRevision: revision, DepthRemaining: depth, TraversalBloom: bloom},
			})
			if err != nil {
				return false, err
			}
			for _, result := range answer.ResultsByResourceId {
				if result.Membership == dispatch.ResourceCheckResult_MEMBER {
					return true, nil
				}
			}
			return false, nil
		}, nil
	},
}

// load makes a datastore of ours with the world in it, under a developer's context,
// which has a dispatcher and no caches.
func load(ctx context.Context, w *workload.World) (*index, *development.DevContext, error) {
	quiet()
	dev, wrong, err := development.NewDevContext(ctx, &developer.RequestContext{Schema: schema})
	if err != nil {
		return nil, nil, err
	}
	if wrong != nil {
		return nil, nil, fmt.Errorf("schema: %v", wrong)
	}
	x := &index{Datastore: dev.Datastore, by: map[resource][]tuple.Relationship{}, types: map[string]*core.NamespaceDefinition{}}
	for _, d := range dev.CompiledSchema.ObjectDefinitions {
		if x.types[d.Name], _, err = dev.Datastore.SnapshotReader(dev.Revision).ReadNamespaceByName(ctx, d.Name); err != nil {
			return nil, nil, err
		}
	}
	relationships(w, x.add)
	dev.Datastore = x
	return x, dev, nil
}

// relationships calls add with each that the world has.
func relationships(w *workload.World, add func(kind, id, relation, subjectKind, subject string)) {
	for r, permissions := range w.Grants {
		for _, p := range permissions {
			add("role", workload.Role(r), "gives", "right", id(workload.Permission(p)))
		}
	}
	last, seen := -1, map[string]bool{}
	w.Assignments(func(user, role, tenant int) {
		if user != last {
			last = user
			clear(seen)
		}
		member := workload.User(user)
		if tenant >= 0 {
			member += "/" + workload.Tenant(tenant)
		}
		if held := member + "/" + workload.Role(role); !seen[held] { // the same assignment may come twice
			seen[held] = true
			add("member", member, "role", "role", workload.Role(role))
		}
	})
}

// id is a permission's name as an identifier, which may have no colon.
func id(permission string) string { return strings.Replace(permission, ":", "/", 1) }

// reach returns a context in which the dispatcher finds the datastore. The API puts
// it there, so a first check by the API brings one out.
func reach(dev *development.DevContext, x *index) (context.Context, error) {
	conn, stop, err := dev.RunV1InMemoryService()
	if err != nil {
		return nil, err
	}
	defer stop()
	_, err = api.NewPermissionsServiceClient(conn).CheckPermission(dev.Ctx, checkRequest("member", "nobody", "may", "right", "nothing"))
	return context.WithoutCancel(x.asked), err
}
