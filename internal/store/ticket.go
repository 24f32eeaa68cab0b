package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// AddTicket implements [identity.Store].
func (db *DB) AddTicket(ctx context.Context, t *identity.Ticket) error {
	return db.small(ctx, func(c *sql.Conn) error {
		if _, err := c.ExecContext(ctx, "DELETE FROM tickets WHERE expires_at <= $1", t.CreatedAt.UnixMilli()); err != nil {
			return db.explain(ctx, err)
		}
		proves := int64(0)
		if t.Proves {
			proves = 1
		}
		_, err := c.ExecContext(ctx, `
			INSERT INTO tickets (hash, purpose, subject, email, proves, return_url, revision, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			t.Hash, string(t.Purpose), string(t.Subject), t.Email, proves, t.ReturnURL, int64(t.Revision),
			t.CreatedAt.UnixMilli(), t.ExpiresAt.UnixMilli())
		if err = db.explain(ctx, err); isDangling(err) {
			return Say(rolecall.ErrNotFound, "subject %q does not exist", t.Subject)
		}
		return err
	})
}

const selectTicket = `
	SELECT hash, purpose, subject, email, proves, return_url, revision, created_at, expires_at
	FROM tickets WHERE hash = $1`

// FindTicket implements [identity.Store].
func (db *DB) FindTicket(ctx context.Context, hash []byte) (*identity.Ticket, error) {
	var t identity.Ticket
	var proves, created, expires int64
	err := db.short.QueryRowContext(ctx, selectTicket, hash).Scan(
		&t.Hash, &t.Purpose, &t.Subject, &t.Email, &proves, &t.ReturnURL, &t.Revision, &created, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, Say(rolecall.ErrNotFound, "the ticket does not exist")
	case err != nil:
		return nil, db.explain(ctx, err)
	}
	t.Proves, t.CreatedAt, t.ExpiresAt = proves != 0, instant(created), instant(expires)
	return &t, nil
}

// TakeTicket implements [identity.Store].
func (db *DB) TakeTicket(ctx context.Context, hash []byte) (there bool, err error) {
	err = db.small(ctx, func(c *sql.Conn) error {
		result, err := c.ExecContext(ctx, "DELETE FROM tickets WHERE hash = $1", hash)
		if err != nil {
			return db.explain(ctx, err)
		}
		n, err := result.RowsAffected()
		there = n == 1
		return err
	})
	return there, err
}
