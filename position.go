package rolecall

import (
	"context"
	"crypto/sha256"
)

// A Position is a point in a project's history. Two projects, or a project and
// its backup that went another way, have no position in common.
type Position struct {
	Project  string   `json:"project"`
	Revision Revision `json:"revision"`
	// Mark stands for all that was written up to here: a hash of the journal's at
	// that point. It tells nothing about what was written.
	Mark Hash `json:"mark"`
}

// markOf returns the mark where the journal's last entry has a hash.
//
// The journal's own hashes stay here: who knows one and guesses the next entry
// could prove it, and a copy of a part must not tell what is not in it.
func markOf(project string, last Hash) Hash {
	h := sha256.New()
	h.Write([]byte("rolecall position 1\n" + project + "\n"))
	h.Write(last[:])
	return Hash(h.Sum(nil))
}

// position returns the point of a revision, which must be in the journal.
func (s *Service) position(ctx context.Context, r Revision) (at Position, err error) {
	at = Position{Project: s.project, Revision: r}
	found := false
	err = s.read(ctx, func(reader Reader) error {
		return reader.Entries(ctx, EntryQuery{Revision: r, Newest: true, Limit: 1}, func(e *Entry) error {
			at.Mark, found = markOf(s.project, e.Hash), true
			return nil
		})
	})
	if err == nil && !found {
		err = gap("revision %d is not in the journal", r)
	}
	return at, err
}
