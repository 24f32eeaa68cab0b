package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rolecall/rolecall"
)

// An Event is what is sent: the changes of one write, or a test.
type Event struct {
	ID        string            `json:"id"`   // the same for each try: what was seen before can be left
	Type      string            `json:"type"` // changes or test
	Webhook   string            `json:"webhook"`
	Project   string            `json:"project"`
	Revision  rolecall.Revision `json:"revision"`
	Time      time.Time         `json:"time"`
	Changes   []Change          `json:"changes"`
	Truncated bool              `json:"truncated,omitempty"` // there are more than the first 1000 changes
}

// A Change says which record was changed, by whom. What it was and is, is for
// those to read who may.
type Change struct {
	Seq     int64              `json:"seq"`
	Change  string             `json:"change"` // created, changed or deleted
	Kind    rolecall.Kind      `json:"kind"`
	Key     string             `json:"key"`
	Subject rolecall.SubjectID `json:"subject,omitempty"`
	Tenant  rolecall.TenantID  `json:"tenant,omitempty"`
	Actor   rolecall.SubjectID `json:"actor"`
	Door    string             `json:"door"`
}

const (
	typeChanges = "changes"
	typeTest    = "test"
	maxChanges  = 1000
	pageEntries = rolecall.MaxPage
)

// A pace says when things are done.
type pace struct {
	look    time.Duration // between two looks at what there is to do
	request time.Duration // that one request may take
	lease   time.Duration // that a process delivers for a webhook after it last said so
	first   time.Duration // before the second try; then twice as long each time
	most    time.Duration
}

var defaultPace = pace{look: time.Second, request: 10 * time.Second, lease: time.Minute, first: time.Second, most: time.Hour}

// after returns the pause after so many failures in a row.
func (p pace) after(failures int) time.Duration {
	return min(p.first<<min(failures-1, 30), p.most)
}

// Run tells webhooks until ctx is done, and then leaves them to others. Several
// processes on one store share the work.
func (h *Hooks) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer h.release(ctx)
	defer working.Wait()
	stops := map[string]context.CancelFunc{}
	running := map[string]Hook{}
	reading := trouble{wrong: "webhooks can't be read", right: "webhooks can be read again"}
	for {
		hooks, err := h.current(ctx)
		if ctx.Err() == nil {
			reading.note(h.log, err)
		}
		if err == nil {
			for id, stop := range stops {
				if now, ok := hooks[id]; !ok || !same(now, running[id]) {
					stop()
					delete(stops, id)
				}
			}
			for id, hook := range hooks {
				if stops[id] == nil {
					one, stop := context.WithCancel(ctx)
					stops[id], running[id] = stop, hook
					working.Go(func() { h.work(one, hook) })
				}
			}
		}
		select {
		case <-ctx.Done():
			for _, stop := range stops {
				stop()
			}
			return
		case <-time.After(h.pace.look):
		}
	}
}

// lastWord is how long the end of Run, and of a delivery, may take to be noted.
const lastWord = 5 * time.Second

// release gives back what this process holds, so that the next need not wait for
// the leases to end. ctx is done.
func (h *Hooks) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	if err := h.store.ReleaseWebhooks(ctx, h.holder); err != nil {
		h.log.Warn("webhooks can't be given back: who goes on with them waits for a minute", "error", err)
	}
}

func same(a, b Hook) bool {
	return a.URL == b.URL && a.Tenant == b.Tenant && slices.Equal(a.Kinds, b.Kinds) && a.RotatedAt.Equal(b.RotatedAt)
}

