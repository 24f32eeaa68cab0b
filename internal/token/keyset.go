package token

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/recent"
)

// A keySet is every signing key of the project at one revision.
type keySet struct {
	revision rolecall.Revision
	keys     []*key // newest first
	byID     map[rolecall.KeyID]*key
	verified *recent.Cache[Verified] // tokens that were verified with these keys
}

// A key is a signing key, ready for use.
type key struct {
	rolecall.SigningKey
	public  jose.JSONWebKey
	signers func() (map[string]jose.Signer, error) // by the type of token; opens the private half at its first call
}

// current returns the keys as they are at the Service's revision.
func (k *Keys) current(ctx context.Context) (*keySet, error) {
	if set := k.set.Load(); set != nil && set.revision >= k.rc.ChangedAt(rolecall.KindSigningKey) {
		return set, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read(ctx)
}

// read is current with k.mu held. Keys that are read again and are the same stay,
// and with them what was verified.
func (k *Keys) read(ctx context.Context) (*keySet, error) {
	old := k.set.Load()
	at := k.rc.Revision() // before reading: what is read may be newer, never older
	if old != nil && old.revision >= k.rc.ChangedAt(rolecall.KindSigningKey) {
		return old, nil
	}
	page, err := k.rc.List(ctx, self, rolecall.Query{Kind: rolecall.KindSigningKey, Limit: rolecall.MaxPage})
	if err != nil {
		return nil, err
	}
	set := &keySet{revision: at, byID: map[rolecall.KeyID]*key{}}
	same := old != nil && len(old.keys) == len(page.Records)
	for _, r := range page.Records {
		record := *r.(*rolecall.SigningKey)
		known := old.find(record.ID)
		if known == nil || !reflect.DeepEqual(known.SigningKey, record) {
			same = false
			if known, err = k.prepare(record); err != nil {
				return nil, err
			}
		}
		set.keys = append(set.keys, known)
		set.byID[known.ID] = known
	}
	slices.SortFunc(set.keys, func(a, b *key) int {
		return cmp.Or(b.StartsAt.Compare(a.StartsAt), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	if set.verified = recent.New[Verified](); same {
		set.verified = old.verified
	}
	k.set.Store(set)
	return set, nil
}

// prepare makes a record ready for use.
func (k *Keys) prepare(record rolecall.SigningKey) (*key, error) {
	key := &key{SigningKey: record}
	if err := json.Unmarshal(record.Public, &key.public); err != nil || !fits(key.public.Key, record.Algorithm) {
		return nil, fmt.Errorf("signing key %q does not hold a public key for %s: %w", record.ID, record.Algorithm, rolecall.ErrCorrupt)
	}
	key.signers = sync.OnceValues(func() (map[string]jose.Signer, error) {
		private, err := k.open(record)
		if err != nil {
			return nil, err
		}
		signs := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(record.Algorithm), Key: jose.JSONWebKey{Key: private, KeyID: string(record.ID)}}
		all := map[string]jose.Signer{}
		for _, typ := range []string{TypeJWT, TypeAccess} {
			if all[typ], err = jose.NewSigner(signs, new(jose.SignerOptions).WithType(jose.ContentType(typ))); err != nil {
				return nil, err
			}
		}
		return all, nil
	})
	return key, nil
}

// signer returns what signs tokens of a type.
func (k *key) signer(typ string) (jose.Signer, error) {
	all, err := k.signers()
	return all[typ], err
}

func (s *keySet) find(id rolecall.KeyID) *key {
	if s == nil {
		return nil
	}
	return s.byID[id]
}

// signing returns the newest key of an algorithm that signs at now and is
// published until a token expires, nil if there is none.
func (s *keySet) signing(algorithm string, now, until time.Time) *key {
	for _, key := range s.keys {
		if key.Algorithm == algorithm && key.Validity.At(now) && (key.ExpiresAt.IsZero() || !key.ExpiresAt.Before(until)) {
			return key
		}
	}
	return nil
}

// published reports whether tokens that the key signed may still count.
func (k *key) published(now time.Time) bool { return k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt) }

// signing returns the key to sign a token with, making one if there is none.
func (k *Keys) signing(ctx context.Context, algorithm string, now, until time.Time) (*key, error) {
	set, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	if key := set.signing(algorithm, now, until); key != nil && !k.unsealed(key) {
		return key, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if set, err = k.read(ctx); err != nil { // another may have made it meanwhile
		return nil, err
	}
	key := set.signing(algorithm, now, until)
	switch {
	case key == nil:
		var record *rolecall.SigningKey
		if record, err = k.generate(algorithm); err == nil {
			_, err = k.rc.Write(ctx, because("a first key"), rolecall.Create(record))
		}
	case k.unsealed(key):
		err = k.sealAll(ctx, set)
	default:
		return key, nil
	}
	if err == nil {
		set, err = k.read(ctx)
	}
	if err != nil {
		return nil, err
	}
	if key = set.signing(algorithm, now, until); key == nil {
		return nil, fmt.Errorf("there is no key for %s: %w", algorithm, rolecall.ErrUnavailable)
	}
	return key, nil
}

// because is self with a reason for the journal.
func because(reason string) rolecall.Actor {
	by := self
	by.Reason = reason
	return by
}
