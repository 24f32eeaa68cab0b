package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/internal/webhook"
	"github.com/rolecall/rolecall/sqlite"
)

var (
	system   = rolecall.System("test")
	loopback = webhook.Allow(netip.MustParsePrefix("127.0.0.0/8"))
)

// A stage is a project in a file, and where it tells of changes.
type stage struct {
	*rolecall.Service
	t     *testing.T
	store webhook.Store
	keys  *token.Keys
	hooks *webhook.Hooks

	endpoint *httptest.Server
	secret   string
	mu       sync.Mutex
	got      []*client.WebhookEvent
	answer   func(n int) int // to the n-th request, from 0; nil is 204
	asked    int
	bodies   []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t}
	s.open(filepath.Join(t.TempDir(), "rolecall.db"))
	s.endpoint = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.endpoint.Close)
	return s
}

func (s *stage) open(path string) {
	s.t.Helper()
	store, err := sqlite.Open(s.t.Context(), path)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.Service, err = rolecall.New(s.t.Context(), store); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.Close() })
	s.store, s.keys = store, token.New(s.Service, token.WithIssuer("http://x/"), token.WithSecret([]byte("0123456789abcdef")))
	s.hooks = s.more()
}

// more returns the webhooks as another process has them.
func (s *stage) more(options ...webhook.Option) *webhook.Hooks {
	return webhook.New(s.Service, s.store, s.keys.Box("webhooks"), append([]webhook.Option{loopback, webhook.Quick(time.Minute)}, options...)...)
}

func (s *stage) receive(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.asked
	s.asked++
	if s.answer != nil {
		if code := s.answer(n); code != 204 {
			w.WriteHeader(code)
			return
		}
	}
	body, _ := io.ReadAll(r.Body)
	event, err := client.VerifyWebhook(r.Header.Get("Rolecall-Signature"), body, s.secret, time.Now())
	if err != nil {
		s.t.Errorf("the signature does not verify: %v", err)
		w.WriteHeader(401)
		return
	}
	s.got, s.bodies = append(s.got, event), append(s.bodies, string(body))
	w.WriteHeader(204)
}

// eventually waits for what stays so once it is.
func (s *stage) eventually(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not within a minute: %s", what)
		}
	}
}

// came returns what came up to now.
func (s *stage) came() []*client.WebhookEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// events returns what came, once there are n.
func (s *stage) events(n int) (got []*client.WebhookEvent) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d events", n), func() bool { got = s.came(); return len(got) >= n })
	return got
}

// told returns the revisions that came, each when it first did: one that comes
// again is to be left, as its id says.
func (s *stage) told() (revisions []rolecall.Revision) {
	ids := map[string]bool{}
	for _, e := range s.came() {
		if !ids[e.ID] {
			ids[e.ID], revisions = true, append(revisions, e.Revision)
		}
	}
	return revisions
}

func (s *stage) add(hook webhook.Hook) webhook.Hook {
	s.t.Helper()
	if hook.URL == "" {
		hook.URL = s.endpoint.URL + "/hook"
	}
	made, secret, _, err := s.hooks.Add(s.t.Context(), system, hook)
	if err != nil {
		s.t.Fatal(err)
	}
	s.secret = secret
	return made
}

func (s *stage) write(ops ...rolecall.Op) rolecall.Revision {
	s.t.Helper()
	receipt, err := s.Write(s.t.Context(), system, ops...)
	if err != nil {
		s.t.Fatal(err)
	}
	return receipt.Revision
}

// run runs hooks until the returned function, which waits for them, is called.
func (s *stage) run(hooks *webhook.Hooks) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { hooks.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	s.t.Cleanup(stop)
	return stop
}

func user(n int) *rolecall.User {
	return &rolecall.User{ID: rolecall.SubjectID(fmt.Sprintf("u%d", n)), Name: "Private Name"}
}

