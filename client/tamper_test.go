package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

// A way between a replica and its server does with events what it likes: it gets
// each, and passes on what it returns.
type way struct {
	mu     sync.Mutex
	change func(event string) string
	told   rolecall.Revision // the newest that the server told of
}

func (y *way) set(f func(string) string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.change = f
}

func (y *way) through(event string) string {
	y.mu.Lock()
	f := y.change
	if _, id, ok := strings.Cut(event, "\nid: "); ok {
		fmt.Sscanf(id, "%d.", &y.told)
	}
	y.mu.Unlock()
	if f == nil {
		return event
	}
	return f(event)
}

// toldOf reports whether the server told of a revision, whatever became of that.
func (y *way) toldOf(at rolecall.Revision) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.told >= at
}

// over makes the server's feeds go over y.
func (s *server) over(y *way) {
	s.interfere(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/feed") {
			w = &onWay{ResponseWriter: w, y: y}
		}
		next.ServeHTTP(w, r)
	})
}

type onWay struct {
	http.ResponseWriter
	y *way
}

// Write gets whole events.
func (o *onWay) Write(p []byte) (int, error) {
	passed := o.y.through(string(p))
	if cut, ok := strings.CutSuffix(passed, "<cut>"); ok {
		o.ResponseWriter.Write([]byte(cut))
		http.NewResponseController(o.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	if _, err := o.ResponseWriter.Write([]byte(passed)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (o *onWay) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// The ends of a replica's feeds are in its log; its Status forgets each when the
// next feed begins, which may be at once.
type ends struct {
	slog.Handler
	mu   sync.Mutex
	errs []error
}

func (e *ends) Enabled(context.Context, slog.Level) bool { return true }

func (e *ends) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			e.mu.Lock()
			e.errs = append(e.errs, err)
			e.mu.Unlock()
		}
		return true
	})
	return nil
}

// first returns why the first feed ended, or nil if it did not.
func (e *ends) first() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.errs) == 0 {
		return nil
	}
	return e.errs[0]
}

func isChange(event string) bool { return strings.HasPrefix(event, "event: change") }

// TestATamperedFeed: whatever happens to the feed on its way, the replica answers
// as the server did at some revision, notices, and comes to the newest.
func TestATamperedFeed(t *testing.T) {
	var held string
	for _, tt := range []struct {
		name   string
		tamper func() func(string) string // what to do with events from then on
		want   error                      // why the feed ended
		anew   bool                       // it took a new snapshot
	}{
		{"a change is lost", func() func(string) string {
			lost := false
			return func(e string) string {
				if isChange(e) && !lost {
					lost = true
					return ""
				}
				return e
			}
		}, rolecall.ErrGap, true},
		{"all changes are lost", func() func(string) string {
			n := 0
			return func(e string) string {
				if n < 3 && isChange(e) {
					n++
					return ""
				}
				return e
			}
		}, rolecall.ErrGap, true},
		{"two changes come in another order", func() func(string) string {
			held = ""
			done := false
			return func(e string) string {
				switch {
				case !isChange(e) || done:
					return e
				case held == "":
					held = e
					return ""
				}
				done = true
				return e + held
			}
		}, rolecall.ErrGap, true},
		{"a change comes twice", func() func(string) string {
			done := false
			return func(e string) string {
				if isChange(e) && !done {
					done = true
					return e + e
				}
				return e
			}
		}, rolecall.ErrGap, true},
		{"a change is altered", func() func(string) string {
			done := false
			return func(e string) string {
				if isChange(e) && !done {
					done = true
					return strings.Replace(e, `"blocked":true`, `"blocked":null`, 1)
				}
				return e
			}
		}, rolecall.ErrCorrupt, true},
		{"a change breaks off", func() func(string) string {
			done := false
			return func(e string) string {
				if isChange(e) && !done {
					done = true
					return e[:len(e)/2] + "<cut>"
				}
				return e
			}
		}, rolecall.ErrUnavailable, false},
		{"what is no JSON comes", func() func(string) string {
			done := false
			return func(e string) string {
				if isChange(e) && !done {
					done = true
					return "event: change\nsum: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\ndata: {}\n\n"
				}
				return e
			}
		}, rolecall.ErrGap, true},
		{"somebody else's events come, too", func() func(string) string {
			return func(e string) string { return ": a comment\nretry: 5\n\nevent: news\ndata: hello\n\n" + e }
		}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			blog(t, s.dial(t, ""))
			y := new(way)
			s.over(y)
			var ends ends
			r := s.replicate(t, "", client.Log(slog.New(&ends)))
			y.set(tt.tamper())
			policies := map[rolecall.Revision]*rolecall.Policy{}
			var last rolecall.Revision
			for i := range 6 {
				last = s.system(t, rolecall.Put(&rolecall.User{ID: "alice", Blocked: i%2 == 0}))
				policies[last] = s.rc.Policy()
				eventually(t, "told of a change", func() bool { return y.toldOf(last) || r.Revision() == last }) // each by itself
				d, err := r.Check(t.Context(), alicePublishes)
				if err != nil {
					t.Errorf("no answer: %v", err)
				} else if p := policies[d.Revision]; p != nil && p.Decide(alicePublishes, time.Now()).Allowed != d.Allowed {
					t.Errorf("at revision %d it answers %+v", d.Revision, d)
				}
			}
			eventually(t, "the newest revision", func() bool { return r.Revision() == last })
			eventually(t, "the end of the feed", func() bool { return tt.want == nil || ends.first() != nil })
			eventually(t, "the new snapshot", func() bool { return !tt.anew || r.Status().Snapshots > 1 })
			if !allowed(t, r, alicePublishes) {
				t.Error("alice may not publish at the end")
			}
			if first := ends.first(); !errors.Is(first, tt.want) {
				t.Errorf("the feed ended with %v, want %v", first, tt.want)
			}
			if n := r.Status().Snapshots; n > 1 != tt.anew {
				t.Errorf("%d snapshots, want anew %v", n, tt.anew)
			}
		})
	}
}

