// Grpc guards the methods of a gRPC server: an interceptor asks the policy
// before each call. It serves gRPC's own health service, so that the example
// needs no generated code.
package main

import (
	"context"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

func main() {
	rc, err := rolecall.Open(context.Background(), sqlite.File("docs.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	server, err := newServer(context.Background(), rc)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:8788")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}

// required names the permission that each method takes. One that is not here is
// refused: a method that was forgotten is not an open one.
var required = map[string]string{
	"/grpc.health.v1.Health/Check": "health.check",
	"/grpc.health.v1.Health/Watch": "health.watch",
}

func newServer(ctx context.Context, rc *rolecall.Service) (*grpc.Server, error) {
	_, err := rc.Write(ctx, rolecall.System("grpc"),
		rolecall.Put(&rolecall.Permission{ID: "health.check", Name: "health.check"}),
		rolecall.Put(&rolecall.Permission{ID: "health.watch", Name: "health.watch"}),
		rolecall.Put(&rolecall.Role{ID: "prober", Name: "Prober"}),
		rolecall.Put(&rolecall.Grant{Role: "prober", Permission: "health.check"}),
		rolecall.Put(&rolecall.User{ID: "alice"}),
		rolecall.Put(&rolecall.User{ID: "bob"}),
		rolecall.Put(&rolecall.Assignment{Subject: "alice", Role: "prober"}),
	)
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(unary(rc)), grpc.StreamInterceptor(stream(rc)))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	return server, nil
}

// may is the guard: nil, or what gRPC has for 401, 403 and 503.
func may(ctx context.Context, checker rolecall.Checker, method string) error {
	who := user(ctx)
	if who == "" {
		return status.Error(codes.Unauthenticated, "authentication is required")
	}
	permission, ok := required[method]
	if !ok {
		return status.Error(codes.PermissionDenied, "permission denied")
	}
	d, err := checker.Check(ctx, rolecall.Request{Subject: who, Permission: permission})
	switch {
	case err != nil:
		return status.Error(codes.Unavailable, "no answer now: try again")
	case !d.Allowed:
		return status.Error(codes.PermissionDenied, "permission denied")
	}
	return nil
}

// user says who makes a call. Yours verifies a token; this one believes a
// name in the metadata, as only an example may.
func user(ctx context.Context) rolecall.SubjectID {
	if names := metadata.ValueFromIncomingContext(ctx, "user"); len(names) == 1 {
		return rolecall.SubjectID(names[0])
	}
	return ""
}

func unary(checker rolecall.Checker) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		if err := may(ctx, checker, info.FullMethod); err != nil {
			return nil, err
		}
		return next(ctx, req)
	}
}

func stream(checker rolecall.Checker) grpc.StreamServerInterceptor {
	return func(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		if err := may(s.Context(), checker, info.FullMethod); err != nil {
			return err
		}
		return next(srv, s)
	}
}
