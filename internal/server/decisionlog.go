package server

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rolecall/rolecall"
)

// A decisionLog writes decisions to a file, one JSON object in a line: denials,
// and of those that allow a sample. It never holds up a decision: what the disk
// can't take is dropped, and counted.
type decisionLog struct {
	path   string
	sample float64 // of what is allowed; denials are written all
	most   int64   // bytes of a file
	keep   int     // files beside the current one
	clock  func() time.Time
	log    *slog.Logger

	lines   chan decided
	dropped atomic.Int64
	closed  chan struct{}
	mu      sync.RWMutex // held to send, and exclusively to close
	ended   bool
}

// decided is a line. It holds what was asked, and nothing that proves who asks.
type decided struct {
	Time      time.Time          `json:"time"`
	Door      string             `json:"door,omitempty"`
	Actor     rolecall.SubjectID `json:"actor,omitempty"`
	RequestID string             `json:"request_id,omitempty"`
	rolecall.Request
	rolecall.Decision
}

const (
	decisionLogQueue = 4096
	decisionLogFlush = time.Second
)

func newDecisionLog(path string, sample float64, most int64, keep int, log *slog.Logger) (*decisionLog, error) {
	l := &decisionLog{
		path: path, sample: sample, most: most, keep: keep, clock: time.Now, log: log,
		lines: make(chan decided, decisionLogQueue), closed: make(chan struct{}),
	}
	f, size, err := l.open()
	if err != nil {
		return nil, fmt.Errorf("can't write the decision log: %w", err)
	}
	go l.run(f, size)
	return l, nil
}

// Decided implements [rolecall.Observer].
func (l *decisionLog) Decided(by rolecall.Actor, asked []rolecall.Request, decisions []rolecall.Decision, _ time.Duration) {
	var now time.Time
	for i, d := range decisions {
		if d.Allowed && (l.sample == 0 || rand.Float64() >= l.sample) {
			continue
		}
		if now.IsZero() {
			now = l.clock().UTC()
		}
		l.send(decided{now, by.Door, by.Subject, by.RequestID, asked[i], d})
	}
}

// Wrote implements [rolecall.Observer]: writes are in the journal.
func (l *decisionLog) Wrote(rolecall.Actor, rolecall.Receipt, error, time.Duration) {}

func (l *decisionLog) send(line decided) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.ended {
		return
	}
	select {
	case l.lines <- line:
	default:
		l.dropped.Add(1)
	}
}

// Close writes what is left.
func (l *decisionLog) Close() error {
	l.mu.Lock()
	if !l.ended {
		l.ended = true
		close(l.lines)
	}
	l.mu.Unlock()
	<-l.closed
	return nil
}

func (l *decisionLog) open() (*os.File, int64, error) {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

func (l *decisionLog) run(f *os.File, size int64) {
	defer close(l.closed)
	out := bufio.NewWriterSize(f, 64<<10)
	flush := time.NewTicker(decisionLogFlush)
	defer flush.Stop()
	var failing bool
	check := func(err error) {
		if err != nil && !failing {
			l.log.Error("the decision log can't be written", "error", err)
		}
		failing = err != nil
		if err != nil {
			l.dropped.Add(1)
		}
	}
	for {
		select {
		case line, more := <-l.lines:
			if !more {
				check(errors.Join(out.Flush(), f.Close()))
				return
			}
			text, err := json.Marshal(line)
			if err == nil {
				text = append(text, '\n')
				if size > 0 && size+int64(len(text)) > l.most {
					if err = errors.Join(out.Flush(), f.Close(), l.rotate()); err == nil {
						f, size, err = l.open()
					} else if again, n, failed := l.open(); failed == nil {
						f, size = again, n // better a file that is too long than none
					}
					out.Reset(f)
				}
				n, failed := out.Write(text)
				size += int64(n)
				err = errors.Join(err, failed)
			}
			if check(err); err != nil {
				out.Reset(f) // a writer that failed once fails always
			}
		case <-flush.C:
			if err := out.Flush(); err != nil {
				check(err)
				out.Reset(f)
			}
		}
	}
}

// rotate makes room: the file becomes path.1, that path.2, and the last is gone.
func (l *decisionLog) rotate() error {
	name := func(n int) string { return fmt.Sprintf("%s.%d", l.path, n) }
	if l.keep == 0 {
		return os.Remove(l.path)
	}
	for n := l.keep - 1; n >= 1; n-- {
		if err := os.Rename(name(n), name(n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(l.path, name(1))
}

// observers tell several.
type observers []rolecall.Observer

func (all observers) Decided(by rolecall.Actor, asked []rolecall.Request, decisions []rolecall.Decision, took time.Duration) {
	for _, o := range all {
		o.Decided(by, asked, decisions, took)
	}
}

func (all observers) Wrote(by rolecall.Actor, receipt rolecall.Receipt, err error, took time.Duration) {
	for _, o := range all {
		o.Wrote(by, receipt, err, took)
	}
}
