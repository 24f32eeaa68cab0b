package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"sync/atomic"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/recent"
)

// VerifyKey returns the credential whose secret is presented from a remote
// address, with or without a port, which the caller must not change. It is
// ErrBadCredentials if there is none, or it does not count now, or not from
// there: expired, disabled, or its subject blocked.
func (i *Identity) VerifyKey(ctx context.Context, secret, from string) (*rolecall.Credential, error) {
	sum, ok := hashKey(secret)
	if !ok {
		return nil, ErrBadCredentials
	}
	at := i.rc.Revision()
	known := i.lately(sum)
	if known == nil || known.revision < i.rc.ChangedAt(rolecall.KindCredential) {
		var err error
		if known, err = i.readKey(ctx, secret, sum, known, at); err != nil {
			return nil, err
		}
	}
	return i.count(known, from)
}

// lately returns what was verified lately by sum, or nil, and keeps it.
func (i *Identity) lately(sum recent.Sum) *knownKey {
	known := i.keys.Get(sum)
	if known != nil {
		i.keys.Keep(sum, known)
	}
	return known
}

// count returns a key that was verified if it counts now and from an address, and
// notes its use.
func (i *Identity) count(known *knownKey, from string) (*rolecall.Credential, error) {
	now := i.rc.Now()
	if c := known.credential; c.Disabled || !c.Validity.At(now) || !known.place.permits(from) {
		return nil, ErrBadCredentials
	}
	if ok, _ := i.active(known.credential.Subject, now); !ok {
		return nil, ErrBadCredentials
	}
	if known.due(now) {
		i.marks.note(known.credential.ID, now)
	}
	return known.credential, nil
}

// readKey reads the key whose text hashes to sum from the store, and remembers
// it as of a revision that was current before. known is what was remembered, if
// anything.
func (i *Identity) readKey(ctx context.Context, text string, sum [sha256.Size]byte, known *knownKey, at rolecall.Revision) (*knownKey, error) {
	id, ok := parseKey(text)
	if !ok {
		return nil, ErrBadCredentials
	}
	c, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Credential{ID: id})
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, ErrBadCredentials
	}
	if err != nil {
		return nil, err
	}
	if c.Type != rolecall.AccessKey || subtle.ConstantTimeCompare(c.Hash, sum[:]) != 1 {
		return nil, ErrBadCredentials
	}
	return i.remember(ctx, sum, c, known, at)
}

// remember keeps a key that was verified, as of revision at. known is what was
// remembered of it before, if anything.
func (i *Identity) remember(ctx context.Context, sum [sha256.Size]byte, c *rolecall.Credential, known *knownKey, at rolecall.Revision) (*knownKey, error) {
	// The key may be another process's, newer than what decisions are made with.
	if err := i.rc.CatchUp(ctx); err != nil {
		return nil, err
	}
	fresh := &knownKey{credential: c, place: placeOf(c), revision: at}
	if known != nil {
		fresh.noted.Store(known.noted.Load())
	}
	i.keys.Put(sum, fresh)
	return fresh, nil
}

// A knownKey is an access key that was verified, as of a revision.
type knownKey struct {
	credential *rolecall.Credential
	place      place
	revision   rolecall.Revision
	noted      atomic.Int64 // when it was last noted as used, in Unix milliseconds
}

// noteEvery is how often the use of one key is noted.
const noteEvery = time.Minute

// due reports whether k's use is to be noted, and counts it as noted.
func (k *knownKey) due(now time.Time) bool {
	last, at := k.noted.Load(), now.UnixMilli()
	return at-last >= noteEvery.Milliseconds() && k.noted.CompareAndSwap(last, at)
}