func TestChangesAreTold(t *testing.T) {
	s := newStage(t)
	made := s.add(webhook.Hook{Description: "the intranet"})
	s.run(s.hooks)
	first := s.write(rolecall.Create(user(1)), rolecall.Create(&rolecall.Role{ID: "r", Name: "R"}))
	second := s.write(rolecall.Create(&rolecall.Assignment{Subject: "u1", Role: "r"}))
	third := s.write(rolecall.Delete(user(1)))
	got := s.events(3)
	if len(got) != 3 || got[0].Revision != first || got[1].Revision != second || got[2].Revision != third {
		t.Fatalf("the events are %+v", got)
	}
	e := got[1]
	want := client.WebhookChange{Seq: e.Changes[0].Seq, Change: "created", Kind: "assignment", Key: "u1\tr\t\t\tmanual", Subject: "u1", Actor: "system", Door: "test"}
	if e.Type != "changes" || e.Webhook != made.ID || e.Project != s.Project() || e.ID == got[0].ID || len(e.Changes) != 1 || e.Changes[0] != want {
		t.Errorf("the event is %+v", e)
	}
	if len(got[0].Changes) != 2 || len(got[2].Changes) != 2 || got[2].Changes[1].Change != "deleted" {
		t.Errorf("the others are %+v, %+v", got[0], got[2])
	}
	for _, body := range s.bodies {
		if strings.Contains(body, "Private Name") {
			t.Errorf("an event shows a profile: %s", body)
		}
	}
	listed, err := s.hooks.List(t.Context(), system)
	if err != nil || len(listed) != 1 || listed[0].Failures != 0 || listed[0].Description != "the intranet" {
		t.Errorf("List = %+v, %v", listed, err)
	}
}

// TestEachIsToldInOrder: whatever the endpoint answers, it takes every write
// once or more, in the order of revisions, over restarts of those who tell.
func TestEachIsToldInOrder(t *testing.T) {
	s := newStage(t)
	s.answer = func(n int) int { return []int{500, 204, 404, 302, 204, 204, 503, 204}[n%8] }
	s.add(webhook.Hook{})
	quick := webhook.Quick(time.Second) // who ended without a word is soon replaced
	var want []rolecall.Revision
	for round := range 3 {
		stop := s.run(s.more(quick))
		for i := range 10 {
			want = append(want, s.write(rolecall.Create(user(100*round+i))))
		}
		s.eventually("half of a round", func() bool { return len(s.told()) >= len(want)-5 }) // and stop in the middle
		stop()
	}
	s.run(s.more(quick))
	s.run(s.more(quick))
	s.eventually("the last write", func() bool { told := s.told(); return len(told) > 0 && told[len(told)-1] == want[len(want)-1] })
	if told := s.told(); !slices.Equal(told, want) {
		t.Errorf("the order is %v, want %v", told, want)
	}
}

// TestAStopLeavesWebhooksToTheNext: who stops holds nothing any more, although
// its lease would go on for an hour.
func TestAStopLeavesWebhooksToTheNext(t *testing.T) {
	s := newStage(t)
	s.add(webhook.Hook{})
	stop := s.run(s.more(webhook.Quick(time.Hour)))
	s.write(rolecall.Create(user(1)))
	s.events(1)
	stop()
	if states, err := s.store.Webhooks(t.Context()); err != nil || len(states) != 1 || states[0].Holder != "" || !states[0].HeldUntil.IsZero() {
		t.Errorf("after the stop the state is %+v, %v", states, err)
	}
	next := s.write(rolecall.Create(user(2)))
	s.run(s.more(webhook.Quick(time.Hour)))
	s.eventually("the next write", func() bool { told := s.told(); return len(told) > 0 && told[len(told)-1] == next })
}

func TestOneProcessTells(t *testing.T) {
	s := newStage(t)
	s.add(webhook.Hook{})
	for range 4 {
		s.run(s.more())
	}
	const n = 50
	for i := range n {
		s.write(rolecall.Create(user(i)))
	}
	s.events(n)
	time.Sleep(100 * time.Millisecond)
	if got := len(s.events(n)); got != n {
		t.Errorf("%d events came of %d writes", got, n)
	}
}

func TestWhatIsTold(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}), rolecall.Create(user(1)), rolecall.Create(&rolecall.Role{ID: "r", Name: "R"}))
	s.add(webhook.Hook{Kinds: []rolecall.Kind{"assignment", "membership"}, Tenant: "acme"})
	s.run(s.hooks)
	s.write(rolecall.Create(user(2)))
	s.write(rolecall.Create(&rolecall.Assignment{Subject: "u1", Role: "r"}))
	here := s.write(rolecall.Create(&rolecall.Assignment{Subject: "u1", Role: "r", Scope: rolecall.Scope{Tenant: "acme"}}), rolecall.Create(user(3)))
	last := s.write(rolecall.Create(&rolecall.Membership{Subject: "u2", Tenant: "acme"}))
	got := s.events(2)
	if len(got) != 2 || got[0].Revision != here || len(got[0].Changes) != 1 || got[1].Revision != last {
		t.Errorf("the events are %+v", got)
	}
}

