package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/open-policy-agent/opa/v1/runtime"
	"github.com/rolecall/rolecall/bench/measure"
)

// serveOPA is `opa run --server --log-level error rbac.rego data.json`, on a port
// that the system chooses: OPA's runtime with what its command line sets by
// default, save that it does not look for a newer version. It authenticates nobody,
// and logs no decisions.
func serveOPA(ctx context.Context, options measure.Options) error {
	w, err := options.World()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "rolecall-bench-opa-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	data, err := json.Marshal(opaData(w))
	if err != nil {
		return err
	}
	policy, document := filepath.Join(folder, "rbac.rego"), filepath.Join(folder, "data.json")
	if err := os.WriteFile(policy, []byte(opaModule), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(document, data, 0o600); err != nil {
		return err
	}
	params := runtime.NewParams()
	params.Paths = []string{policy, document}
	params.Addrs = &[]string{"127.0.0.1:0"}
	params.Logging = runtime.LoggingConfig{Level: "error", RequestLevel: "info", Format: "json"}
	server, err := runtime.NewRuntime(ctx, params)
	if err != nil {
		return err
	}
	go func() {
		for server.ServerStatus() != runtime.ServerInitialized || len(server.Addrs()) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
		fmt.Println("http://" + server.Addrs()[0])
	}()
	return server.Serve(ctx)
}
