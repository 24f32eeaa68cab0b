package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

func TestASettingComesFromTheFlagThenTheEnvironmentThenTheFileThenTheDefault(t *testing.T) {
	const file = `{"log_level": "error", "drain_timeout": "5s", "dev": true}`
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		file string
		want string // of log-level, drain-timeout and dev
	}{
		{"nothing is set", nil, nil, "", "info 20s false"},
		{"the file sets what it names", nil, nil, file, "error 5s true"},
		{"the environment wins over the file", nil, map[string]string{"ROLECALL_LOG_LEVEL": "debug", "ROLECALL_DEV": "false"}, file, "debug 5s false"},
		{"the flag wins over both", []string{"--log-level=warn", "--drain-timeout=1s"}, map[string]string{"ROLECALL_LOG_LEVEL": "debug"}, file, "warn 1s true"},
		{"a flag wins even with the default's value", []string{"--log-level=info"}, map[string]string{"ROLECALL_LOG_LEVEL": "debug"}, file, "info 5s true"},
		{"an empty variable is none", nil, map[string]string{"ROLECALL_LOG_LEVEL": ""}, file, "error 5s true"},
		{"a variable that is no setting is left alone", nil, map[string]string{"ROLECALL_PORT": "tcp://10.0.0.1:80"}, "", "info 20s false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := settle(t, tt.args, tt.env, tt.file)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join([]string{c.LogLevel, c.DrainTimeout.String(), map[bool]string{true: "true", false: "false"}[c.Dev]}, " ")
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestABadSettingIsRefusedByName(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		file string
		want string
	}{
		{"an unknown key of the file", nil, `{"adress": "x"}`, `there is no setting "adress"`},
		{"a wrong type in the file", nil, `{"drain_timeout": "soon"}`, `drain_timeout: "soon" is not a valid duration`},
		{"a list in the file", nil, `{"addr": ["x"]}`, "addr must be text"},
		{"a file that is no object", nil, `[1]`, "must be a JSON object"},
		{"a wrong type in the environment", map[string]string{"ROLECALL_DEV": "perhaps"}, "", `ROLECALL_DEV: "perhaps" is not a valid bool`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := settle(t, nil, tt.env, tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got the error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func settle(t *testing.T, args []string, env map[string]string, file string) (*Config, error) {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	c := Flags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "rolecall.json")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := Settle(fs, func(name string) (string, bool) { value, ok := env[name]; return value, ok }, path)
	return c, err
}

func TestSettingsThatDoNotFitTogetherAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Config
		want string
	}{
		{"half of a certificate", Config{Addr: ":0", TLSCert: "a.pem"}, "tls-cert and tls-key belong together"},
		{"dev-info without dev", Config{Addr: ":0", DevInfo: "x"}, "dev-info is written with --dev only"},
		{"an address without a port", Config{Addr: "localhost"}, "must have the form host:port"},
		{"a URL of another scheme", Config{Addr: ":0", URL: "ftp://x/"}, "must be like https://"},
		{"a URL with a query", Config{Addr: ":0", URL: "https://x/?a=b"}, "must be like https://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.c.check(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("check() = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTheIssuerIsTheURLOrTheAddressWithASlash(t *testing.T) {
	for _, tt := range []struct {
		c    Config
		want string
	}{
		{Config{Addr: "127.0.0.1:8787"}, "http://127.0.0.1:8787/"},
		{Config{Addr: ":8787"}, "http://127.0.0.1:8787/"},
		{Config{Addr: "0.0.0.0:80", TLSCert: "x"}, "https://127.0.0.1:80/"},
		{Config{Addr: "localhost:1", URL: "https://auth.example.com"}, "https://auth.example.com/"},
		{Config{Addr: "localhost:1", URL: "https://example.com/auth/"}, "https://example.com/auth/"},
	} {
		if got := tt.c.issuer(tt.c.Addr); got != tt.want {
			t.Errorf("issuer of %+v = %q, want %q", tt.c, got, tt.want)
		}
	}
}