// current returns the webhooks that are to be told, and forgets the state of
// those that are no more.
func (h *Hooks) current(ctx context.Context) (map[string]Hook, error) {
	known, err := h.states(ctx) // before the settings, which are there before their states
	if err != nil {
		return nil, err
	}
	var all []Hook
	err = h.rc.View(ctx, system, func(v *rolecall.View) (err error) {
		all, err = list(ctx, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	hooks := map[string]Hook{}
	for _, hook := range all {
		if _, ok := known[hook.ID]; ok && !hook.Disabled {
			hooks[hook.ID] = hook
		}
		delete(known, hook.ID)
	}
	for id, s := range known {
		if s.Revision < h.rc.Revision() {
			if _, err := h.Get(ctx, system, id); errors.Is(err, rolecall.ErrNotFound) {
				h.store.DeleteWebhook(ctx, id)
			}
		}
	}
	return hooks, nil
}

// work tells one webhook until ctx is done.
func (h *Hooks) work(ctx context.Context, hook Hook) {
	defer func() {
		h.mu.Lock()
		delete(h.behind, hook.ID)
		h.mu.Unlock()
	}()
	w := &worker{Hooks: h, hook: hook, reading: trouble{wrong: "the journal can't be read for a webhook", right: "the journal can be read for a webhook again"}}
	for ctx.Err() == nil {
		at := h.rc.Revision()
		pause, idle := w.turn(ctx)
		waiting, cancel := context.WithTimeout(ctx, pause)
		if idle { // until something is written
			h.rc.WaitFor(waiting, at+1)
		} else {
			<-waiting.Done()
		}
		cancel()
	}
}

// A worker tells one webhook.
type worker struct {
	*Hooks
	hook Hook
	seen rolecall.Revision // there is nothing to tell up to here, told or not

	reading trouble
}

// keepSeen is how many revisions without anything to tell are kept in mind
// before they are noted in the store.
const keepSeen = 100

// turn tells what there is to tell, if this process is the one, and returns how
// long to pause: less, if idle, when something is written.
func (w *worker) turn(ctx context.Context) (pause time.Duration, idle bool) {
	s, ok := w.state(ctx)
	if !ok {
		return w.pace.look, false
	}
	for {
		w.seen = max(w.seen, s.Revision)
		w.lag(w.hook.ID, w.rc.Revision()-w.seen)
		if w.seen >= w.rc.Revision() {
			return w.pace.lease / 2, true
		}
		events, through, err := w.next(ctx, w.hook, w.seen)
		w.reading.note(w.log, err, "webhook", w.hook.ID)
		if err != nil {
			return w.pace.look, false
		}
		if len(events) == 0 && through-s.Revision < keepSeen {
			w.seen = through
			continue
		}
		if wait := time.Until(s.NextAt); wait > 0 {
			return min(wait, w.pace.lease/2), false
		}
		now := time.Now()
		if mine, err := w.store.ClaimWebhook(ctx, w.hook.ID, w.holder, now, now.Add(w.pace.lease)); err != nil || !mine {
			return w.pace.look, false
		}
		if s, ok = w.state(ctx); !ok { // as who told before left it
			return w.pace.look, false
		}
		if pause, ok := w.tellAll(ctx, &s, events, through); !ok {
			return pause, false
		}
	}
}

func (w *worker) state(ctx context.Context) (s State, ok bool) {
	states, err := w.states(ctx)
	if err == nil {
		s, ok = states[w.hook.ID]
	}
	return s, ok
}

// tellAll tells events, which are all up to a revision, but for what was told
// already. If it can't, it says how long to pause.
func (w *worker) tellAll(ctx context.Context, s *State, events []*Event, through rolecall.Revision) (pause time.Duration, ok bool) {
	secret, err := w.sealer.Open(w.hook.ID, s.Secret)
	if err != nil {
		w.fail(ctx, w.hook, s, err)
		return w.pace.lease / 2, false
	}
	for _, e := range events {
		if e.Revision <= s.Revision {
			continue
		}
		if err := w.send(ctx, w.hook, secret, e); err != nil {
			if ctx.Err() != nil {
				return 0, false // no try of its own
			}
			w.fail(ctx, w.hook, s, err)
			return w.pace.after(s.Failures), false
		}
		w.delivered.Add(1)
		s.Revision, s.Failures, s.Error, s.NextAt = e.Revision, 0, "", time.Time{}
		if !w.tell(ctx, s) {
			return w.pace.look, false
		}
	}
	if last := s.Revision; last < through {
		s.Revision = through
		if through-last >= keepSeen && !w.tell(ctx, s) {
			return w.pace.look, false
		}
	}
	return 0, true
}

func (h *Hooks) lag(id string, n rolecall.Revision) {
	h.mu.Lock()
	h.behind[id] = n
	h.mu.Unlock()
}

// tell keeps how far a webhook has come, and reports whether it is still this
// process's to tell. What was taken in the moment of a stop is noted, too.
func (h *Hooks) tell(ctx context.Context, s *State) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	now := time.Now()
	s.Holder, s.HeldUntil, s.TriedAt = h.holder, now.Add(h.pace.lease), now
	held, err := h.store.TellWebhook(ctx, *s)
	return err == nil && held
}

func (h *Hooks) fail(ctx context.Context, hook Hook, s *State, err error) {
	h.failed.Add(1)
	s.Failures++
	s.Error, s.NextAt = err.Error(), time.Now().Add(h.pace.after(s.Failures))
	h.tell(ctx, s)
	h.log.Warn("a webhook could not be told", "webhook", hook.ID, "revision", s.Revision+1, "failures", s.Failures, "error", err)
}

// next returns the events of some revisions after one, and the last of those.
func (h *Hooks) next(ctx context.Context, hook Hook, since rolecall.Revision) (events []*Event, through rolecall.Revision, err error) {
	entries, err := h.rc.Audit(ctx, system, rolecall.EntryQuery{Since: since, Limit: pageEntries})
	if err != nil || len(entries) == 0 {
		return nil, since, err
	}
	last := entries[len(entries)-1].Revision
	if len(entries) == pageEntries {
		if first := entries[0].Revision; first != last {
			last-- // the page may break off inside it
		} else if events, err = h.long(ctx, hook, first); err != nil {
			return nil, since, err
		} else {
			return events, first, nil
		}
	}
	for _, e := range entries {
		if e.Revision <= last {
			events = h.add(events, hook, e)
		}
	}
	return events, last, nil
}

// long returns the event of a revision with more entries than a page.
func (h *Hooks) long(ctx context.Context, hook Hook, r rolecall.Revision) (events []*Event, err error) {
	for after := int64(0); ; {
		entries, err := h.rc.Audit(ctx, system, rolecall.EntryQuery{Revision: r, After: after, Limit: pageEntries})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			events = h.add(events, hook, e)
			after = e.Seq
		}
		if len(entries) < pageEntries {
			return events, nil
		}
	}
}

// add puts an entry into the event of its revision, if the webhook is told of it.
func (h *Hooks) add(events []*Event, hook Hook, e *rolecall.Entry) []*Event {
	if len(hook.Kinds) > 0 && !slices.Contains(hook.Kinds, e.Kind) || hook.Tenant != "" && e.Tenant != hook.Tenant {
		return events
	}
	if n := len(events); n == 0 || events[n-1].Revision != e.Revision {
		events = append(events, &Event{
			ID: fmt.Sprintf("%s.%d", hook.ID, e.Revision), Type: typeChanges, Webhook: hook.ID,
			Project: h.rc.Project(), Revision: e.Revision, Time: e.Time,
		})
	}
	event := events[len(events)-1]
	if len(event.Changes) == maxChanges {
		event.Truncated = true
		return events
	}
	change := "changed"
	switch {
	case e.Before == nil:
		change = "created"
	case e.After == nil:
		change = "deleted"
	}
	event.Changes = append(event.Changes, Change{e.Seq, change, e.Kind, e.Key, e.Subject, e.Tenant, e.Actor, e.Door})
	return events
}

func (h *Hooks) send(ctx context.Context, hook Hook, secret []byte, e *Event) error {
	body, err := json.Marshal(e)
	if err == nil {
		_, err = post(ctx, h.way, hook.URL, secret, body, h.pace.request)
	}
	return err
}

// A Tested webhook is what came of a test.
type Tested struct {
	Delivered bool   `json:"delivered"`
	Status    int    `json:"status,omitempty"` // of the answer
	Error     string `json:"error,omitempty"`
	Took      int64  `json:"took_ms"`
}

// Test sends a webhook an event of type test, once, for by, who takes
// rolecall:settings.write. That it is not taken is no error.
func (h *Hooks) Test(ctx context.Context, by rolecall.Actor, id string) (Tested, error) {
	try := by
	try.DryRun, try.IdempotencyKey = true, ""
	var hook Hook
	if _, err := h.rc.Write(ctx, try, modify(id, func(k *Hook) { hook = *k })); err != nil {
		return Tested{}, missing(id, err)
	}
	states, err := h.states(ctx)
	if err != nil {
		return Tested{}, err
	}
	s, ok := states[id]
	if !ok {
		return Tested{Error: "there is no secret for it here: rotate it"}, nil
	}
	secret, err := h.sealer.Open(id, s.Secret)
	if err != nil {
		return Tested{Error: err.Error()}, nil
	}
	body, err := json.Marshal(Event{
		ID: rolecall.NewID("test"), Type: typeTest, Webhook: id, Project: h.rc.Project(), Revision: h.rc.Revision(), Time: h.rc.Now(), Changes: []Change{},
	})
	if err != nil {
		return Tested{}, err
	}
	began := time.Now()
	status, err := post(ctx, h.way, hook.URL, secret, body, h.pace.request)
	t := Tested{Delivered: err == nil, Status: status, Took: time.Since(began).Milliseconds()}
	if err != nil {
		t.Error = err.Error()
	}
	return t, nil
}
