package native

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// This file lets other processes hold a copy of the policy: a snapshot, and
// server-sent events (WHATWG HTML, section 9.2) with what changes.
// docs/replicas.md is their description for other languages.

const (
	// heartbeat is how often a feed without news says so.
	heartbeat = time.Second
	// recheck is how many heartbeats pass between two looks at the access key.
	recheck = 5
	// patience is how long one write to a follower may take.
	patience = 30 * time.Second
)

type copyInput struct {
	Tenant rolecall.TenantID `query:"tenant"`
	API    string            `query:"api"`
}

func (in *copyInput) part() rolecall.Part { return rolecall.Part{Tenant: in.Tenant, API: in.API} }

type feedInput struct {
	copyInput
	Since string `query:"since"`
}

// streaming makes the endpoint of what answers other than by one JSON value.
func streaming[In any](mediaType string, serve func(*call, *In) error) endpoint {
	e := read(func(c *call, in *In) (nothing, error) { return nothing{}, serve(c, in) })
	e.status, e.stream = http.StatusOK, mediaType
	return e
}

// requires makes a parameter one that must be there.
func (e endpoint) requires(name string) endpoint {
	for i := range e.parameters {
		e.parameters[i].required = e.parameters[i].required || e.parameters[i].name == name
	}
	return e
}

// snapshot serves GET /snapshot.
func (h *Handler) snapshot(c *call, in *copyInput) error {
	f, err := h.rc.Feed(c.r.Context(), c.by, in.part())
	if err != nil {
		return err
	}
	header := c.w.Header()
	header.Set("Content-Type", "application/x-ndjson")
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Encoding")
	api.SetRevision(c.w, f.At().Revision)
	out := &patient{w: c.w, control: http.NewResponseController(c.w)}
	if !acceptsGzip(c.r) {
		err = f.WriteSnapshot(out)
	} else {
		header.Set("Content-Encoding", "gzip")
		packed, _ := gzip.NewWriterLevel(out, gzip.BestSpeed) // the level exists
		if err = f.WriteSnapshot(packed); err == nil {
			err = packed.Close()
		}
	}
	if err != nil {
		h.log.Warn("a snapshot was cut off", "error", err, "request_id", c.by.RequestID)
		panic(http.ErrAbortHandler) // so that the other side sees that it is not whole
	}
	return nil
}

