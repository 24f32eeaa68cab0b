package server

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
)

// keyOf makes an access key that holds a role everywhere.
func keyOf(t *testing.T, s *Server, role rolecall.RoleID) string {
	t.Helper()
	k := identity.NewKey{Name: "key of " + string(role)}
	if role != "" {
		k.Roles = []rolecall.Assignment{{Role: role}}
	}
	key, err := s.Identity.CreateKey(context.Background(), rolecall.System("test"), k)
	if err != nil {
		t.Fatal(err)
	}
	return key.Secret
}

// value returns what a line of metrics says, -1 if there is none.
func value(text, series string) float64 {
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		return -1
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return -1
	}
	return n
}

func scrape(t *testing.T, s *Server, key string) string {
	t.Helper()
	r := ask(s, "GET", "/metrics", "Authorization", "Bearer "+key)
	text, _ := io.ReadAll(r.Body)
	if r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("/metrics = %d %s %.300s", r.StatusCode, r.Header.Get("Content-Type"), text)
	}
	return string(text)
}

func TestMetricsCountWhatHappens(t *testing.T) {
	s := start(t, Config{})
	auditor := keyOf(t, s, rolecall.RoleAuditor)
	owner := keyOf(t, s, rolecall.RoleOwner)
	ctx := context.Background()
	ended := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() { ended <- s.Run(running) }()
	defer func() { stop(); <-ended }()

	c, err := client.Dial(ctx, s.URL(), owner)
	if err != nil {
		t.Fatal(err)
	}
	before := scrape(t, s, auditor)
	if _, err := c.Write(ctx, client.Create(&rolecall.User{ID: "ann"})); err != nil {
		t.Fatal(err)
	}
	c.With(client.Terms{DryRun: true}).Write(ctx, client.Create(&rolecall.User{ID: "bea"}))
	if _, err := c.Write(ctx, client.Create(&rolecall.User{ID: "ann"})); err == nil {
		t.Fatal("a user is made twice")
	}
	for range 3 {
		c.Check(ctx, rolecall.Request{Subject: "ann", Any: rolecall.KindUser})
	}
	c.Check(ctx, rolecall.Request{Subject: "nobody", Permission: "x"})
	s.Identity.SignIn(ctx, identity.SignIn{Login: "ann@example.com", Password: "wrong"})
	evaluation := `{"subject":{"type":"user","id":"ann"},"action":{"name":"read"},"resource":{"type":"doc","id":"1"}}`
	r, err := http.NewRequest("POST", s.URL()+"access/v1/evaluation", strings.NewReader(evaluation))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+owner)
	r.Header.Set("Content-Type", "application/json")
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != 200 {
		t.Fatal(answer, err)
	} else {
		answer.Body.Close()
	}
	replica, err := client.Replicate(ctx, s.URL(), auditor)
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Close()

	after := scrape(t, s, auditor)
	for _, tt := range []struct {
		series string
		more   float64
	}{
		{`rolecall_decisions_total{allowed="true",door="native",reason="granted"}`, 3},
		{`rolecall_decisions_total{allowed="false",door="native",reason="unknown_subject"}`, 1},
		{`rolecall_decisions_total{allowed="false",door="authzen",reason="unknown_permission"}`, 1},
		{`rolecall_writes_total{door="native",result="committed"}`, 1},
		{`rolecall_writes_total{door="native",result="dry_run"}`, 1},
		{`rolecall_writes_total{door="native",result="refused"}`, 1},
		{`rolecall_logins_total{result="refused"}`, 1},
		{`rolecall_revision`, 1},
		{`rolecall_feeds`, 1},
		{`rolecall_http_requests_total{code="409",door="native",method="POST"}`, 1},
		{`rolecall_http_requests_total{code="200",door="authzen",method="POST"}`, 1},
	} {
		if got := value(after, tt.series) - max(0, value(before, tt.series)); got != tt.more {
			t.Errorf("%s grew by %v, want %v", tt.series, got, tt.more)
		}
	}
	for series, want := range map[string]float64{"rolecall_store_up": 1, "rolecall_revision_lag": 0} {
		if got := value(after, series); got != want {
			t.Errorf("%s = %v, want %v", series, got, want)
		}
	}
	for _, name := range []string{"rolecall_snapshot_age_seconds", "rolecall_decision_duration_seconds_count", "rolecall_write_duration_seconds_count", "go_goroutines", "process_resident_memory_bytes"} {
		if value(after, name) < 0 {
			t.Errorf("there is no %s", name)
		}
	}
	if strings.Contains(after, "ann") || strings.Contains(after, owner) {
		t.Error("a metric has a subject or a key in it")
	}
	if problems, err := testutil.GatherAndLint(s.metrics.registry); err != nil || len(problems) > 0 {
		t.Errorf("the metrics are not as they should be: %v %v", problems, err)
	}
}

func TestEveryDecisionOfAListIsCounted(t *testing.T) {
	m := newMetrics()
	reasons := []rolecall.Reason{rolecall.Granted, rolecall.NotGranted, rolecall.UnknownSubject, rolecall.Blocked, rolecall.UnknownTenant, rolecall.UnknownRole}
	var list []rolecall.Decision
	for i, reason := range reasons {
		for range i + 1 { // not one after the other
			list = append(list, rolecall.Decision{Allowed: reason == rolecall.Granted, Reason: reason}, rolecall.Decision{Reason: rolecall.NotGranted})
		}
	}
	m.Decided(rolecall.Actor{Door: "native"}, nil, list, 0)
	for i, reason := range reasons {
		want := float64(i + 1)
		if reason == rolecall.NotGranted {
			want += float64(len(list) / 2)
		}
		got := testutil.ToFloat64(m.decisions.WithLabelValues("native", strconv.FormatBool(reason == rolecall.Granted), string(reason)))
		if got != want {
			t.Errorf("%s is counted %v times, want %v", reason, got, want)
		}
	}
}

func TestWhoReadsMetrics(t *testing.T) {
	s := start(t, Config{MetricsAddr: "127.0.0.1:0"})
	for name, tt := range map[string]struct {
		authorization string
		status        int
	}{
		"nobody":             {"", 401},
		"an unknown key":     {"Bearer rck_0123456789abcdef_" + strings.Repeat("a", 43), 401},
		"a key that may not": {"Bearer " + keyOf(t, s, ""), 403},
		"a key that may":     {"Bearer " + keyOf(t, s, rolecall.RoleAuditor), 200},
	} {
		if got := ask(s, "GET", "/metrics", "Authorization", tt.authorization).StatusCode; got != tt.status {
			t.Errorf("%s gets %d, want %d", name, got, tt.status)
		}
	}
	for path, status := range map[string]int{"/metrics": 200, "/healthz": 200, "/readyz": 200, "/api/v1/me": 404, "/": 404} {
		answer, err := http.Get("http://" + s.apart.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("%s on the address for metrics = %d, want %d", path, answer.StatusCode, status)
		}
	}
	if _, err := New(t.Context(), Config{Data: t.TempDir(), Addr: "127.0.0.1:0", MetricsAddr: s.apart.Addr().String()}); err == nil || !strings.Contains(err.Error(), "metrics") {
		t.Errorf("an address in use gives %v", err)
	}
}

// What a decision costs with an observer beside one without.
func BenchmarkObserved(b *testing.B) {
	m := newMetrics()
	asked, decided := make([]rolecall.Request, 1), []rolecall.Decision{{Allowed: true, Reason: rolecall.Granted}}
	b.ReportAllocs()
	for b.Loop() {
		m.Decided(rolecall.Actor{Door: "native"}, asked, decided, time.Microsecond)
	}
}
