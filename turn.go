package rolecall

import "context"

// A turn is a lock for which one may wait no longer than a context goes on.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// Lock waits for as long as it takes.
func (t turn) Lock() { t <- struct{}{} }

// Unlock gives the lock to who has waited longest.
func (t turn) Unlock() { <-t }

// LockIn is Lock, or the error of ctx if that ends before.
func (t turn) LockIn(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	default:
	}
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