func acceptsGzip(r *http.Request) bool {
	for encoding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(encoding), ";")
		if strings.EqualFold(name, "gzip") && strings.ReplaceAll(quality, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// A patient writer gives each write its own time.
type patient struct {
	w       io.Writer
	control *http.ResponseController
}

func (p *patient) Write(text []byte) (int, error) {
	p.control.SetWriteDeadline(time.Now().Add(patience)) // where it can't be set there is none
	return p.w.Write(text)
}

// A cursor is how a follower names a position: its revision, and after a dot its mark.
func cursor(p rolecall.Position) string { return fmt.Sprintf("%d.%s", p.Revision, p.Mark) }

// position reads a cursor. One without a mark is taken at its word.
func (h *Handler) position(text string) (at rolecall.Position, err error) {
	at.Project = h.rc.Project()
	revision, mark, marked := strings.Cut(text, ".")
	n, err := strconv.ParseInt(revision, 10, 64)
	if err == nil && marked {
		err = at.Mark.UnmarshalText([]byte(mark))
	}
	if err != nil || n < 1 {
		return at, api.Fault("since", "must be a revision, and may have a dot and a mark after it")
	}
	at.Revision = rolecall.Revision(n)
	return at, nil
}

// feed serves GET /feed.
func (h *Handler) feed(c *call, in *feedInput) error {
	since := in.Since
	if last := c.r.Header.Get("Last-Event-ID"); last != "" {
		since = last
	}
	if since == "" {
		return api.Fault("since", "is required: the revision and mark of a snapshot")
	}
	at, err := h.position(since)
	if err != nil {
		return err
	}
	f, err := h.rc.Resume(c.r.Context(), c.by, in.part(), at)
	if err != nil {
		return err
	}
	control := http.NewResponseController(c.w)
	control.SetReadDeadline(time.Time{}) // the server's would end the request
	header := c.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	go func() {
		select {
		case <-h.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	s := &stream{h: h, c: c, ctx: ctx, f: f, control: control, began: time.Now()}
	h.feeds.Add(1)
	defer h.feeds.Add(-1)
	if err := s.run(); err != nil && c.r.Context().Err() == nil {
		h.log.Info("a feed ended", "error", err, "request_id", c.by.RequestID)
	}
	return nil
}

// A stream is one follower's events.
type stream struct {
	h       *Handler
	c       *call
	ctx     context.Context // also ends when the server stops
	f       *rolecall.Feed
	control *http.ResponseController
	began   time.Time
	beats   int
}

// run sends events until the follower goes, or must.
func (s *stream) run() error {
	p := s.f.At()
	err := s.send("position", "", map[string]any{
		"project": p.Project, "revision": p.Revision, "mark": p.Mark,
		"heartbeat": heartbeat.Seconds(), "time": s.h.rc.Now(),
	})
	next := time.Now() // the first heartbeat comes as soon as there is no news
	for err == nil {
		select {
		case <-s.h.ending:
			return s.send("end", "", reason{"stopping", "the server stops"})
		default:
		}
		var d *rolecall.Delta
		if d, err = s.wait(next); err == nil {
			err = s.send("change", cursor(s.f.At()), d)
			continue
		}
		switch {
		case s.c.r.Context().Err() != nil:
			return err
		case errors.Is(err, rolecall.ErrStale), errors.Is(err, rolecall.ErrUnavailable):
			if err = s.beat(); err == nil {
				next = time.Now().Add(heartbeat)
			}
		}
	}
	if errors.Is(err, rolecall.ErrGap) {
		return s.send("reset", "", reason{"gap", err.Error()})
	}
	p0, internal := api.Describe(err)
	if internal {
		s.h.log.Error("internal error", "error", err, "request_id", s.c.by.RequestID)
	}
	return errors.Join(err, s.send("end", "", reason{strings.TrimPrefix(p0.Type, "urn:rolecall:problem:"), p0.Detail}))
}

// A reason says why a feed ends.
type reason struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// wait returns what comes before a time, or an error that is ErrStale.
func (s *stream) wait(until time.Time) (*rolecall.Delta, error) {
	ctx, cancel := context.WithDeadline(s.ctx, until)
	defer cancel()
	if err := s.f.Wait(ctx); err != nil {
		return nil, err
	}
	d, err := s.f.Next(s.ctx)
	if errors.Is(err, rolecall.ErrUnavailable) {
		<-ctx.Done() // the store is away: say so by heartbeats, and no more often
	}
	return d, err
}

// A beat says that there was nothing after a revision. It was said At
// milliseconds after the feed began, by a clock that nobody sets, and what it
// says was known Age milliseconds before that.
type beat struct {
	Revision rolecall.Revision `json:"revision"`
	Mark     rolecall.Hash     `json:"mark"`
	At       int64             `json:"at"`
	Age      int64             `json:"age"`
	Time     time.Time         `json:"time"`
}

func (s *stream) beat() error {
	at, age := time.Since(s.began), s.h.rc.Age() // in this order, and before the revision is looked at
	if current, err := s.f.Current(); err != nil || !current {
		return err // if there is news, it comes first
	}
	if s.beats++; s.beats%recheck == 0 {
		by, err := s.h.auth.Actor(s.c.w, s.c.r, door)
		if errors.Is(err, rolecall.ErrUnavailable) {
			err, by = nil, s.c.by
		}
		if err != nil || by.Subject != s.c.by.Subject {
			return errors.Join(err, api.ErrUnauthenticated)
		}
	}
	if err := s.f.May(); err != nil {
		return err
	}
	p := s.f.At()
	return s.send("heartbeat", "", beat{p.Revision, p.Mark, at.Milliseconds(), age.Milliseconds() + 1, s.h.rc.Now()})
}

// send writes an event. Its field sum, which readers of events ignore that don't
// know it, is the SHA-256 of its data.
func (s *stream) send(event, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "event: %s\n", event)
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "sum: %x\ndata: %s\n\n", sha256.Sum256(text), text)
	s.control.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(s.c.w, b.String()); err != nil {
		return err
	}
	return s.control.Flush()
}

// EndFeeds tells all who follow that the server stops, and ends their requests.
func (h *Handler) EndFeeds() { h.endOnce.Do(func() { close(h.ending) }) }

// Feeds returns how many follow now.
func (h *Handler) Feeds() int64 { return h.feeds.Load() }
