package rolecall

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// This file moves a policy to another process: a Feed writes a snapshot, a
// Mirror reads it and follows the Feed's deltas.
//
// A snapshot is lines of JSON: a head, one line for each record, and an end
// with their number and the SHA-256 of all that stands before it.

// SnapshotFormat is the number of the form in which snapshots are written.
const SnapshotFormat = 1

// maxSnapshotLine is the most bytes of a line.
const maxSnapshotLine = 64 << 10

type snapshotHead struct {
	Format int `json:"format"`
	Position
	Part Part      `json:"part"`
	Time time.Time `json:"time"`
}

type snapshotLine struct {
	Kind   Kind  `json:"kind"`
	Record *bare `json:"record"`
}

type snapshotEnd struct {
	End     bool `json:"end"`
	Records int  `json:"records"`
	SHA256  Hash `json:"sha256"`
}

// WriteSnapshot writes all that the copy begins with, at the position that f is
// at. It is for a Feed that has not moved yet.
func (f *Feed) WriteSnapshot(w io.Writer) error {
	if f.p == nil || f.p.Revision() != f.at.Revision {
		return errors.New("the feed has moved on from its snapshot")
	}
	v, err := f.p.sight(f.part)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	sum, records := sha256.New(), 0
	e := json.NewEncoder(io.MultiWriter(out, sum))
	if err := e.Encode(snapshotHead{SnapshotFormat, f.at, f.part, f.s.Now()}); err != nil {
		return err
	}
	err = f.p.records(v, func(r Record) error {
		records++
		return e.Encode(snapshotLine{r.Kind(), strip(r)})
	})
	if err != nil {
		return err
	}
	if err := e.Encode(snapshotEnd{true, records, Hash(sum.Sum(nil))}); err != nil {
		return err
	}
	return out.Flush()
}

// A Mirror is a copy of a policy, or of a part of it, that follows the project
// that it was made from. It is for one goroutine; the policies that it gives out
// are for any.
type Mirror struct {
	at     Position
	part   Part
	policy *Policy
}

// ReadSnapshot makes a Mirror of a snapshot, which must be whole: one that was
// cut off, altered, or is for another part is ErrCorrupt.
func ReadSnapshot(r io.Reader, part Part) (*Mirror, error) {
	m, err := readSnapshot(r, part)
	if err != nil {
		return nil, fmt.Errorf("the snapshot does not verify: %w", err)
	}
	return m, nil
}

func readSnapshot(r io.Reader, part Part) (*Mirror, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxSnapshotLine), maxSnapshotLine)
	sum, records := sha256.New(), 0
	var head snapshotHead
	edit := newPolicy().edit()
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 {
			if err := head.read(line, part); err != nil {
				return nil, err
			}
		} else if bytes.HasPrefix(line, []byte(`{"end":`)) {
			return endSnapshot(line, lines, head, records, Hash(sum.Sum(nil)), edit)
		} else {
			if err := readRecord(edit, line); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			records++
		}
		sum.Write(line)
		sum.Write([]byte{'\n'})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("it breaks off after %d records: %w: %w", records, err, ErrCorrupt)
	}
	return nil, fmt.Errorf("it breaks off after %d records: %w", records, ErrCorrupt)
}

func (h *snapshotHead) read(line []byte, part Part) error {
	switch err := json.Unmarshal(line, h); {
	case err != nil:
		return fmt.Errorf("its first line: %v: %w", err, ErrCorrupt)
	case h.Format != SnapshotFormat:
		return fmt.Errorf("its format is %d, and not %d: %w", h.Format, SnapshotFormat, ErrCorrupt)
	case h.Project == "" || h.Revision < 1:
		return fmt.Errorf("its first line has no position: %w", ErrCorrupt)
	case h.Part != part:
		return fmt.Errorf("it is not of the part that was asked for: %w", ErrCorrupt)
	}
	return nil
}