func TestALongWriteIsToldInPart(t *testing.T) {
	s := newStage(t)
	s.add(webhook.Hook{})
	var ops []rolecall.Op
	for i := range 2500 {
		ops = append(ops, rolecall.Create(user(i)))
	}
	long := s.write(ops...)
	next := s.write(rolecall.Create(user(9999)))
	s.run(s.hooks)
	got := s.events(2)
	if got[0].Revision != long || len(got[0].Changes) != 1000 || !got[0].Truncated || got[1].Revision != next || got[1].Truncated {
		t.Errorf("the events are of %d, %d changes, and %d", got[0].Revision, len(got[0].Changes), got[1].Revision)
	}
}

func TestRotateDisableRemove(t *testing.T) {
	s := newStage(t)
	made := s.add(webhook.Hook{Kinds: []rolecall.Kind{rolecall.KindUser}})
	s.run(s.hooks)
	s.write(rolecall.Create(user(1)))
	s.events(1)
	u2 := func() bool {
		return slices.ContainsFunc(s.came(), func(e *client.WebhookEvent) bool {
			return slices.ContainsFunc(e.Changes, func(c client.WebhookChange) bool { return c.Key == "u2" })
		})
	}

	if _, err := s.hooks.Enable(t.Context(), system, made.ID, false); err != nil {
		t.Fatal(err)
	}
	s.eventually("nobody tells the disabled one", func() bool { return !s.hooks.Works(made.ID) })
	s.write(rolecall.Create(user(2)))
	time.Sleep(100 * time.Millisecond) // in which it would be told
	if u2() {
		t.Error("a disabled one is told more")
	}
	_, secret, _, err := s.hooks.Rotate(t.Context(), system, made.ID)
	if err != nil || secret == s.secret {
		t.Fatalf("Rotate: %v", err)
	}
	s.mu.Lock()
	s.secret = secret
	s.mu.Unlock()
	if _, err := s.hooks.Enable(t.Context(), system, made.ID, true); err != nil {
		t.Fatal(err)
	}
	s.eventually("what it missed while disabled is told", u2)
	tested, err := s.hooks.Test(t.Context(), system, made.ID)
	if err != nil || !tested.Delivered || tested.Status != 204 {
		t.Errorf("Test = %+v, %v", tested, err)
	}
	if _, err := s.hooks.Remove(t.Context(), system, made.ID); err != nil {
		t.Fatal(err)
	}
	if states, err := s.store.Webhooks(t.Context()); err != nil || len(states) != 0 {
		t.Errorf("its state stays: %v, %v", states, err)
	}
	for name, f := range map[string]func() error{
		"Rotate": func() error { _, _, _, err := s.hooks.Rotate(t.Context(), system, made.ID); return err },
		"Change": func() error {
			_, _, err := s.hooks.Change(t.Context(), system, made.ID, func(*webhook.Hook) error { return nil })
			return err
		},
		"Enable": func() error { _, err := s.hooks.Enable(t.Context(), system, made.ID, true); return err },
		"Remove": func() error { _, err := s.hooks.Remove(t.Context(), system, made.ID); return err },
		"Test":   func() error { _, err := s.hooks.Test(t.Context(), system, made.ID); return err },
	} {
		if err := f(); !errors.Is(err, rolecall.ErrNotFound) {
			t.Errorf("%s of one that is gone: %v, want ErrNotFound", name, err)
		}
	}
	if _, err := s.VerifyAudit(t.Context(), system, nil); err != nil {
		t.Error(err)
	}
}

// What a change leaves alone are the secret, whether it is disabled, and what was
// told: the rest is told as the webhook is then.
func TestAChangedWebhookGoesOnWhereItWas(t *testing.T) {
	s := newStage(t)
	made := s.add(webhook.Hook{Kinds: []rolecall.Kind{rolecall.KindUser}})
	s.write(rolecall.Create(user(1)), rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}))
	if _, err := s.hooks.Enable(t.Context(), system, made.ID, false); err != nil {
		t.Fatal(err)
	}
	changed, _, err := s.hooks.Change(t.Context(), system, made.ID, func(k *webhook.Hook) error {
		k.ID, k.Disabled, k.RotatedAt = "hook_other", false, time.Now()
		k.Kinds, k.Tenant = []rolecall.Kind{rolecall.KindTenant, rolecall.KindTenant}, "acme"
		return nil
	})
	want := webhook.Hook{ID: made.ID, URL: made.URL, Kinds: []rolecall.Kind{rolecall.KindTenant}, Tenant: "acme", Disabled: true}
	if err != nil || fmt.Sprint(changed) != fmt.Sprint(want) {
		t.Fatalf("Change = %+v, %v, want %+v", changed, err, want)
	}
	if kept, err := s.hooks.Get(t.Context(), system, made.ID); err != nil || fmt.Sprint(kept) != fmt.Sprint(want) {
		t.Fatalf("Get = %+v, %v, want %+v", kept, err, want)
	}
	if _, err := s.hooks.Enable(t.Context(), system, made.ID, true); err != nil {
		t.Fatal(err)
	}
	s.run(s.hooks)
	if first := s.events(1)[0]; len(first.Changes) != 1 || first.Changes[0].Key != "acme" {
		t.Errorf("it is told %+v", first)
	}
}

