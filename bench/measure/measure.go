// Package measure compares an engine's answers with the floor's, and then its CPU
// time: in turns, in one process, so that neighbours disturb both alike.
package measure

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/rolecall/rolecall/bench/workload"
)

// An Engine answers the workload's questions.
type Engine struct {
	Name    string // on the command line
	Label   string // in the table
	Version string
	Note    string   // how it was set up, in a few words
	Sizes   []string // that are tried; nil means all
	File    bool     // whether it needs the world in a data file
	// Prepare, which may be nil, makes what Load finds there: a file, a server.
	Prepare func(context.Context, *workload.World) error
	// Load puts the world into the engine, and returns what answers.
	Load func(context.Context, *workload.World) (Decide, error)
}

// Decide answers one question.
type Decide func(*workload.Question) (bool, error)

// A Result is what was measured of one engine at one size.
type Result struct {
	Engine, Label, Version, Note, Size string

	Load      time.Duration // CPU time until it can answer
	Heap      int64         // bytes more than before Load
	Agreed    int           // questions that were answered as the floor does
	Decisions int           // that were timed
	CPU       float64       // ns for a decision, the garbage collector's share included
	Floor     float64       // ns for a decision of the floor, between the engine's rounds
	Ratio     float64       // of the two
	Allocs    float64       // objects for a decision

	// Missed says why there are no figures: the engine did not get so far in time.
	Missed string `json:",omitempty"`
}

// Limits bound a run in wall time.
type Limits struct {
	Agree time.Duration // to compare up to MaxAgree answers
	Run   time.Duration // to measure
}

// MaxAgree is how many answers are compared, time allowing.
const MaxAgree = 10_000

// turn is how long a round of the floor is, and about that of the engine.
const turn = 20 * time.Millisecond

// Run measures an engine in a world. A wrong answer is an error.
func Run(ctx context.Context, e *Engine, w *workload.World, limits Limits) (*Result, error) {
	r := &Result{Engine: e.Name, Label: e.Label, Version: e.Version, Note: e.Note, Size: w.Name}
	if e.Prepare != nil {
		if err := e.Prepare(ctx, w); err != nil {
			return nil, fmt.Errorf("prepare %s: %w", e.Name, err)
		}
	}
	before, start := heap(), CPU()
	decide, err := e.Load(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", e.Name, err)
	}
	r.Load = CPU() - start
	r.Heap = heap() - before

	until := time.Now().Add(limits.Agree)
	for r.Agreed < MaxAgree && time.Now().Before(until) {
		q := &w.Questions[r.Agreed%len(w.Questions)]
		got, err := decide(q)
		if err != nil {
			return nil, fmt.Errorf("%s: %v: %w", e.Name, *q, err)
		}
		if want := w.Floor.Decide(q); got != want {
			return nil, fmt.Errorf("%s answers %v to %v, the floor %v", e.Name, got, *q, want)
		}
		r.Agreed++
	}
	return r, r.measure(decide, w, limits.Run)
}

// measure lets the floor and the engine take turns. Both go through all questions,
// each at its own pace, so that neither finds them in the processor's cache.
func (r *Result) measure(decide Decide, w *workload.World, limit time.Duration) error {
	floor := &side{decide: func(q *workload.Question) (bool, error) { return w.Floor.Decide(q), nil }, questions: w.Questions}
	engine := &side{decide: decide, questions: w.Questions, at: len(w.Questions) / 2}
	for _, s := range []*side{floor, engine} { // how many decisions fill a turn
		for s.size = 1; ; s.size *= 2 {
			if took, _, err := s.round(); err != nil {
				return err
			} else if took >= turn || s.size >= 1<<20 {
				break
			}
		}
	}
	// Each comes after the other, never after itself, which would find its data
	// in the processor's cache.
	last, _, err := floor.round()
	if err != nil {
		return err
	}
	var used, base time.Duration
	var objects uint64
	turns := 0
	for until := time.Now().Add(limit); time.Now().Before(until) || turns < 3; turns++ {
		took, allocated, err := engine.round()
		if err != nil {
			return err
		}
		next, _, err := floor.round()
		if err != nil {
			return err
		}
		used, base, last = used+took, base+(last+next)/2, next
		objects += allocated
	}
	r.Decisions = turns * engine.size
	r.CPU = float64(used) / float64(r.Decisions)
	r.Floor = float64(base) / float64(turns*floor.size)
	r.Ratio = r.CPU / r.Floor
	r.Allocs = float64(objects) / float64(r.Decisions)
	return nil
}

// A side is one of two that take turns.
type side struct {
	decide    Decide
	questions []workload.Question
	at, size  int
}

var sink int

// round makes size decisions, and returns the CPU time and the objects for them.
// What the garbage collector has left to do then is theirs too.
func (s *side) round() (took time.Duration, objects uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := CPU()
	for range s.size {
		yes, err := s.decide(&s.questions[s.at])
		if err != nil {
			return 0, 0, err
		}
		if yes {
			sink++
		}
		if s.at++; s.at == len(s.questions) {
			s.at = 0
		}
	}
	took = CPU() - start
	runtime.ReadMemStats(&after)
	if objects = after.Mallocs - before.Mallocs; objects > uint64(s.size) {
		took += settle()
	}
	return took, objects, nil
}

// settle waits until the process rests, at most two seconds, and returns the CPU
// time that it took to.
func settle() (took time.Duration) {
	const pause = 2 * time.Millisecond
	for range 1000 {
		before := CPU()
		time.Sleep(pause)
		used := CPU() - before
		took += used
		if used < pause/4 {
			return took
		}
	}
	return took
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
