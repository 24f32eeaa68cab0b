package auth0

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// The log is the journal and the log of sign-ins, in the one order in which they
// were written.

// A logLine is an entry of the one or an event of the other.
type logLine struct {
	entry *rolecall.Entry
	event *identity.Event
}

// place returns where a line stands: after how many entries of the journal, that
// of its own included, and as which of the events after them, 0 for the entry.
func (l *logLine) place() (seq, id int64) {
	if l.event != nil {
		return l.event.Seq, l.event.ID
	}
	return l.entry.Seq, 0
}

// logPrefix begins the id of every line, which goes on with its time and its
// place: so ids sort as the lines do.
const (
	logPrefix = "900"
	logTime   = "20060102150405"
	logDigits = 20
	logStart  = len(logPrefix) + len(logTime) + 3
)

func (l *logLine) logID() string {
	seq, id := l.place()
	var at time.Time
	if l.event != nil {
		at = l.event.Time
	} else {
		at = l.entry.Time
	}
	text := fmt.Sprintf("%s%s%03d%0*d", logPrefix, at.UTC().Format(logTime), at.UnixMilli()%1000, logDigits, seq)
	if id > 0 {
		text += fmt.Sprintf("%0*d", logDigits, id)
	}
	return text
}

// logPlace returns the place in the id of a line.
func logPlace(text string) (seq, id int64, ok bool) {
	if !strings.HasPrefix(text, logPrefix) || len(text) != logStart+logDigits && len(text) != logStart+2*logDigits || strings.Trim(text, "0123456789") != "" {
		return 0, 0, false
	}
	seq, err := strconv.ParseInt(text[logStart:logStart+logDigits], 10, 64)
	if err != nil || seq < 1 {
		return 0, 0, false
	}
	if rest := text[logStart+logDigits:]; rest != "" {
		if id, err = strconv.ParseInt(rest, 10, 64); err != nil || id < 1 {
			return 0, 0, false
		}
	}
	return seq, id, true
}

// logLines reads lines one after the other: those after a place or, the newest
// first, all. The last are those after the entry that the journal ended at when
// the reading began: what comes later might come between two that were read.
type logLines struct {
	*call
	subject rolecall.SubjectID // "" for everybody's
	newest  bool
	seq, id int64 // the place
	size    int   // how many to read at once

	begun   bool
	end     int64 // the entry that the journal ended at
	entries lineSource[*rolecall.Entry]
	events  lineSource[*identity.Event]
}

// A lineSource is what was read of one of the two, and not yet given out.
type lineSource[T any] struct {
	lines []T
	after int64 // where to read on
	over  bool
}

// next returns the next line, nil after the last.
func (l *logLines) next() (*logLine, error) {
	if err := l.fill(); err != nil {
		return nil, err
	}
	entries, events := l.entries.lines, l.events.lines
	takesEvent := len(entries) == 0
	if len(entries) > 0 && len(events) > 0 { // an event comes after the entry that it names
		takesEvent = (events[0].Seq >= entries[0].Seq) == l.newest
	}
	switch {
	case takesEvent && len(events) > 0 && events[0].Seq <= l.end:
		l.events.lines = events[1:]
		return &logLine{event: events[0]}, nil
	case !takesEvent && entries[0].Seq <= l.end:
		l.entries.lines = entries[1:]
		return &logLine{entry: entries[0]}, nil
	}
	return nil, nil
}

// fill reads more of what has run out.
func (l *logLines) fill() error {
	if !l.begun {
		if err := l.begin(); err != nil {
			return err
		}
	}
	ctx, size := l.r.Context(), max(1, min(l.size, rolecall.MaxPage))
	if e := &l.entries; len(e.lines) == 0 && !e.over {
		found, err := l.rc.Audit(ctx, l.by, rolecall.EntryQuery{Subject: l.subject, Newest: l.newest, After: e.after, Limit: size})
		if err != nil {
			return err
		}
		if e.lines, e.over = found, len(found) < size; len(found) > 0 {
			e.after = found[len(found)-1].Seq
		}
	}
	if e := &l.events; len(e.lines) == 0 && !e.over {
		q := identity.EventQuery{Subject: l.subject, Newest: l.newest, After: e.after, Limit: size}
		if e.after == 0 {
			q.Seq = l.seq
		}
		found, err := l.identity.Events(ctx, l.by, q)
		if err != nil {
			return err
		}
		if e.lines, e.over = found, len(found) < size; len(found) > 0 {
			e.after = found[len(found)-1].ID
		}
	}
	return nil
}

func (l *logLines) begin() error {
	head, err := l.rc.Audit(l.r.Context(), l.by, rolecall.EntryQuery{Newest: true, Limit: 1})
	if err != nil {
		return err
	}
	l.begun = true
	if len(head) > 0 {
		l.end = head[0].Seq
	}
	if l.newest {
		l.seq, l.id = l.end+1, 0
	}
	l.entries.after, l.events.after = l.seq, l.id
	return nil
}
