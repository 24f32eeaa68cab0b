package server

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/internal/identity"
)

// Clients that keep their connections and clients that don't ask as fast as
// they can while the server stops. Every request that reached it has its whole
// answer; the only failure is to find nobody listening.
func TestAStopUnderLoadLosesNoRequest(t *testing.T) {
	// A client that holds an idle connection longer than the delay may use it in the
	// moment in which it is closed: whatever HTTP/1.1 can do, that request is lost.
	s := start(t, Config{DrainDelay: time.Second, DrainTimeout: time.Minute})
	inner := s.handler
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(2 * time.Millisecond) // some requests are always in progress
		inner.ServeHTTP(w, r)
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()

	var answered, lost atomic.Int64
	var clients sync.WaitGroup
	for n := range 16 {
		clients.Go(func() {
			transport := &http.Transport{DisableKeepAlives: n%2 == 0}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			for before, began := time.Now(), time.Now(); ; before, began = began, time.Now() {
				r, err := client.Post(s.URL()+"healthz", "text/plain", nil)
				switch {
				case errors.Is(err, syscall.ECONNREFUSED):
					return
				case err != nil && time.Since(before) > 500*time.Millisecond: // it may have held it for so long: a busy machine
					continue
				case err != nil:
					lost.Add(1)
					t.Errorf("lost: %v", err)
					return
				}
				r.Body.Close()
				answered.Add(1)
			}
		})
	}
	for deadline := time.Now().Add(time.Minute); answered.Load() < 300; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("only %d requests were answered: too little load", answered.Load())
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run() = %v", err)
	}
	clients.Wait()
}

func TestARequestThatOutlastsTheDrainTimeoutIsCutOff(t *testing.T) {
	s := start(t, Config{DrainTimeout: 50 * time.Millisecond})
	begun := make(chan struct{})
	s.handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	go http.Get(s.URL())
	<-begun
	stop()
	if err := <-ended; err == nil {
		t.Error("Run() = nil, want an error that says so")
	}
}

// A replica's feed has no end of its own: it is told, and does not hold up the stop.
func TestFeedsEndWhenTheServerStops(t *testing.T) {
	s := start(t, Config{DrainTimeout: time.Minute})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	key, err := s.Identity.CreateKey(ctx, rolecall.System("test"), identity.NewKey{
		Name: "replica", Roles: []rolecall.Assignment{{Role: rolecall.RoleAuditor}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.Replicate(ctx, s.URL(), key.Secret)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stop()
	if err := <-ended; err != nil { // that it was cut off
		t.Errorf("Run() = %v", err)
	}
	if _, err := r.Check(ctx, rolecall.Request{Subject: key.Client.ID, Any: rolecall.KindUser}); err != nil {
		t.Errorf("the replica has no answer at once: %v", err)
	}
}