// TestAHeldBackFeed: events that come late don't make the copy look fresh.
func TestAHeldBackFeed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many seconds")
	}
	t.Parallel()
	s := newServer(t)
	blog(t, s.dial(t, ""))
	y := new(way)
	s.over(y)
	r := s.replicate(t, "", client.MaxStale(3*time.Second))
	answers := 0
	check := func() (allowed bool) {
		d, err := r.Check(t.Context(), alicePublishes)
		if err == nil {
			answers++
		} else if !errors.Is(err, rolecall.ErrStale) {
			t.Fatal(err)
		}
		return err == nil && d.Allowed
	}
	eventually(t, "an answer", check)
	y.set(func(e string) string { // each event takes four seconds, whoever asks
		time.Sleep(4 * time.Second)
		return e
	})
	time.Sleep(1500 * time.Millisecond)
	s.system(t, rolecall.Put(&rolecall.User{ID: "alice", Blocked: true}))
	for written := time.Now(); time.Since(written) < 8*time.Second; time.Sleep(2 * time.Millisecond) {
		asked := time.Since(written)
		if check() && asked > 3*time.Second {
			t.Fatalf("asked %v after the write, the replica answers as before it", asked)
		}
	}
	t.Logf("%d answers", answers)
}

// TestATamperedSnapshot: one that does not verify makes no replica.
func TestATamperedSnapshot(t *testing.T) {
	s := newServer(t)
	blog(t, s.dial(t, ""))
	for name, tamper := range map[string]func([]byte) []byte{
		"cut off":        func(text []byte) []byte { return text[:len(text)*2/3] },
		"without an end": func(text []byte) []byte { return text[:bytes.LastIndex(text, []byte(`{"end"`))] },
		"altered":        func(text []byte) []byte { return bytes.Replace(text, []byte(`"carol"`), []byte(`"erica"`), 1) },
		"empty":          func([]byte) []byte { return nil },
		"a page of HTML": func([]byte) []byte { return []byte("<html>Sign in to the hotel's network</html>") },
	} {
		t.Run(name, func(t *testing.T) {
			s.interfere(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if !strings.HasSuffix(r.URL.Path, "/snapshot") {
					next.ServeHTTP(w, r)
					return
				}
				r.Header.Del("Accept-Encoding")
				kept := &kept{header: http.Header{}}
				next.ServeHTTP(kept, r)
				w.Write(tamper(kept.text.Bytes()))
			})
			defer s.interfere(nil)
			r, err := client.Replicate(t.Context(), s.URL, s.owner)
			if err == nil {
				r.Close()
			}
			if !errors.Is(err, rolecall.ErrCorrupt) || !strings.Contains(err.Error(), "does not verify") {
				t.Errorf("Replicate: %v, want ErrCorrupt", err)
			}
		})
	}
	t.Run("cut off while packed", func(t *testing.T) {
		s.interfere(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if !strings.HasSuffix(r.URL.Path, "/snapshot") {
				next.ServeHTTP(w, r)
				return
			}
			kept := &kept{header: w.Header()}
			next.ServeHTTP(kept, r)
			w.Write(kept.text.Bytes()[:kept.text.Len()-40])
		})
		defer s.interfere(nil)
		r, err := client.Replicate(t.Context(), s.URL, s.owner, client.Attempts(1))
		if err == nil {
			r.Close()
		}
		if !errors.Is(err, rolecall.ErrCorrupt) {
			t.Errorf("Replicate: %v, want ErrCorrupt", err)
		}
	})
}

// A kept answer is one that is looked at before it is sent.
type kept struct {
	header http.Header
	text   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(int)             {}
func (k *kept) Write(p []byte) (int, error) { return k.text.Write(p) }
