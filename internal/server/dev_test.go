package server

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestDevInfoHoldsSecretsThatWork(t *testing.T) {
	ctx := context.Background()
	s := start(t, Config{Dev: true})
	info := s.Dev
	if !regexp.MustCompile(`^P[A-Za-z0-9]{27}$`).MatchString(info.ProjectID) {
		t.Errorf("project_id = %q", info.ProjectID)
	}
	owner, err := s.Identity.SignIn(ctx, identity.SignIn{Login: info.OwnerEmail, Password: info.OwnerPassword})
	if err != nil {
		t.Fatalf("the owner can't sign in: %v", err)
	}
	key, err := s.Identity.VerifyKey(ctx, info.ManagementKey, "")
	if err != nil {
		t.Fatalf("the management key does not work: %v", err)
	}
	if key.Subject != info.ManagementClientID {
		t.Errorf("the key is %q's, want %q's", key.Subject, info.ManagementClientID)
	}
	for _, who := range []rolecall.SubjectID{owner, key.Subject} {
		d, err := s.Rolecall.Check(ctx, rolecall.Request{Subject: who, Role: "Owner"})
		if err != nil || !d.Allowed {
			t.Errorf("%s is not an owner: %v %v", who, d, err)
		}
	}
}

func TestDevInfoStaysTheSameInOneFolder(t *testing.T) {
	folder := t.TempDir()
	first := start(t, Config{Data: folder, Dev: true})
	want := *first.Dev
	first.Close()
	second := start(t, Config{Data: folder, Dev: true})
	want.URL = second.URL()
	if diff := cmp.Diff(*second.Dev, want); diff != "" {
		t.Error(diff)
	}
}

func TestDevSecretsThatNoLongerWorkAreReplaced(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, s *Server)
	}{
		{"the file is gone", func(t *testing.T, s *Server) { os.Remove(s.DevFile()) }},
		{"the file can't be read", func(t *testing.T, s *Server) { os.WriteFile(s.DevFile(), []byte("{"), 0o600) }},
		{"the password was changed", func(t *testing.T, s *Server) {
			login, err := rolecall.Find(ctx, s.Rolecall, devActor, &rolecall.LoginID{Login: devOwner})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Identity.SetPassword(ctx, devActor, login.Subject, identity.PasswordChange{Password: "another password 7"}); err != nil {
				t.Fatal(err)
			}
		}},
		{"the key was deleted", func(t *testing.T, s *Server) {
			if _, err := s.Identity.DeleteKey(ctx, devActor, rolecall.CredentialID(s.Dev.ManagementClientID)); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			first := start(t, Config{Data: folder, Dev: true})
			tt.spoil(t, first)
			first.Close()
			s := start(t, Config{Data: folder, Dev: true})
			if _, err := s.Identity.SignIn(ctx, identity.SignIn{Login: s.Dev.OwnerEmail, Password: s.Dev.OwnerPassword}); err != nil {
				t.Errorf("the owner can't sign in: %v", err)
			}
			if _, err := s.Identity.VerifyKey(ctx, s.Dev.ManagementKey, ""); err != nil {
				t.Errorf("the management key does not work: %v", err)
			}
		})
	}
}

func TestDevInfoIsWrittenForItsOwnerAloneOnceTheServerListens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dev.json")
	s := start(t, Config{Dev: true, DevInfo: file})
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Fatalf("it is there before the server runs: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { stop(); <-ended }()

	data := wait(t, file)
	var info map[string]any
	if err := json.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	if _, ok := info["ca_file"]; ok {
		t.Error("ca_file is there without TLS")
	}
	for _, field := range []string{"url", "project_id", "management_key", "management_client_id", "management_client_secret", "owner_email", "owner_password"} {
		if text, _ := info[field].(string); text == "" {
			t.Errorf("%s is missing", field)
		}
	}
	stat, err := os.Stat(file)
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600 (%v)", stat.Mode(), err)
	}
	if r, err := http.Get(info["url"].(string) + "readyz"); err != nil || r.StatusCode != 200 {
		t.Errorf("the server does not answer at url: %v %v", r, err)
	}
}

// wait returns the content of a file once it is there.
func wait(t *testing.T, file string) []byte {
	t.Helper()
	for range 6000 {
		if data, err := os.ReadFile(file); err == nil {
			return data
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not come", file)
	return nil
}

// Pages come from a folder only where a development server is started in a checkout
// of this module.
func TestWhereEditedPagesCount(t *testing.T) {
	if checkout("../..") == nil {
		t.Error("the checkout that this is in is none")
	}
	folder := t.TempDir()
	for _, tt := range []struct{ file, text string }{
		{"console/pages/_layout.html", "{{define `layout`}}not ours{{end}}"},
		{"go.mod", "module example.com/other\n"},
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, tt.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, tt.file), []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if checkout(folder) != nil {
			t.Errorf("with %s it is a checkout", tt.file)
		}
	}
	for _, dev := range []bool{true, false} {
		t.Chdir("../..")
		var out bytes.Buffer
		s := start(t, Config{Dev: dev, Log: slog.New(slog.NewTextHandler(&out, nil))})
		if got := ask(s, "GET", "/console/sign-in"); got.StatusCode != 200 {
			t.Errorf("the sign-in page = %d", got.StatusCode)
		}
		if read := strings.Contains(out.String(), "are read from the folder console"); read != dev {
			t.Errorf("with Dev %v, pages are read from the folder: %v", dev, read)
		}
		t.Chdir("internal/server")
	}
}
