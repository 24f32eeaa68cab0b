package main

import (
	"context"
	"fmt"
	"time"

	api "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/cmd/server"
	"github.com/authzed/spicedb/pkg/cmd/util"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// served is what tuned is, by the API: one call with both members.
var served = &measure.Engine{
	Name: "spicedb-served", Label: "SpiceDB, tuned, its server", Version: version,
	Note: "the same below its server, with its caches, over gRPC in memory; `CheckBulkPermissions` for both",
	Load: func(ctx context.Context, w *workload.World) (measure.Decide, error) {
		x, _, err := load(ctx, w)
		if err != nil {
			return nil, err
		}
		conn, err := serve(ctx, server.WithDatastore(x))
		if err != nil {
			return nil, err
		}
		permissions := api.NewPermissionsServiceClient(conn)
		return func(q *workload.Question) (bool, error) {
			right := &api.SubjectReference{Object: &api.ObjectReference{ObjectType: "right", ObjectId: id(q.Permission)}}
			item := func(member string) *api.CheckBulkPermissionsRequestItem {
				return &api.CheckBulkPermissionsRequestItem{Resource: &api.ObjectReference{ObjectType: "member", ObjectId: member}, Permission: "may", Subject: right}
			}
			answer, err := permissions.CheckBulkPermissions(ctx, &api.CheckBulkPermissionsRequest{Consistency: fully,
				Items: []*api.CheckBulkPermissionsRequestItem{item(q.User), item(q.User + "/" + q.Tenant)}})
			if err != nil {
				return false, err
			}
			yes := false
			for _, pair := range answer.Pairs {
				if wrong := pair.GetError(); wrong != nil {
					return false, fmt.Errorf("check: %s", wrong.Message)
				}
				yes = yes || pair.GetItem().Permissionship == api.CheckPermissionResponse_PERMISSIONSHIP_HAS_PERMISSION
			}
			return yes, nil
		}, nil
	},
}

// serve starts SpiceDB's server in this process, as its command does without flags
// but for a connection in memory and no key, and connects to it.
func serve(ctx context.Context, store server.ConfigOption) (*grpc.ClientConn, error) {
	quiet()
	s, err := server.NewConfigWithOptionsAndDefaults(store,
		server.WithGRPCServer(util.GRPCServerConfig{Network: util.BufferedNetwork, Enabled: true, MaxConnAge: time.Hour}),
		server.WithGRPCAuthFunc(func(ctx context.Context) (context.Context, error) { return ctx, nil }),
		server.WithSilentlyDisableTelemetry(true),
		server.WithDispatchMaxDepth(50),
		server.WithGlobalDispatchConcurrencyLimit(50),
		server.WithNamespaceCacheConfig(server.CacheConfig{Name: "namespace", Enabled: true, NumCounters: 1_000, MaxCost: "32MiB"}),
		server.WithDispatchCacheConfig(server.CacheConfig{Name: "dispatch", Enabled: true, NumCounters: 10_000, MaxCost: "30%"}),
		server.WithMaximumUpdatesPerWrite(1000),
	).Complete(ctx)
	if err != nil {
		return nil, err
	}
	go s.Run(ctx) //nolint:errcheck // it ends with the process
	return s.GRPCDialContext(ctx, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// quiet has nothing logged or traced.
func quiet() {
	zerolog.SetGlobalLevel(zerolog.Disabled)
	otel.SetTracerProvider(noop.NewTracerProvider())
}

// fully consistent answers know of each write.
var fully = &api.Consistency{Requirement: &api.Consistency_FullyConsistent{FullyConsistent: true}}

func checkRequest(kind, id, permission, subjectKind, subject string) *api.CheckPermissionRequest {
	return &api.CheckPermissionRequest{
		Consistency: fully,
		Resource:    &api.ObjectReference{ObjectType: kind, ObjectId: id}, Permission: permission,
		Subject: &api.SubjectReference{Object: &api.ObjectReference{ObjectType: subjectKind, ObjectId: subject}},
	}
}
