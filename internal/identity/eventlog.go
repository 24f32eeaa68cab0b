package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
)

// EventSetting names the setting that says how much of the sign-in log is kept:
// an [EventKeep]. Without it, DefaultEventKeep counts.
const EventSetting = "sign_in_log"

// EventKeep says how long events are kept, and how many of each [Share].
type EventKeep struct {
	Days int `json:"days"` // 0 keeps none; at most 3650
	Most int `json:"most"` // of each share; 0 means that of DefaultEventKeep; at most ten million
}

// DefaultEventKeep bounds the log to some 60 MB.
var DefaultEventKeep = EventKeep{Days: 30, Most: 50_000}

// before returns the time from which on events are kept.
func (k EventKeep) before(now time.Time) time.Time { return now.AddDate(0, 0, -k.Days) }

// EventKeep returns what counts now. A setting that can't be read is an error,
// beside the default.
func (i *Identity) EventKeep(ctx context.Context) (EventKeep, error) {
	setting, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Setting{Name: EventSetting})
	if errors.Is(err, rolecall.ErrNotFound) {
		return DefaultEventKeep, nil
	}
	if err != nil {
		return DefaultEventKeep, err
	}
	var k EventKeep
	if err := json.Unmarshal(setting.Value, &k); err != nil || k.Days < 0 || k.Days > 3650 || k.Most < 0 || k.Most > 10_000_000 {
		return DefaultEventKeep, refuse(EventSetting, "is a setting that must be an object of days, from 0 to 3650, and most, from 0 to 10000000")
	}
	k.Most = cmp.Or(k.Most, DefaultEventKeep.Most)
	return k, nil
}

// WithEventLog has f told when events could not be written down, and how many.
// Nobody is kept from signing in for that.
func WithEventLog(f func(lost int, err error)) Option {
	return func(i *Identity) { i.events.failed = f }
}

// Note writes an event down soon. Its ID, Seq and Time are set by the log. What
// somebody repeats in quick succession is counted, and not written each time.
func (i *Identity) Note(e Event) { i.events.note(i, noted{Event: &e}) }

// Events returns events of the sign-in log, those of this process that were
// noted before included. It takes rolecall:audit.read: in q.Tenant if that is
// set, everywhere otherwise.
func (i *Identity) Events(ctx context.Context, by rolecall.Actor, q EventQuery) ([]*Event, error) {
	if err := i.rc.May(by, rolecall.PermissionAuditRead, rolecall.Scope{Tenant: q.Tenant}); err != nil {
		return nil, err
	}
	switch {
	case q.Limit == 0:
		q.Limit = rolecall.MaxPage
	case q.Limit < 0 || q.Limit > rolecall.MaxPage:
		return nil, refuse("limit", "must be from 1 to %d", rolecall.MaxPage)
	}
	keep, _ := i.EventKeep(ctx) // what can't be read is told to who writes
	if kept := keep.before(i.rc.Now()); q.From.Before(kept) {
		q.From = kept
	}
	i.events.flush()
	return i.store.Events(ctx, q)
}

// An eventLog writes events down beside the requests that they come of.
type eventLog struct {
	failed   func(lost int, err error)
	patience time.Duration // that the answer to an attempt waits for it to be written

	mu             sync.Mutex
	settled        *sync.Cond // on mu: written or trimming has changed, or somebody's patience ends
	pending        []noted
	taken, written int64 // events; those that could not be written are among the written
	lost           int
	writing        bool
	trimming       bool
	sinceTrim      int
	trimmed        time.Time

	repeated map[Share]*buckets
}

// A noted is an event that is to be written down.
type noted struct {
	*Event
	tried  string // the login id that was given, "" if none was
	unread bool   // it was not looked up yet
}

const (
	eventQueue = 1 << 14 // events that wait to be written
	eventBatch = 100     // that are written at once
	trimEvery  = 500     // events, and an hour
)

// What is written of one who does the same again and again. A person's sign-ins
// are all written: each takes a password.
var (
	failureRepeats = Limit{Burst: 10, Every: 30 * time.Second}
	tokenRepeats   = Limit{Burst: 60, Every: 10 * time.Second}
)

func newEventLog() *eventLog {
	l := &eventLog{failed: func(int, error) {}, patience: time.Second, repeated: map[Share]*buckets{
		ShareFailures: newBuckets(failureRepeats, 1<<14),
		ShareTokens:   newBuckets(tokenRepeats, 1<<14),
	}}
	l.settled = sync.NewCond(&l.mu)
	return l
}

