package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	openfga "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/language/pkg/go/transformer"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/server/config"
	"github.com/openfga/openfga/pkg/storage"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"
)

const version = "v1.22.1"

// tuned is the quickest OpenFGA that we could make. The object of a check is a
// member, a user in a tenant or everywhere; its user is the permission. So a check
// begins with the few roles of a member and not with the many that give a
// permission.
//
// Slower were: the other direction; conditions with the tenant in the context, or
// contextual tuples, in place of the second check; checks without weights; and its
// caches of checks and reads, which rarely know a question from before.
var tuned = &measure.Engine{
	Name: "openfga-tuned", Label: "OpenFGA, tuned", Version: version,
	Note: "`Server.Check` in process, with its `weighted_graph_check`; a datastore of ours finds each tuple by its key; the caller builds `user@tenant` and asks for `user` too; its cache holds the model alone, as answers made it no quicker",
	Load: loadTuned,
}

const tunedModel = `model
  schema 1.1

type permission

type role
  relations
    define gives: [permission]

type member
  relations
    define role: [role]
    define may: gives from role
`

func loadTuned(ctx context.Context, w *workload.World) (measure.Decide, error) {
	x := newIndex()
	for r, permissions := range w.Grants {
		for _, p := range permissions {
			x.add("role:"+workload.Role(r), "gives", "permission:"+id(workload.Permission(p)))
		}
	}
	last, seen := -1, map[string]bool{}
	w.Assignments(func(user, role, tenant int) {
		if user != last {
			last = user
			clear(seen)
		}
		member := "member:" + workload.User(user)
		if tenant >= 0 {
			member += "@" + workload.Tenant(tenant)
		}
		if to := "role:" + workload.Role(role); !seen[member+to] { // the same assignment may come twice
			seen[member+to] = true
			x.add(member, "role", to)
		}
	})
	x.sort()
	// Without a cache it makes the graph of the model for each check. Answers and
	// reads go there by options that are off.
	models, err := storage.NewInMemoryLRUCache[any](storage.WithMaxCacheSize[any](16))
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, x, tunedModel, server.WithExperimentals(config.ExperimentalWeightedGraphCheck), server.WithCheckCache(models))
	if err != nil {
		return nil, err
	}
	return func(q *workload.Question) (bool, error) {
		permission := "permission:" + id(q.Permission)
		yes, err := s.check(ctx, "member:"+q.User+"@"+q.Tenant, "may", permission)
		if yes || err != nil {
			return yes, err
		}
		return s.check(ctx, "member:"+q.User, "may", permission)
	}, nil
}

// id is a permission's name as an identifier, which may have no colon.
func id(permission string) string { return strings.Replace(permission, ":", "/", 1) }

// An instance is a server with a store that has a model.
type instance struct {
	*server.Server
	store, model string
}

func serve(ctx context.Context, data storage.OpenFGADatastore, dsl string, options ...server.OpenFGAServiceV1Option) (*instance, error) {
	model, err := transformer.TransformDSLToProto(dsl)
	if err != nil {
		return nil, err
	}
	otel.SetTracerProvider(noop.NewTracerProvider()) // as its command does
	s, err := server.NewServerWithOpts(append(options, server.WithDatastore(data), server.WithRequestTimeout(time.Minute))...)
	if err != nil {
		return nil, err
	}
	store, err := s.CreateStore(ctx, &openfga.CreateStoreRequest{Name: "bench"})
	if err != nil {
		return nil, err
	}
	written, err := s.WriteAuthorizationModel(ctx, &openfga.WriteAuthorizationModelRequest{
		StoreId: store.Id, SchemaVersion: model.SchemaVersion, TypeDefinitions: model.TypeDefinitions})
	if err != nil {
		return nil, fmt.Errorf("write the model: %w", err)
	}
	return &instance{s, store.Id, written.AuthorizationModelId}, nil
}

func (s *instance) check(ctx context.Context, object, relation, user string) (bool, error) {
	answer, err := s.Check(ctx, &openfga.CheckRequest{StoreId: s.store, AuthorizationModelId: s.model,
		TupleKey: &openfga.CheckRequestTupleKey{Object: object, Relation: relation, User: user}})
	return answer.GetAllowed(), err
}
