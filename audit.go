package rolecall

import (
	"context"
	"fmt"
)

// PermissionAuditRead is what it takes to read the journal.
const PermissionAuditRead = "rolecall:audit.read"

// Audit returns journal entries. It takes rolecall:audit.read: in q.Tenant if
// that is set, everywhere otherwise.
func (s *Service) Audit(ctx context.Context, by Actor, q EntryQuery) (entries []*Entry, err error) {
	if err := mayDo(s.Policy(), by, PermissionAuditRead, Scope{Tenant: q.Tenant}, s.clock()); err != nil {
		return nil, err
	}
	if q.Limit, err = pageSize(q.Limit); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(r Reader) error {
		return r.Entries(ctx, q, func(e *Entry) error {
			entries = append(entries, e)
			return nil
		})
	})
	return entries, err
}

// VerifyAudit reads the whole journal and returns its head, or an error that is
// ErrCorrupt and names the first entry that was altered, is missing, or does
// not agree with the rows that the store holds now. It takes
// rolecall:audit.read everywhere. progress, if not nil, is called now and then
// with the number of entries read.
func (s *Service) VerifyAudit(ctx context.Context, by Actor, progress func(seq int64)) (head Head, err error) {
	if err := mayDo(s.Policy(), by, PermissionAuditRead, Scope{}, s.clock()); err != nil {
		return Head{}, err
	}
	err = s.read(ctx, func(r Reader) error {
		head, err = verify(ctx, r, progress)
		return err
	})
	return head, err
}

func verify(ctx context.Context, r Reader, progress func(int64)) (Head, error) {
	at := Head{Project: r.Head().Project}
	alive := map[Kind]int{} // records that the journal says exist
	err := r.Entries(ctx, EntryQuery{}, func(e *Entry) error {
		if err := e.Verify(at); err != nil {
			return err
		}
		at.Revision, at.Seq, at.Hash = e.Revision, e.Seq, e.Hash
		if e.Before == nil {
			alive[e.Kind]++
		}
		if e.After == nil {
			alive[e.Kind]--
		}
		if progress != nil && e.Seq%1000 == 0 {
			progress(e.Seq)
		}
		return nil
	})
	if err != nil {
		return at, err
	}
	if at != r.Head() {
		return at, fmt.Errorf("the journal ends at entry %d, its head says %d: %w", at.Seq, r.Head().Seq, ErrCorrupt)
	}
	for _, kind := range Kinds {
		if err := agree(ctx, r, kind, alive[kind]); err != nil {
			return at, err
		}
	}
	return at, nil
}

// agree reports whether the rows of a kind are what the journal left there:
// as many, and each as its last entry has it.
func agree(ctx context.Context, r Reader, kind Kind, alive int) error {
	rows := 0
	for q := (Query{Kind: kind, Limit: MaxPage}); ; {
		page, err := r.List(ctx, q)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			if err := agreeOne(ctx, r, record); err != nil {
				return err
			}
		}
		rows += len(page.Records)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if rows != alive {
		return fmt.Errorf("%d records of kind %s are stored, the journal left %d: %w", rows, kind, alive, ErrCorrupt)
	}
	return nil
}

func agreeOne(ctx context.Context, r Reader, record Record) error {
	stored, err := encodeRecord(record)
	if err != nil {
		return err
	}
	var last *Entry
	err = r.Entries(ctx, EntryQuery{Kind: record.Kind(), Key: record.Key(), Newest: true, Limit: 1}, func(e *Entry) error {
		last = e
		return nil
	})
	switch {
	case err != nil:
		return err
	case last == nil:
		return fmt.Errorf("%s %q is in no journal entry: %w", record.Kind(), record.Key(), ErrCorrupt)
	case string(last.After) != string(stored):
		return fmt.Errorf("%s %q is not as entry %d left it: %w", record.Kind(), record.Key(), last.Seq, ErrCorrupt)
	}
	return nil
}

// AsOf returns the policy as it was at a past revision, by replaying the
// journal from its beginning. It takes rolecall:audit.read everywhere. One
// caller at a time is served, so that a long journal does not take all processors.
func (s *Service) AsOf(ctx context.Context, by Actor, at Revision) (*Policy, error) {
	if err := mayDo(s.Policy(), by, PermissionAuditRead, Scope{}, s.clock()); err != nil {
		return nil, err
	}
	select {
	case s.past <- struct{}{}:
		defer func() { <-s.past }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var p *Policy
	err := s.read(ctx, func(r Reader) (err error) {
		if at < 1 || at > r.Head().Revision {
			return invalid("revision", "must be between 1 and %d", r.Head().Revision)
		}
		p, err = s.replay(ctx, newPolicy(), r, at)
		return err
	})
	return p, err
}

// Backup writes a copy of the project to the new file at path. It is for code
// that is trusted with the file system: System actors only.
func (s *Service) Backup(ctx context.Context, by Actor, path string) error {
	if !by.trusted {
		return &MissingError{Permission: "the data file itself", Kind: ErrForbidden}
	}
	return s.store.Backup(ctx, path)
}