func readRecord(e *edit, line []byte) error {
	var l snapshotLine
	if err := json.Unmarshal(line, &l); err != nil {
		return fmt.Errorf("%v: %w", err, ErrCorrupt)
	}
	r, err := l.Record.record(l.Kind)
	if err != nil {
		return err
	}
	if r == nil {
		return fmt.Errorf("no record: %w", ErrCorrupt)
	}
	return e.accept(nil, r)
}

func endSnapshot(line []byte, more *bufio.Scanner, head snapshotHead, records int, sum Hash, e *edit) (*Mirror, error) {
	var end snapshotEnd
	switch err := json.Unmarshal(line, &end); {
	case err != nil:
		return nil, fmt.Errorf("its last line: %v: %w", err, ErrCorrupt)
	case end.Records != records:
		return nil, fmt.Errorf("it has %d records, its last line says %d: %w", records, end.Records, ErrCorrupt)
	case end.SHA256 != sum:
		return nil, fmt.Errorf("it was altered: its hash is not that of its last line: %w", ErrCorrupt)
	case more.Scan():
		return nil, fmt.Errorf("something follows its last line: %w", ErrCorrupt)
	case more.Err() != nil:
		return nil, fmt.Errorf("it breaks off: %w: %w", more.Err(), ErrCorrupt)
	}
	return &Mirror{head.Position, head.Part, e.done(head.Revision)}, nil
}

// At returns the position that m is at.
func (m *Mirror) At() Position { return m.at }

// Part returns what m is a copy of.
func (m *Mirror) Part() Part { return m.part }

// Policy returns the policy at m's position. What is not in m's part it does not
// know, and denies; [Part.Answers] tells which questions those are.
func (m *Mirror) Policy() *Policy { return m.policy }

// Follow applies a Delta that begins where m is. One that begins elsewhere, as
// when others before it were lost or came in another order, is ErrGap, and one
// that does not fit ErrCorrupt; m then stays where it is.
func (m *Mirror) Follow(d *Delta) error {
	if d.From != m.at.Revision || d.Prev != m.at.Mark {
		return gap("a change leads from revision %d to %d, and the copy is at %d", d.From, d.Revision, m.at.Revision)
	}
	if d.Revision <= d.From {
		return fmt.Errorf("a change leads from revision %d back to %d: %w", d.From, d.Revision, ErrCorrupt)
	}
	e := m.policy.edit()
	for _, c := range d.Changes {
		if err := e.accept(c.Before, c.After); err != nil {
			return fmt.Errorf("revision %d: %w", d.Revision, err)
		}
	}
	m.policy = e.done(d.Revision)
	m.at.Revision, m.at.Mark = d.Revision, d.Mark
	return nil
}

// accept applies a change that came from elsewhere. Unlike follow's, nobody has
// checked it against cycles, which a policy would not come back from.
func (e *edit) accept(before, after Record) error {
	switch r := after.(type) {
	case *Inheritance:
		senior, known := e.p.number(KindRole, string(r.Senior))
		junior, also := e.p.number(KindRole, string(r.Junior))
		if known && also && e.p.roles.inherits(junior, senior) {
			return fmt.Errorf("%s %q closes a cycle: %w", r.Kind(), r.Key(), ErrCorrupt)
		}
	case *GroupMember:
		if e.cyclic(r) {
			return fmt.Errorf("%s %q closes a cycle: %w", r.Kind(), r.Key(), ErrCorrupt)
		}
	}
	return e.follow(before, after)
}

func (e *edit) cyclic(r *GroupMember) bool {
	group, known := e.p.number(KindGroup, string(r.Group))
	member, also := e.p.number(KindGroup, string(r.Member))
	if !known || !also {
		return false
	}
	outer, _ := e.p.groupOf(group)
	inner, _ := e.p.groupOf(member)
	return inner == outer || e.p.groups.contains(inner, outer)
}
