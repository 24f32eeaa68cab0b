// Package deploy reads deploy/compose.yaml as docker compose does, by its own library.
package deploy

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const root = "../.."

func project(t *testing.T, env ...string) *types.Project {
	t.Helper()
	o, err := cli.NewProjectOptions([]string{root + "/deploy/compose.yaml"}, cli.WithEnv(env), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.LoadProject(context.Background())
	if err != nil {
		t.Fatalf("deploy/compose.yaml: %v", err)
	}
	return p
}

// The file keeps to the schema of compose files, with no member that it lacks, and
// its anchors and defaults come to two nodes that differ in nothing but their port.
func TestTwoNodesOnOneDatabase(t *testing.T) {
	p := project(t)
	if names := p.ServiceNames(); !slices.Equal(names, []string{"database", "node1", "node2"}) {
		t.Fatalf("services %v", names)
	}
	ports := map[string]string{"node1": "8787", "node2": "8788"}
	for name, port := range ports {
		n := p.Services[name]
		if len(n.Ports) != 1 || n.Ports[0].Published != port || n.Ports[0].HostIP != "127.0.0.1" || n.Ports[0].Target != 8787 {
			t.Errorf("%s: ports %+v, want %s of this machine alone", name, n.Ports, port)
		}
		if d := n.DependsOn["database"]; d.Condition != types.ServiceConditionHealthy {
			t.Errorf("%s starts when the database is %q", name, d.Condition)
		}
		if n.Image != "rolecall" || n.Build == nil || !same(t, n.Build.Context, root) {
			t.Errorf("%s is built as %+v", name, n.Build)
		} else if _, err := os.Stat(filepath.Join(n.Build.Context, n.Build.Dockerfile)); err != nil && !filepath.IsAbs(n.Build.Dockerfile) {
			t.Errorf("%s: %v", name, err)
		}
		for key, want := range map[string]string{
			"ROLECALL_STORE":       "postgres://rolecall@database/rolecall?sslmode=disable&passfile=/run/secrets/pgpass",
			"ROLECALL_URL":         "http://127.0.0.1:8787",
			"ROLECALL_SECRET_FILE": "/run/secrets/seal",
		} {
			if got := n.Environment[key]; got == nil || *got != want {
				t.Errorf("%s: %s is %v, want %s", name, key, got, want)
			}
		}
		if !n.ReadOnly || !slices.Equal(n.CapDrop, []string{"ALL"}) || !slices.Equal(n.SecurityOpt, []string{"no-new-privileges:true"}) || !slices.Equal(n.Tmpfs, []string{"/tmp"}) {
			t.Errorf("%s is not closed: read_only %v, cap_drop %v, security_opt %v, tmpfs %v", name, n.ReadOnly, n.CapDrop, n.SecurityOpt, n.Tmpfs)
		}
		// What a node is given to stop is longer than it takes: drain-delay and the
		// default of drain-timeout.
		delay, err := time.ParseDuration(*n.Environment["ROLECALL_DRAIN_DELAY"])
		if err != nil || n.StopGracePeriod == nil || time.Duration(*n.StopGracePeriod) <= delay+20*time.Second {
			t.Errorf("%s: stop_grace_period %v, drain-delay %v, %v", name, n.StopGracePeriod, delay, err)
		}
	}
	if url := *project(t, "ROLECALL_URL=https://auth.example.com").Services["node1"].Environment["ROLECALL_URL"]; url != "https://auth.example.com" {
		t.Errorf("ROLECALL_URL is %q", url)
	}
	d := p.Services["database"]
	if len(d.Ports) != 0 || d.HealthCheck == nil || len(d.Volumes) != 1 || p.Volumes[d.Volumes[0].Source].Name == "" {
		t.Errorf("database: ports %v, health check %v, volumes %v", d.Ports, d.HealthCheck, d.Volumes)
	}
}

// Every secret that a service takes is a file that the comment at the top makes,
// which is kept out of the repository and of what is sent to the builder.
func TestSecretsAreMadeAndKeptOut(t *testing.T) {
	p := project(t)
	text, err := os.ReadFile(root + "/deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Services {
		for _, secret := range s.Secrets {
			file := p.Secrets[secret.Source].File
			if !strings.Contains(string(text), "> deploy/secrets/"+filepath.Base(file)+"\n") || !same(t, filepath.Dir(file), root+"/deploy/secrets") {
				t.Errorf("%s takes %s, which nothing makes", s.Name, file)
			}
		}
	}
	for _, file := range []struct{ name, line string }{{".gitignore", "/deploy/secrets/"}, {".dockerignore", "deploy/secrets"}} {
		text, err := os.ReadFile(filepath.Join(root, file.name))
		if err != nil || !slices.Contains(strings.Split(string(text), "\n"), file.line) {
			t.Errorf("%s lacks %s: %v", file.name, file.line, err)
		}
	}
}

func same(t *testing.T, a, b string) bool {
	t.Helper()
	b, err := filepath.Abs(b)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Clean(a) == b
}