func TestTheSecretIsKept(t *testing.T) {
	s := newStage(t)
	made := s.add(webhook.Hook{})
	states, err := s.store.Webhooks(t.Context())
	if err != nil || len(states) != 1 || strings.Contains(string(states[0].Secret), s.secret) || len(states[0].Secret) < 40 {
		t.Fatalf("the store has %v, %v", states, err)
	}
	setting, err := rolecall.Find(t.Context(), s.Service, system, &rolecall.Setting{Name: "webhook/" + made.ID})
	if err != nil || strings.Contains(string(setting.Value), s.secret) {
		t.Errorf("the setting is %s, %v", setting.Value, err)
	}
	entries, err := s.Audit(t.Context(), system, rolecall.EntryQuery{Limit: 1000})
	for _, e := range entries {
		if err != nil || strings.Contains(string(e.After), s.secret) || strings.Contains(string(e.Before), s.secret) {
			t.Errorf("an entry shows it: %v", err)
		}
	}
	stranger := webhook.New(s.Service, s.store, token.New(s.Service, token.WithSecret([]byte("another secret...."))).Box("webhooks"), loopback)
	if tested, err := stranger.Test(t.Context(), system, made.ID); err != nil || tested.Delivered || !strings.Contains(tested.Error, "sealed with another secret") {
		t.Errorf("a process with another secret: %+v, %v", tested, err)
	}
}

func TestWhoMayHaveWebhooks(t *testing.T) {
	s := newStage(t)
	s.write(rolecall.Create(user(1)), rolecall.Create(user(2)),
		rolecall.Create(&rolecall.Assignment{Subject: "u1", Role: rolecall.RoleAuditor}))
	made := s.add(webhook.Hook{})
	for who, reads := range map[rolecall.SubjectID]bool{"u1": true, "u2": false} {
		by := rolecall.Actor{Subject: who, Door: "test"}
		before := s.Revision()
		_, _, _, add := s.hooks.Add(t.Context(), by, webhook.Hook{URL: s.endpoint.URL})
		_, _, _, rotate := s.hooks.Rotate(t.Context(), by, made.ID)
		_, _, change := s.hooks.Change(t.Context(), by, made.ID, func(k *webhook.Hook) error { k.Tenant = "none"; return nil })
		_, enable := s.hooks.Enable(t.Context(), by, made.ID, false)
		_, test := s.hooks.Test(t.Context(), by, made.ID)
		_, remove := s.hooks.Remove(t.Context(), by, made.ID)
		for name, err := range map[string]error{"add": add, "change": change, "rotate": rotate, "enable": enable, "test": test, "remove": remove} {
			if !errors.Is(err, rolecall.ErrForbidden) {
				t.Errorf("%s may %s: %v", who, name, err)
			}
		}
		if _, err := s.hooks.List(t.Context(), by); errors.Is(err, rolecall.ErrForbidden) == reads {
			t.Errorf("%s lists: %v", who, err)
		}
		if s.Revision() != before {
			t.Errorf("%s changed something", who)
		}
	}
	if s.asked != 0 {
		t.Errorf("%d requests were made", s.asked)
	}
}