// note has an event written down, and returns its number, to wait for: 0 if there
// is nothing to wait for, or too much before it.
func (l *eventLog) note(i *Identity, e noted) int64 {
	e.Time = i.rc.Now()
	e.tidy()
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.repeated[e.Share()]; b != nil {
		one := b.get(e.likeness(e.tried), e.Time)
		if b.wait(one) > 0 {
			one.skipped++
			return 0
		}
		one.level++
		e.Repeats, one.skipped = one.skipped, 0
	}
	if len(l.pending) >= eventQueue {
		l.lost++
		return 0
	}
	l.pending = append(l.pending, e)
	l.taken++
	if !l.writing {
		l.writing = true
		go l.write(i)
	}
	if len(l.pending) > eventBatch {
		return 0
	}
	return l.taken
}

// settle waits until an event is written, but not for longer than it has patience.
func (l *eventLog) settle(number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written >= number {
		return
	}
	over := false
	end := time.AfterFunc(l.patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		over = true
		l.settled.Broadcast()
	})
	defer end.Stop()
	for l.written < number && !over {
		l.settled.Wait()
	}
}

// likeness is the same for events that say the same of the same.
func (e *Event) likeness(tried string) string {
	who := cmp.Or(string(e.Subject), e.Login, tried) // so that unknown names are told apart as known ones are
	if e.Failure == FailAddress {
		who = "" // the names are what is tried
	}
	return strings.Join([]string{string(e.Kind), string(e.Failure), who, string(e.Client), e.Audience, network(e.Address)}, "\n")
}

// tidy bounds what others have sent.
func (e *Event) tidy() {
	e.Agent, e.Login = agent(e.Agent), cut(e.Login, maxEventText)
	e.Detail, e.Audience, e.Address = cut(e.Detail, maxEventText), cut(e.Audience, maxEventText), host(e.Address)
}

// maxEventText bounds what others send, in bytes.
const maxEventText = 200

// cut returns the beginning of a text, as it can be stored.
func cut(text string, most int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// write writes until nothing is pending.
func (l *eventLog) write(i *Identity) {
	for {
		l.mu.Lock()
		n := min(len(l.pending), eventBatch)
		batch := l.pending[:n:n]
		l.pending = l.pending[n:]
		lost := l.lost
		l.lost = 0
		if n == 0 {
			l.pending, l.writing = nil, false
		}
		l.mu.Unlock()
		if lost > 0 {
			l.failed(lost, errors.New("too many at once"))
		}
		if n == 0 {
			return
		}
		trim := l.save(i, batch)
		l.mu.Lock()
		l.written += int64(n)
		l.trimming = trim != nil
		l.settled.Broadcast()
		l.mu.Unlock()
		if trim == nil {
			continue
		}
		trim()
		l.mu.Lock()
		l.trimming = false
		l.settled.Broadcast()
		l.mu.Unlock()
	}
}

// save writes a batch. Now and then it returns what has the log forget what is not
// to be kept.
func (l *eventLog) save(i *Identity, batch []noted) (trim func()) {
	ctx := context.Background()
	keep, err := i.EventKeep(ctx)
	if err != nil {
		l.failed(0, err)
	}
	if keep.Days > 0 {
		if err := i.store.AddEvents(ctx, i.lookUp(ctx, batch)); err != nil {
			l.failed(len(batch), err)
			return nil
		}
	}
	now := i.rc.Now()
	l.sinceTrim += len(batch)
	if l.sinceTrim < trimEvery && now.Sub(l.trimmed) < time.Hour {
		return nil
	}
	l.sinceTrim, l.trimmed = 0, now
	return func() {
		if err := i.store.ForgetEvents(ctx, keep.before(now), keep.Most); err != nil {
			l.failed(0, err)
		}
	}
}

// lookUp returns the events of a batch. It completes those whose login id was not
// looked up when it was given, because too many were.
func (i *Identity) lookUp(ctx context.Context, batch []noted) []*Event {
	all := make([]*Event, len(batch))
	for n, e := range batch {
		if all[n] = e.Event; !e.unread {
			continue
		}
		if found, err := rolecall.Find(ctx, i.rc, reader, &rolecall.LoginID{Login: e.tried}); err == nil {
			e.Subject, e.Login = found.Subject, cut(e.tried, maxEventText)
		}
	}
	return all
}

// flush waits until what was noted is written, and what is too old forgotten.
func (l *eventLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for until := l.taken; l.written < until || l.trimming; {
		l.settled.Wait()
	}
}
