package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

func TestARunningServerTellsWebhooks(t *testing.T) {
	got := make(chan *client.WebhookEvent, 10)
	var secret string
	told := make(chan struct{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-told // the secret
		if e, err := client.ReadWebhook(r, secret); err != nil {
			t.Error(err)
		} else {
			got <- e
		}
	}))
	defer endpoint.Close()
	s := start(t, Config{WebhookAllow: "127.0.0.0/8, 10.0.0.0/8"})
	owner := keyOf(t, s, rolecall.RoleOwner)
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(running) }()
	c, err := client.Dial(t.Context(), s.URL(), owner)
	if err != nil {
		t.Fatal(err)
	}
	made, shown, _, err := c.AddWebhook(t.Context(), client.Webhook{URL: endpoint.URL, Kinds: []rolecall.Kind{rolecall.KindUser}})
	if err != nil {
		t.Fatal(err)
	}
	secret = shown
	close(told)
	if test, err := c.TestWebhook(t.Context(), made.ID); err != nil || !test.Delivered {
		t.Fatalf("TestWebhook = %+v, %v", test, err)
	}
	if e := <-got; e.Type != "test" {
		t.Errorf("the test is %+v", e)
	}
	receipt, err := c.Write(t.Context(), client.Create(&rolecall.User{ID: "ann"}))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-got:
		if e.Type != "changes" || e.Revision != receipt.Revision || len(e.Changes) != 1 || e.Changes[0].Subject != "ann" {
			t.Errorf("the event is %+v", e)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing is told")
	}
	text := scrape(t, s, owner)
	for end := time.Now().Add(time.Minute); value(text, "rolecall_webhook_deliveries_total") != 1 && time.Now().Before(end); text = scrape(t, s, owner) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := value(text, "rolecall_webhook_deliveries_total"); n != 1 {
		t.Errorf("the metrics count %v", n)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := New(t.Context(), Config{Data: t.TempDir(), Addr: "127.0.0.1:0", WebhookAllow: "localhost"}); err == nil || !strings.Contains(err.Error(), "webhook-allow") {
		t.Errorf("a name as a network gives %v", err)
	}
}
