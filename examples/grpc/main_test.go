package main

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

func TestWhoCallsWhat(t *testing.T) {
	rc, err := rolecall.Open(t.Context(), sqlite.Memory())
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	server, err := newServer(t.Context(), rc)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Stop()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := grpc_health_v1.NewHealthClient(conn)

	check := func(ctx context.Context) error {
		_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		return err
	}
	watch := func(ctx context.Context) error {
		s, err := client.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err == nil {
			_, err = s.Recv()
		}
		return err
	}
	list := func(ctx context.Context) error {
		_, err := client.List(ctx, &grpc_health_v1.HealthListRequest{})
		return err
	}
	for _, tt := range []struct {
		name, user string
		call       func(context.Context) error
		want       codes.Code
	}{
		{"nobody in particular", "", check, codes.Unauthenticated},
		{"one who may", "alice", check, codes.OK},
		{"one who may not", "bob", check, codes.PermissionDenied},
		{"a stream that one may not have", "alice", watch, codes.PermissionDenied},
		{"a method that takes no permission that anybody has", "alice", list, codes.PermissionDenied},
		{"one whom nobody knows", "mallory", check, codes.PermissionDenied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			if tt.user != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "user", tt.user)
			}
			if got := status.Code(tt.call(ctx)); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
