package rolecall

import (
	"context"
	"time"
)

// A Store keeps one project: rows that hold its current state, and the journal
// of every change to them. It stores and checks nothing but its own integrity;
// the rules are the Service's. internal/store implements it once for every SQL
// engine, and internal/storetest is the suite that each engine must pass.
//
// Text is compared and sorted by byte. Times keep whole milliseconds. A record's
// fields come back exactly as they went in, secrets included; an absent
// optional field is its zero value.
//
// Methods may be called concurrently. A method that finds the database full,
// locked or gone returns an error that is ErrUnavailable and changes nothing. Only
// if the database goes while it commits, and stays away, may the change be made
// all the same; the error then says so.
type Store interface {
	// Head returns where the journal ends. In a store without a project it
	// returns the zero Head.
	Head(ctx context.Context) (Head, error)

	// Load calls visit with every record that a Policy keeps, in the order of
	// Kinds, all from the one state whose Head it returns. Of users and clients
	// only ID and Blocked need be filled; of the others everything but
	// Attributes, Description, Stamps and Reason.
	// Login ids, credentials, signing keys and settings are not visited. The
	// record is reused for the next call: visit must not keep it.
	Load(ctx context.Context, visit func(Record) error) (Head, error)

	// Read calls f with a view of one state.
	Read(ctx context.Context, f func(Reader) error) error

	// Write calls f with a transaction that no other Write of the project, of
	// this or another process, runs beside. If f returns nil, everything is
	// committed and durable when Write returns; otherwise nothing is changed
	// and Write returns f's error. It calls f again, from the start, if the
	// database undid the first try in favour of another's; f must not call Write.
	Write(ctx context.Context, f func(Tx) error) error

	// Backup writes a complete copy of one state to the new file at path while
	// the store is in use. The file must not exist.
	Backup(ctx context.Context, path string) error

	Close() error
}

// A Watcher is a Store that can tell at once when another process wrote. A Service
// looks at the head by itself as well, so a wake that is missed only costs time.
type Watcher interface {
	// Watch calls wake, which is quick, when the head may have moved, until ctx is
	// done. It returns at once if the store can't tell.
	Watch(ctx context.Context, wake func())

	// Follow is Read, but neither it nor Head waits for other readers, however many
	// and slow they are.
	Follow(ctx context.Context, f func(Reader) error) error
}

// A Reader reads one state. It is for one goroutine, until the function that it
// was given to returns.
type Reader interface {
	Head() Head

	// Get returns the record of a kind with a key, or an error that is ErrNotFound.
	Get(ctx context.Context, kind Kind, key string) (Record, error)

	// List returns a page of records. An unknown field is ErrInvalid.
	List(ctx context.Context, q Query) (Page, error)

	// Entries calls visit with the selected entries, oldest first unless asked
	// otherwise, until visit returns an error, which Entries then returns.
	Entries(ctx context.Context, q EntryQuery, visit func(*Entry) error) error

	// Referring calls visit with every record that refers to the record of a kind
	// with an id, directly or through another, once each and in an order in which
	// they can be deleted. visit may delete the record that it is given. What
	// refers to a user, client or group is found by any of the three kinds.
	Referring(ctx context.Context, kind Kind, id string, visit func(Record) error) error

	// Recall returns what Remember kept for an actor and key, and whether there is any.
	Recall(ctx context.Context, actor SubjectID, key string) (Remembered, bool, error)
}

// A Tx is a write transaction. It sees what it has written.
type Tx interface {
	Reader

	// Insert adds a record. If there is one with the same key or the same unique
	// fields, the error is a *FieldError that is ErrConflict, and the transaction
	// goes on. If one that it refers to does not exist, the error is a
	// *FieldError that is ErrNotFound, and nothing of the transaction is committed.
	Insert(ctx context.Context, r Record) error
	// Update replaces the record with r's key, on the terms of Insert. If there is
	// none, the error is ErrNotFound, and the transaction goes on.
	Update(ctx context.Context, r Record) error
	// Delete removes the record with r's key. If there is none, or if something
	// refers to it, the error is ErrNotFound or ErrReferenced, and the transaction
	// goes on.
	Delete(ctx context.Context, r Record) error

	// Append adds entries, whose Seq, Prev and Hash are set, and moves the head
	// to the last of them. In a store without a project it makes project.
	Append(ctx context.Context, project string, entries []*Entry) error

	// Remember keeps an idempotency key. Keys older than its time less a day
	// may be forgotten.
	Remember(ctx context.Context, m Remembered) error
}

// Remembered is the trace of a write that was made with an idempotency key.
type Remembered struct {
	Actor       SubjectID
	Key         string
	Fingerprint Hash // of what was asked
	Revision    Revision
	Time        time.Time
}

// A Query selects records of one kind.
//
// With Tenant it selects what concerns the tenant: roles that belong to it and
// their grants and inheritances; assignments, direct grants and memberships in
// it; users, clients and groups that are members of it, with their login ids,
// credentials and own members; and the tenant itself. Other kinds do not concern
// a tenant, which is ErrInvalid.
type Query struct {
	Kind   Kind
	Where  []Condition // all must hold
	Tenant TenantID    // only what concerns this tenant: see Query
	Group  SubjectID   // of users, clients and groups: only the direct members of this group
	Search string      // found, ignoring the case of ASCII letters, in the id, a name or an e-mail address
	Sort   string      // a field as in JSON, absent times first; "" means the key. Ties are in key order.
	Desc   bool        // turns the whole order round
	After  string      // Page.Next of the page before
	Limit  int         // 0 means no limit
	Total  bool        // also count all that match
}

// A Condition compares a field, named as in JSON, with values. Times are RFC
// 3339, booleans "true" and "false". An absent field equals "".
type Condition struct {
	Field  string
	Op     Operator
	Values []string // several only for In
}

// An Operator compares. Text is compared by byte.
type Operator string

const (
	Equal    Operator = "="
	In       Operator = "in" // equals one of up to 500 values
	Before   Operator = "<"
	NotAfter Operator = "<="
	From     Operator = ">="
	Contains Operator = "contains" // ignoring the case of ASCII letters
	Prefix   Operator = "prefix"
)

// Where is short for the Condition that field equals value.
func Where[T ~string](field string, value T) Condition {
	return Condition{Field: field, Op: Equal, Values: []string{string(value)}}
}

// A Page is a part of what a Query selects.
type Page struct {
	Records []Record
	Next    string // "" on the last page
	Total   int    // if asked for
}