func TestWhatCannotBeAWebhook(t *testing.T) {
	s := newStage(t)
	s.add(webhook.Hook{ID: "hook_taken"})
	strict := webhook.New(s.Service, s.store, s.keys.Box("webhooks"))
	for name, tt := range map[string]struct {
		hook  webhook.Hook
		field string
		want  error
	}{
		"no URL":                {webhook.Hook{}, "url", rolecall.ErrInvalid},
		"another scheme":        {webhook.Hook{URL: "ftp://example.com/"}, "url", rolecall.ErrInvalid},
		"a file":                {webhook.Hook{URL: "file:///etc/passwd"}, "url", rolecall.ErrInvalid},
		"a password":            {webhook.Hook{URL: "https://me:secret@example.com/"}, "url", rolecall.ErrInvalid},
		"a fragment":            {webhook.Hook{URL: "https://example.com/#x"}, "url", rolecall.ErrInvalid},
		"a long URL":            {webhook.Hook{URL: "https://example.com/" + strings.Repeat("x", 2000)}, "url", rolecall.ErrInvalid},
		"plain http":            {webhook.Hook{URL: "http://example.com/"}, "url", rolecall.ErrInvalid},
		"this machine":          {webhook.Hook{URL: "https://127.0.0.1/"}, "url", rolecall.ErrInvalid},
		"this machine, IPv6":    {webhook.Hook{URL: "https://[::1]/"}, "url", rolecall.ErrInvalid},
		"the cloud's own":       {webhook.Hook{URL: "https://169.254.169.254/"}, "url", rolecall.ErrInvalid},
		"an unknown kind":       {webhook.Hook{URL: "https://example.com/", Kinds: []rolecall.Kind{"x"}}, "kinds", rolecall.ErrInvalid},
		"an unknown tenant":     {webhook.Hook{URL: "https://example.com/", Tenant: "x"}, "tenant", rolecall.ErrNotFound},
		"a description of two":  {webhook.Hook{URL: "https://example.com/", Description: "a\nb"}, "description", rolecall.ErrInvalid},
		"another form of an id": {webhook.Hook{URL: "https://example.com/", ID: "x"}, "id", rolecall.ErrInvalid},
		"an id with a slash":    {webhook.Hook{URL: "https://example.com/", ID: "hook_a/b"}, "id", rolecall.ErrInvalid},
		"an id that is taken":   {webhook.Hook{URL: "https://example.com/", ID: "hook_taken"}, "id", rolecall.ErrConflict},
	} {
		before := s.Revision()
		_, _, _, err := strict.Add(t.Context(), system, tt.hook)
		var field *rolecall.FieldError
		if !errors.Is(err, tt.want) || !errors.As(err, &field) || field.Field != tt.field {
			t.Errorf("%s: %v, want %v of %s", name, err, tt.want, tt.field)
		}
		if tt.field != "id" { // which can't be changed
			_, _, changed := strict.Change(t.Context(), system, "hook_taken", func(k *webhook.Hook) error { *k = tt.hook; return nil })
			if fmt.Sprint(changed) != fmt.Sprint(err) {
				t.Errorf("a change to %s: %v, and making it: %v", name, changed, err)
			}
		}
		if strings.Contains(fmt.Sprint(err), "secret") || s.Revision() != before {
			t.Errorf("%s: %v, at revision %d", name, err, s.Revision())
		}
	}
}

// TestWhereRequestsGo: a name that leads into the server's own network, or a
// redirect to there, is no way in.
func TestWhereRequestsGo(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "93.184.216.34": true, "2606:4700:4700::1111": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false, "100.64.0.1": false, "198.18.0.1": false, "192.0.2.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::ffff:1.1.1.1": true,
	} {
		if got := webhook.MayReach(netip.MustParseAddr(address)); got != want {
			t.Errorf("requests may go to %s: %v, want %v", address, got, want)
		}
	}

	s := newStage(t)
	strict := webhook.New(s.Service, s.store, s.keys.Box("webhooks"))
	address := strings.TrimPrefix(s.endpoint.URL, "http://127.0.0.1")
	byName := s.add(webhook.Hook{URL: "https://localhost" + address + "/"})
	if tested, err := strict.Test(t.Context(), system, byName.ID); err != nil || tested.Delivered || !strings.Contains(tested.Error, "not public") {
		t.Errorf("a name of this machine: %+v, %v", tested, err)
	}
	elsewhere := 0
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer target.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	hook := s.add(webhook.Hook{URL: redirecting.URL})
	if tested, err := s.hooks.Test(t.Context(), system, hook.ID); err != nil || tested.Delivered || tested.Status != 307 || elsewhere != 0 {
		t.Errorf("a redirect: %+v, %v, and %d requests elsewhere", tested, err, elsewhere)
	}
	gone := s.add(webhook.Hook{URL: "http://127.0.0.1:1/?token=hunter2"})
	if tested, err := s.hooks.Test(t.Context(), system, gone.ID); err != nil || tested.Error != "it refuses connections" {
		t.Errorf("nobody there: %+v, %v", tested, err)
	}
}
