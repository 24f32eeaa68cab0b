package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/rolecall/rolecall"
)

const (
	// silence is how long a feed may say nothing. The server says something
	// once a second.
	silence = 5 * time.Second
	// maxEvent is the most bytes of one event.
	maxEvent = 256 << 20
)

// streaming returns c's http.Client without a limit to a whole answer.
func (c *Client) streaming() *http.Client {
	h := *c.http
	h.Timeout = 0
	return &h
}

// follow makes the copy if there is none, and follows the feed until it ends,
// which is always an error. It calls ready each time that the copy is fresh.
func (r *Replica) follow(ctx context.Context, ready func()) error {
	if r.mirror == nil {
		if err := r.fetch(ctx); err != nil {
			return err
		}
	}
	at := r.mirror.At()
	sent := time.Now() // the feed begins no earlier
	body, end, err := r.get(ctx, "/feed", url.Values{"since": {fmt.Sprintf("%d.%s", at.Revision, at.Mark)}}, silence)
	if err != nil {
		return err
	}
	defer end()
	r.note(true, nil)
	events := newEvents(body, maxEvent)
	if err := r.begin(events); err != nil {
		return err
	}
	for {
		e, err := events.next()
		if err != nil {
			return err
		}
		if err := r.take(e, sent, ready); err != nil {
			return err
		}
	}
}

// fetch makes the copy anew. One that does not verify leaves the old one in use.
func (r *Replica) fetch(ctx context.Context) error {
	body, end, err := r.get(ctx, "/snapshot", url.Values{}, r.c.timeout)
	if err != nil {
		return err
	}
	defer end()
	mirror, err := rolecall.ReadSnapshot(body, r.part)
	if err != nil {
		return err
	}
	if had := r.state.Load(); had != nil && had.at.Project != mirror.At().Project {
		return errors.New("the server has another project now")
	}
	r.mu.Lock()
	r.snapshots++
	r.mu.Unlock()
	r.mirror = mirror
	r.log.Info("fetched a snapshot", "server", r.c.String(), "revision", mirror.At().Revision)
	return nil
}

// get opens a stream of the API, which is cut off when nothing comes for a while.
func (r *Replica) get(ctx context.Context, path string, query url.Values, quiet time.Duration) (body io.Reader, end func(), err error) {
	if r.part.Tenant != "" {
		query.Set("tenant", string(r.part.Tenant))
	}
	if r.part.API != "" {
		query.Set("api", r.part.API)
	}
	address := r.c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		cancel(nil)
		return nil, nil, err
	}
	r.c.authorize(request)
	tooQuiet := time.AfterFunc(quiet, func() { cancel(fmt.Errorf("nothing came for %v", quiet)) })
	response, err := r.c.http.Do(request)
	if err != nil {
		tooQuiet.Stop()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		cancel(nil)
		return nil, nil, unavailable(err)
	}
	end = func() {
		tooQuiet.Stop()
		cancel(nil)
		response.Body.Close()
	}
	if response.StatusCode != http.StatusOK {
		defer end()
		text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		if err != nil {
			return nil, nil, unavailable(err)
		}
		return nil, nil, problem(response, text)
	}
	return &awake{response.Body, tooQuiet, quiet, ctx}, end, nil
}

// An awake reader keeps a timer from going off as long as something comes.
type awake struct {
	from  io.Reader
	timer *time.Timer
	quiet time.Duration
	ctx   context.Context
}

func (a *awake) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if n > 0 {
		a.timer.Reset(a.quiet)
	}
	if err != nil && err != io.EOF {
		if cause := context.Cause(a.ctx); cause != nil {
			err = cause
		}
		err = unavailable(err)
	}
	return n, err
}

// begin takes the event that says where the feed begins: it must be where the
// copy is.
func (r *Replica) begin(events *events) error {
	e, err := events.next()
	if err != nil {
		return err
	}
	var at rolecall.Position
	if e.name != "position" {
		return fmt.Errorf("the feed begins with %q: %w", e.name, rolecall.ErrCorrupt)
	}
	if err := e.decode(&at); err != nil {
		return err
	}
	if at != r.mirror.At() {
		return fmt.Errorf("the feed begins elsewhere than was asked for: %w", rolecall.ErrGap)
	}
	return nil
}

// take applies an event. The copy moves by a whole event or not at all.
func (r *Replica) take(e event, sent time.Time, ready func()) error {
	switch e.name {
	case "change":
		d := new(rolecall.Delta)
		if err := e.decode(d); err != nil {
			return err
		}
		if err := r.mirror.Follow(d); err != nil {
			return err
		}
		if r.asOf.Load() != nil { // else it has yet to come up to date
			r.publish()
		}
	case "heartbeat":
		var beat struct {
			Revision rolecall.Revision `json:"revision"`
			Mark     rolecall.Hash     `json:"mark"`
			At       int64             `json:"at"`  // milliseconds after the feed began
			Age      int64             `json:"age"` // milliseconds before that
		}
		if err := e.decode(&beat); err != nil {
			return err
		}
		if at := r.mirror.At(); beat.Revision != at.Revision || beat.Mark != at.Mark {
			return fmt.Errorf("the server is at revision %d, and the copy at %d: changes between are missing: %w", beat.Revision, at.Revision, rolecall.ErrGap)
		}
		said := sent.Add(time.Duration(beat.At) * time.Millisecond)
		if late := time.Since(said); late > silence {
			return unavailable(fmt.Errorf("the feed comes %v late", late.Round(time.Millisecond)))
		}
		r.renew(said.Add(-time.Duration(beat.Age) * time.Millisecond))
		ready()
	case "reset", "end":
		var why struct{ Reason, Detail string }
		if err := e.decode(&why); err != nil {
			return err
		}
		err := kinds[why.Reason]
		if why.Reason == "stopping" || err == nil {
			err = rolecall.ErrUnavailable
		}
		return &Error{Status: http.StatusOK, Type: problemPrefix + why.Reason, Detail: "the server ended the feed: " + why.Detail, parts: []error{err}}
	}
	return nil
}

// renew says that nothing which was written up to a time is missing.
//
// The time is counted from when the request was sent. The feed began a little
// later than that, so the copy seems older than it is, never younger: not even if
// what said so was held back on its way, and whatever the clocks are set to.
func (r *Replica) renew(asOf time.Time) {
	now := time.Now()
	if asOf.After(now) {
		asOf = now
	}
	_, silent := r.fresh(now)
	if state := r.state.Load(); state == nil || state.at != r.mirror.At() {
		r.publish() // before it counts as fresh
	}
	if old := r.asOf.Load(); old == nil || asOf.After(*old) {
		r.asOf.Store(&asOf)
	}
	r.refuse(nil)
	r.note(true, nil)
	if silent != nil {
		r.move() // now there are answers
	}
}

// An event is a server-sent event.
type event struct {
	name, id string
	data     []byte
	sum      string
}

// decode reads e's data, which must be what was sent.
func (e event) decode(to any) error {
	sum := sha256.Sum256(e.data)
	if hex.EncodeToString(sum[:]) != e.sum {
		return fmt.Errorf("an event of the feed was altered on its way: its hash is not that of its data: %w", rolecall.ErrCorrupt)
	}
	if err := json.Unmarshal(e.data, to); err != nil {
		if errors.Is(err, rolecall.ErrCorrupt) {
			return err
		}
		return fmt.Errorf("an event of the feed is not what it should be: %v: %w", err, rolecall.ErrCorrupt)
	}
	return nil
}
