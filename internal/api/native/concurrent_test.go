package native

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A read that asks for a revision waits for the write that makes it, for two
// seconds, which may be too short for a busy machine: then it is asked again.
func TestAReadWaitsForItsRevision(t *testing.T) {
	s := newServer(t)
	next := int64(s.rc.Revision()) + 1
	answered := make(chan response)
	go func() {
		for {
			asked := time.Now()
			got := s.send(t, "GET", fmt.Sprintf("%s/roles/editor?at_least=%d", Prefix, next), "")
			if got.status != 503 || time.Since(asked) < 2*time.Second {
				answered <- got
				return
			}
		}
	}()
	select {
	case got := <-answered:
		t.Fatalf("before the write: %d %s", got.status, got.body)
	case <-time.After(50 * time.Millisecond):
	}
	if got := s.send(t, "POST", Prefix+"/roles", `{"id":"editor","name":"Editor"}`); got.header.Get("Rolecall-Revision") != strconv.FormatInt(next, 10) {
		t.Fatalf("the write = %d, revision %s", got.status, got.header.Get("Rolecall-Revision"))
	}
	if got := <-answered; got.status != 200 || got.header.Get("Rolecall-Revision") != strconv.FormatInt(next, 10) {
		t.Errorf("after the write: %d %s, revision %s", got.status, got.body, got.header.Get("Rolecall-Revision"))
	}
}

// Patches of one record at the same time all count: each is read, changed and
// written in one transaction.
func TestPatchesAtTheSameTime(t *testing.T) {
	s := newServer(t)
	s.send(t, "POST", Prefix+"/roles", `{"id":"editor","name":"Editor"}`)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			got := s.send(t, "PATCH", Prefix+"/roles/editor", fmt.Sprintf(`{"attributes":{"a%d":%d}}`, i, i))
			if got.status != 200 {
				t.Errorf("PATCH = %d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	got := s.send(t, "GET", Prefix+"/roles/editor", "")
	for i := range 20 {
		if want := fmt.Sprintf(`"a%d":%d`, i, i); !strings.Contains(got.body, want) {
			t.Errorf("%s lacks %s", got.body, want)
		}
	}
}

// The same write sent at the same time with one idempotency key is done once.
func TestOneIdempotencyKeyAtTheSameTime(t *testing.T) {
	s := newServer(t)
	before := s.rc.Revision()
	ids := make(chan string, 10)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			got := s.send(t, "POST", Prefix+"/roles", `{"name":"Editor"}`, "Idempotency-Key", "k")
			if got.status != 201 {
				t.Errorf("POST = %d %s", got.status, got.body)
			}
			ids <- got.header.Get("Location")
		})
	}
	all.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("the answers name %s and %s", first, id)
		}
	}
	if after := s.rc.Revision(); after != before+1 {
		t.Errorf("the revision moved from %d to %d", before, after)
	}
}

// HEAD is GET without a body.
func TestHead(t *testing.T) {
	s := newServer(t)
	get, head := s.send(t, "GET", Prefix+"/roles", ""), s.send(t, http.MethodHead, Prefix+"/roles", "")
	if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != get.header.Get("Content-Length") {
		t.Errorf("HEAD = %d %q %v", head.status, head.body, head.header)
	}
	if got := s.send(t, http.MethodHead, Prefix+"/check", ""); got.status != 405 || got.header.Get("Allow") != "POST" {
		t.Errorf("HEAD of what is asked by POST = %d, Allow %q", got.status, got.header.Get("Allow"))
	}
}

// Guessing is slowed down, for users that exist and for those that don't.
func TestGuessingIsSlowedDown(t *testing.T) {
	for _, login := range []string{"alice", "nobody"} {
		s := newServer(t)
		s.send(t, "POST", Prefix+"/users", `{"id":"alice","login_ids":["alice"],"password":"correct horse battery"}`)
		for tries := 1; ; tries++ {
			got := s.send(t, "POST", Prefix+"/token", `{"login":"`+login+`","password":"wrong"}`, "Authorization", "")
			if got.status == 429 {
				if n, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || n < 1 {
					t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
				}
				break
			}
			if got.status != 401 || tries > 100 {
				t.Fatalf("try %d of %s = %d %s", tries, login, got.status, got.body)
			}
		}
	}
}

// What goes wrong inside is logged with the request's id, and not shown.
func TestInternalErrors(t *testing.T) {
	s := newServer(t)
	if err := s.rc.Close(); err != nil {
		t.Fatal(err)
	}
	got := s.send(t, "GET", Prefix+"/roles", "", "X-Request-ID", "req-internal")
	if got.status != 500 && got.status != 503 || got.header.Get("X-Request-ID") != "req-internal" {
		t.Errorf("of a closed project = %d %s", got.status, got.body)
	}
	if logged := strings.Contains(s.log.String(), "req-internal"); logged != (got.status == 500) {
		t.Errorf("%d, and logged %q", got.status, s.log)
	}
	if strings.Contains(got.body, "sql") || strings.Contains(s.log.String(), s.root) {
		t.Errorf("shown: %s; logged: %s", got.body, s.log)
	}
}
