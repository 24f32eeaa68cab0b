// Package rolecall answers one question, may this subject do this, here?, and
// keeps everything that the answer rests on.
//
// The store keeps a journal, the [Policy] is a snapshot that replays it, and
// everything else translates. [Service.Check] asks the snapshot, in memory and
// without locks. [Service.Write] is the only way to change anything: it checks
// that the actor may, that no invariant breaks, and appends to the journal in
// the transaction that changes the rows.
//
// The package needs the standard library alone. A database is opened by the
// packages sqlite and postgres, HTTP requests are guarded by the package pep,
// and the package client is the same [Checker] over a network.
package rolecall

import "context"

// A Checker answers requests for decisions: a [Service] in this process, or a
// client of one elsewhere. A denial is a Decision, not an error; an error means
// that there is no answer, and the caller must then deny.
type Checker interface {
	Check(ctx context.Context, req Request) (Decision, error)

	// CheckAll answers every request, in their order and all at one revision.
	// There is a decision for each, or an error and none.
	CheckAll(ctx context.Context, reqs []Request) ([]Decision, error)
}

// An Opener opens the store of a project. sqlite.File and postgres.Database make one.
type Opener interface {
	OpenStore(ctx context.Context) (Store, error)
}

// Open opens a project's store, making an empty project in an empty store, and
// starts a Service over it. Close the Service to close the store.
func Open(ctx context.Context, from Opener, options ...Option) (*Service, error) {
	store, err := from.OpenStore(ctx)
	if err != nil {
		return nil, err
	}
	s, err := New(ctx, store, options...)
	if err != nil {
		store.Close()
		return nil, err
	}
	return s, nil
}
