package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/webhook"
)

var _ webhook.Store = (*DB)(nil)

// AddWebhook implements [webhook.Store].
func (db *DB) AddWebhook(ctx context.Context, s webhook.State) error {
	return db.small(ctx, func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, `
			INSERT INTO webhooks (id, secret, revision, failures, next_at, error, tried_at, holder, held_until)
			VALUES ($1, $2, $3, 0, 0, '', 0, '', 0)
			ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, failures = 0, next_at = 0, error = ''`,
			s.ID, []byte(s.Secret), int64(s.Revision))
		return db.explain(ctx, err)
	})
}

// Webhooks implements [webhook.Store].
func (db *DB) Webhooks(ctx context.Context) (all []webhook.State, err error) {
	rows, err := db.short.QueryContext(ctx, `
		SELECT id, secret, revision, failures, next_at, error, tried_at, holder, held_until
		FROM webhooks ORDER BY id`)
	if err != nil {
		return nil, db.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s webhook.State
		var secret []byte
		var next, tried, held int64
		if err := rows.Scan(&s.ID, &secret, &s.Revision, &s.Failures, &next, &s.Error, &tried, &s.Holder, &held); err != nil {
			return nil, db.explain(ctx, err)
		}
		s.Secret = rolecall.Secret(secret)
		s.NextAt, s.TriedAt, s.HeldUntil = webhookTime(next), webhookTime(tried), webhookTime(held)
		all = append(all, s)
	}
	return all, db.explain(ctx, rows.Err())
}

// webhookTime is instant, with 0 for none.
func webhookTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return instant(ms)
}

func webhookMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// ClaimWebhook implements [webhook.Store].
func (db *DB) ClaimWebhook(ctx context.Context, id, holder string, now, until time.Time) (bool, error) {
	return db.changedOne(ctx, `
		UPDATE webhooks SET holder = $2, held_until = $4
		WHERE id = $1 AND (holder = $2 OR held_until <= $3)`, id, holder, now.UnixMilli(), until.UnixMilli())
}

// TellWebhook implements [webhook.Store].
func (db *DB) TellWebhook(ctx context.Context, s webhook.State) (bool, error) {
	return db.changedOne(ctx, `
		UPDATE webhooks SET revision = $3, failures = $4, next_at = $5, error = $6, tried_at = $7, held_until = $8
		WHERE id = $1 AND holder = $2`,
		s.ID, s.Holder, int64(s.Revision), s.Failures, webhookMillis(s.NextAt), s.Error, webhookMillis(s.TriedAt), webhookMillis(s.HeldUntil))
}

// ReleaseWebhooks implements [webhook.Store].
func (db *DB) ReleaseWebhooks(ctx context.Context, holder string) error {
	_, err := db.changedOne(ctx, "UPDATE webhooks SET holder = '', held_until = 0 WHERE holder = $1", holder)
	return err
}

// changedOne runs a statement and reports whether it changed a row.
func (db *DB) changedOne(ctx context.Context, statement string, args ...any) (changed bool, err error) {
	err = db.small(ctx, func(c *sql.Conn) error {
		result, err := c.ExecContext(ctx, statement, args...)
		if err != nil {
			return db.explain(ctx, err)
		}
		n, err := result.RowsAffected()
		changed = n > 0
		return err
	})
	return changed, err
}

// DeleteWebhook implements [webhook.Store].
func (db *DB) DeleteWebhook(ctx context.Context, id string) error {
	return db.small(ctx, func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "DELETE FROM webhooks WHERE id = $1", id)
		return db.explain(ctx, err)
	})
}
