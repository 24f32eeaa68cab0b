package token

import (
	"context"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall"
)

// JWKS returns the public halves of all keys that sign, will sign, or have
// signed tokens that still count (RFC 7517, section 5), the newest first. It
// marshals to JSON. With algorithms, it has only their keys.
func (k *Keys) JWKS(ctx context.Context, algorithms ...string) (jose.JSONWebKeySet, error) {
	now := k.rc.Now()
	if _, err := k.signing(ctx, RS256, now, now); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	set, err := k.current(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	all := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range set.keys {
		if key.published(now) && (len(algorithms) == 0 || slices.Contains(algorithms, key.Algorithm)) {
			all.Keys = append(all.Keys, key.public)
		}
	}
	return all, nil
}

// Rotate makes a new key for an algorithm, which signs from now on, in a write
// by by. The keys before it stay published for overlap, or, if that is 0, until
// every token that they signed has expired. A shorter overlap ends such tokens
// early, as it should when a key is no longer only ours.
func (k *Keys) Rotate(ctx context.Context, by rolecall.Actor, algorithm string, overlap time.Duration) (rolecall.KeyID, error) {
	return k.RotateAt(ctx, by, algorithm, k.rc.Now(), overlap)
}

// RotateAt is Rotate with a new key that signs from start on. It is published at
// once, so that verifiers who keep a copy of the JWKS know it by then. Keys of
// every algorithm that are no longer published are deleted.
func (k *Keys) RotateAt(ctx context.Context, by rolecall.Actor, algorithm string, start time.Time, overlap time.Duration) (rolecall.KeyID, error) {
	switch {
	case algorithm == "":
		algorithm = RS256
	case overlap < 0:
		return "", refuse("overlap", "must not be negative")
	case overlap == 0:
		overlap = MaxRefresh
	}
	record, err := k.generate(algorithm)
	if err != nil {
		return "", err
	}
	record.StartsAt = start
	k.mu.Lock()
	defer k.mu.Unlock()
	set, err := k.read(ctx)
	if err != nil {
		return "", err
	}

	ops := []rolecall.Op{rolecall.Create(record)}
	end := start.Add(overlap)
	for _, old := range set.keys {
		switch {
		case !old.published(k.rc.Now()):
			ops = append(ops, rolecall.Delete(&rolecall.SigningKey{ID: old.ID}))
		case old.Algorithm != algorithm || !old.published(end):
			// another algorithm's, or retired already
		case !old.StartsAt.Before(end):
			ops = append(ops, rolecall.Delete(&rolecall.SigningKey{ID: old.ID})) // it was never to sign before
		default:
			ops = append(ops, rolecall.Modify(&rolecall.SigningKey{ID: old.ID}, func(r *rolecall.SigningKey) error {
				r.ExpiresAt = end
				return nil
			}))
		}
	}
	receipt, err := k.rc.Write(ctx, by, ops...)
	if err != nil {
		return "", err
	}
	for _, c := range receipt.Changes {
		if made, ok := c.After.(*rolecall.SigningKey); ok && c.Before == nil {
			return made.ID, nil // another than record's if the write was made earlier
		}
	}
	return record.ID, nil
}
