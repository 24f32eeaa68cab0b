package rolecall

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// An Entry is one change in the journal. A write appends one for each record
// that it creates, changes or deletes, all with the write's revision. Entries
// are never changed; each holds the hash of the one before it.
type Entry struct {
	Seq      int64     `json:"seq"` // counts entries from 1, without gaps
	Revision Revision  `json:"revision"`
	Time     time.Time `json:"time"` // UTC, whole milliseconds

	Actor      SubjectID `json:"actor"`                  // who made the write; "system" for the process itself
	OnBehalfOf SubjectID `json:"on_behalf_of,omitempty"` // for whom
	Door       string    `json:"door"`                   // by which way: "native", "cli", "console" …
	RequestID  string    `json:"request_id,omitempty"`
	Reason     string    `json:"reason,omitempty"`

	Kind    Kind            `json:"kind"`
	Key     string          `json:"key"`
	Subject SubjectID       `json:"subject,omitempty"` // the subject that the record concerns, if one
	Tenant  TenantID        `json:"tenant,omitempty"`  // the tenant that the record concerns, if one
	Before  json.RawMessage `json:"before,omitempty"`  // absent when the record was created
	After   json.RawMessage `json:"after,omitempty"`   // absent when it was deleted

	Prev Hash `json:"prev"`
	Hash Hash `json:"hash"`
}

// A Hash is a SHA-256, of 32 bytes, in hexadecimal when it is text.
type Hash [sha256.Size]byte

func (h Hash) String() string               { return hex.EncodeToString(h[:]) }
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) {
		return fmt.Errorf("a hash has %d hexadecimal digits", 2*len(h))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// Seal makes e the entry after a journal that ends at head, at revision r.
func (e *Entry) Seal(head Head, r Revision) Head {
	e.Seq, e.Revision, e.Prev = head.Seq+1, r, head.Hash
	e.Hash = e.sum()
	return Head{Project: head.Project, Revision: r, Seq: e.Seq, Hash: e.Hash}
}

// sum returns the hash that e must have: of every field above it, Prev included,
// each preceded by its length, so that no two entries share an encoding.
func (e *Entry) sum() Hash {
	h := sha256.New()
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	text := func(s string) {
		number(int64(len(s)))
		h.Write([]byte(s))
	}
	number(e.Seq)
	number(int64(e.Revision))
	number(e.Time.UnixMilli())
	for _, s := range []string{
		string(e.Actor), string(e.OnBehalfOf), e.Door, e.RequestID, e.Reason,
		string(e.Kind), e.Key, string(e.Subject), string(e.Tenant), string(e.Before), string(e.After),
	} {
		text(s)
	}
	h.Write(e.Prev[:])
	return Hash(h.Sum(nil))
}

// Verify reports what is wrong with e as the entry after a journal that ends at
// head: an error that is ErrCorrupt and names the entry.
func (e *Entry) Verify(head Head) error {
	switch {
	case e.Seq != head.Seq+1:
		return fmt.Errorf("entry %d stands where %d should: %w", e.Seq, head.Seq+1, ErrCorrupt)
	case e.Revision != head.Revision && e.Revision != head.Revision+1:
		return fmt.Errorf("entry %d has revision %d after %d: %w", e.Seq, e.Revision, head.Revision, ErrCorrupt)
	case e.Prev != head.Hash:
		return fmt.Errorf("entry %d does not continue the chain: %w", e.Seq, ErrCorrupt)
	case e.Hash != e.sum():
		return fmt.Errorf("entry %d was altered: %w", e.Seq, ErrCorrupt)
	}
	return nil
}

// records returns the record before and after e's change.
func (e *Entry) records() (before, after Record, err error) {
	if before, err = decodeRecord(e.Kind, e.Before); err == nil {
		after, err = decodeRecord(e.Kind, e.After)
	}
	if err != nil {
		err = fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	return before, after, err
}

// A Head is where a journal ends.
type Head struct {
	Project  string   `json:"project"` // "P" and 27 letters and digits
	Revision Revision `json:"revision"`
	Seq      int64    `json:"seq"`  // of the last entry
	Hash     Hash     `json:"hash"` // of the last entry
}

// An EntryQuery selects journal entries. Zero fields select everything.
type EntryQuery struct {
	Actor    SubjectID
	Kind     Kind
	Key      string
	Subject  SubjectID
	Tenant   TenantID
	From     time.Time // this time or later
	To       time.Time // before this time
	After    int64     // a Seq: entries after it or, with Newest, before it (0 means from the newest)
	Revision Revision  // this revision only
	Since    Revision  // after this revision
	Through  Revision  // up to and including this revision; 0 means all
	Newest   bool      // newest first
	Limit    int       // 0 means no limit
}
