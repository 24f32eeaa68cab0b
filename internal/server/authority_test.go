package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// run serves until the test ends.
func run(t *testing.T, s *Server) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestADevelopmentServerServesHTTPSThatClientsCanBeToldToTrust(t *testing.T) {
	folder := t.TempDir()
	s := start(t, Config{Data: folder, Dev: true, TLS: true})
	run(t, s)
	if !strings.HasPrefix(s.URL(), "https://127.0.0.1:") || s.Dev.CAFile != filepath.Join(folder, "tls", "ca.pem") {
		t.Errorf("url %q, ca_file %q", s.URL(), s.Dev.CAFile)
	}
	for file, mode := range map[string]os.FileMode{"ca.pem": 0o644, "ca-key.pem": 0o600, "localhost.pem": 0o644, "localhost-key.pem": 0o600} {
		if info, err := os.Stat(filepath.Join(folder, "tls", file)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, want mode %o (%v)", file, info, mode, err)
		}
	}
	ca, err := os.ReadFile(s.Dev.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		answer, err := client.Get(strings.Replace(s.URL(), "127.0.0.1", host, 1) + "healthz")
		if err != nil || answer.StatusCode != 200 || answer.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v %v, want 200, and no promise for other programs on this machine", host, answer, err)
		}
	}
	if _, err := http.Get(s.URL()); err == nil {
		t.Error("a client that trusts nobody got an answer")
	}
	t.Run("OpenSSL", func(t *testing.T) {
		trusts(t, "openssl", "verify", "-x509_strict", "-CAfile", s.Dev.CAFile, filepath.Join(folder, "tls", "localhost.pem"))
	})
}

// trusts runs a program that ends well if it trusts what it is given.
func trusts(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func TestADevelopmentCertificateIsKeptAndMadeAnewInTime(t *testing.T) {
	folder, now := t.TempDir(), time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	serial := func(after time.Duration) (leaf, ca string) {
		t.Helper()
		a, err := newAuthority(folder, func() time.Time { return now.Add(after) })
		if err != nil {
			t.Fatal(err)
		}
		c, err := a.certificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		of, err := x509.ParseCertificate(c.Certificate[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Leaf.CheckSignatureFrom(of); err != nil {
			t.Error(err)
		}
		return c.Leaf.SerialNumber.String(), of.SerialNumber.String()
	}
	const day = 24 * time.Hour
	leaf, ca := serial(0)
	if l, c := serial(day); l != leaf || c != ca {
		t.Error("a day later, something was made anew")
	}
	l, c := serial(61 * day)
	if l == leaf || c != ca {
		t.Errorf("29 days before the certificate ends, anew: certificate %t, authority %t, want the certificate alone", l != leaf, c != ca)
	}
	if l2, c := serial(5 * 365 * day); l2 == l || c == ca {
		t.Error("when the authority has ended, not both were made anew")
	}
	for _, file := range []string{"ca-key.pem", "localhost-key.pem", "ca.pem"} {
		if err := os.WriteFile(filepath.Join(folder, "tls", file), []byte("no key"), 0o600); err != nil {
			t.Fatal(err)
		}
		serial(5 * 365 * day) // what can't be read is made anew
	}
}

func TestARunningDevelopmentServerRenewsItsCertificate(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	a, err := newAuthority(t.TempDir(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	first, _ := a.certificate(nil)
	now = now.Add(certificateLifetime)
	second, err := a.certificate(nil)
	if err != nil || second.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) == 0 {
		t.Errorf("the certificate that has ended is still served (%v)", err)
	}
}

func TestWhereDevelopmentTLSIsOfNoUse(t *testing.T) {
	for _, c := range []Config{
		{TLS: true, Addr: "127.0.0.1:0"},
		{TLS: true, Dev: true, Addr: "127.0.0.1:0", TLSCert: "c", TLSKey: "k"},
		{TLS: true, Dev: true, Addr: "127.0.0.1:0", URL: "http://127.0.0.1:1/"},
		{TLS: true, Dev: true, Addr: "127.0.0.1:0", URL: "https://auth.example.com/"},
		{TLS: true, Dev: true, Addr: "192.0.2.1:0"},
	} {
		if err := c.check(); err == nil || !strings.HasPrefix(err.Error(), "tls") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []Config{
		{TLS: true, Dev: true, Addr: "localhost:0"}, {TLS: true, Dev: true, Addr: "[::1]:0"}, {TLS: true, Dev: true, Addr: "0.0.0.0:0"},
		{TLS: true, Dev: true, Addr: "0.0.0.0:0", URL: "https://localhost:9443"},
	} {
		if err := c.check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestCertificateFilesAreReadAgainWhenTheyChange(t *testing.T) {
	cert, key, _ := testCertificate(t)
	var log bytes.Buffer
	c, err := newCertificate(cert, key, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c.now = func() time.Time { return now }
	serving := func() string {
		t.Helper()
		now = now.Add(2 * lookEvery)
		got, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(got.Certificate[0])
	}
	first := serving()
	if serving() != first || log.Len() != 0 {
		t.Errorf("it changed by itself: %s", &log)
	}
	otherCert, otherKey, _ := testCertificate(t)
	replace(t, cert, otherCert)
	again, andAgain := serving(), serving()
	if again != first || andAgain != first || strings.Count(log.String(), "stays") != 1 {
		t.Errorf("with half of a new pair the old one is not served, or not said once: %s", &log)
	}
	replace(t, key, otherKey)
	second := serving()
	if second == first {
		t.Errorf("the new pair is not served: %s", &log)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if serving() != second {
		t.Error("without the files the pair in use is gone")
	}
	var line struct {
		Expires time.Time `json:"expires_at"`
	}
	for _, text := range strings.Split(log.String(), "\n") {
		if strings.Contains(text, "read again") {
			if err := json.Unmarshal([]byte(text), &line); err != nil || line.Expires.IsZero() {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

// replace puts a file in the place of another, as a renewal does.
func replace(t *testing.T, file, by string) {
	t.Helper()
	data, err := os.ReadFile(by)
	if err == nil {
		err = writeFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
