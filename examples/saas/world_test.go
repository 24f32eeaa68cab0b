package main

import (
	"encoding/json"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall/client"
)

// A world is the service and the Rolecall server that it asks, both running.
type world struct {
	server, site string
	rc           *client.Client
}

func start(t *testing.T) *world {
	t.Helper()
	folder := t.TempDir()
	program, info := filepath.Join(folder, "rolecall"), filepath.Join(folder, "info.json")
	build := exec.Command("go", "build", "-o", program, "./cmd/rolecall")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	server := exec.CommandContext(t.Context(), program, "serve", "--dev", "--dev-info", info, "--data", filepath.Join(folder, "data"), "--addr", "127.0.0.1:0")
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Cancel(); server.Wait() })
	var found struct {
		URL string `json:"url"`
		Key string `json:"management_key"`
	}
	for deadline := time.Now().Add(time.Minute); found.URL == ""; time.Sleep(50 * time.Millisecond) {
		if data, err := os.ReadFile(info); err == nil && json.Unmarshal(data, &found) == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not start")
		}
	}
	rc, err := client.Dial(t.Context(), found.URL, found.Key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{server: found.URL, site: "http://" + listener.Addr().String(), rc: rc}
	handler, err := newService(t.Context(), rc, w.server, w.site)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	s.Start()
	t.Cleanup(s.Close)
	return w
}

// link returns the newest link that was mailed to an address.
func (w *world) link(t *testing.T, to string) string {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(strings.TrimSuffix(w.server, "/") + "/dev/mail.json")
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		var mails []struct {
			To    string
			Links []string
		}
		if err := json.Unmarshal(data, &mails); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		for _, m := range mails {
			if strings.Contains(m.To, to) && len(m.Links) > 0 {
				return m.Links[0]
			}
		}
	}
	t.Fatalf("no mail comes for %s", to)
	return ""
}

// A visitor is somebody with a browser that knows cookies, redirects and forms.
type visitor struct {
	t    *testing.T
	http http.Client
	at   *url.URL
	page string
	code int
}

func visit(t *testing.T, address string) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{t: t, http: http.Client{Jar: jar, Timeout: time.Minute}}
	v.open(address)
	return v
}

func (v *visitor) open(address string) *visitor {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), "GET", address, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.send(r)
}

func (v *visitor) send(r *http.Request) *visitor {
	v.t.Helper()
	r.Header.Set("Accept", "text/html")
	answer, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.at, v.page, v.code = answer.Request.URL, string(text), answer.StatusCode
	return v
}

var (
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	emailInput  = regexp.MustCompile(`<input[^>]*name="username"[^>]*value="([^"]*)" readonly`)
)

// post sends a form of the page to a path, relative to the page: "" is the page itself.
func (v *visitor) post(path string, pairs ...string) *visitor {
	v.t.Helper()
	form := url.Values{}
	if path == "" { // Rolecall's own pages
		for _, m := range hiddenInput.FindAllStringSubmatch(v.page, -1) {
			form.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
		}
		if m := emailInput.FindStringSubmatch(v.page); m != nil {
			form.Set("username", html.UnescapeString(m[1]))
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	to := v.at
	if path != "" {
		var err error
		if to, err = v.at.Parse(path); err != nil {
			v.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(v.t.Context(), "POST", to.String(), strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", to.Scheme+"://"+to.Host)
	return v.send(r)
}

// sees fails the test unless the page has all of texts and the status is 200.
func (v *visitor) sees(texts ...string) *visitor {
	v.t.Helper()
	for _, text := range texts {
		if v.code != http.StatusOK || !strings.Contains(v.page, text) {
			v.t.Fatalf("at %s, status %d, there is no %q:\n%s", v.at, v.code, text, v.page)
		}
	}
	return v
}

func (v *visitor) seesNot(texts ...string) *visitor {
	v.t.Helper()
	for _, text := range texts {
		if strings.Contains(v.page, text) {
			v.t.Fatalf("at %s there is %q:\n%s", v.at, text, v.page)
		}
	}
	return v
}

func (v *visitor) gets(status int) *visitor {
	v.t.Helper()
	if v.code != status {
		v.t.Fatalf("at %s the status is %d, want %d:\n%s", v.at, v.code, status, v.page)
	}
	return v
}
