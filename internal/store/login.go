package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// AddLogin implements [identity.Store].
func (db *DB) AddLogin(ctx context.Context, l *identity.Login) error {
	return db.small(ctx, func(c *sql.Conn) error {
		if _, err := c.ExecContext(ctx, "DELETE FROM logins WHERE expires_at <= $1", l.CreatedAt.UnixMilli()); err != nil {
			return db.explain(ctx, err)
		}
		var cookie any // NULL for none
		if l.CookieHash != nil {
			cookie = l.CookieHash
		}
		_, err := c.ExecContext(ctx, `
			INSERT INTO logins (id, subject, tenant, address, agent, cookie, revision, created_at, refreshed_at, expires_at, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)`,
			l.ID, string(l.Subject), string(l.Tenant), l.Address, l.Agent, cookie, int64(l.Revision),
			l.CreatedAt.UnixMilli(), l.RefreshedAt.UnixMilli(), l.ExpiresAt.UnixMilli())
		if err = db.explain(ctx, err); isDangling(err) {
			return Say(rolecall.ErrNotFound, "subject %q does not exist", l.Subject)
		}
		return err
	})
}

const selectLogin = `
	SELECT id, subject, tenant, address, agent, cookie, revision, created_at, refreshed_at, expires_at, ended_at
	FROM logins `

// FindLogin implements [identity.Store].
func (db *DB) FindLogin(ctx context.Context, id string) (*identity.Login, error) {
	return db.findLogin(ctx, selectLogin+"WHERE id = $1", id)
}

// FindBrowser implements [identity.Store].
func (db *DB) FindBrowser(ctx context.Context, cookieHash []byte) (*identity.Login, error) {
	return db.findLogin(ctx, selectLogin+"WHERE cookie = $1", cookieHash)
}

func (db *DB) findLogin(ctx context.Context, query string, by any) (*identity.Login, error) {
	l, err := scanLogin(db.short.QueryRowContext(ctx, query, by))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, errNoLogin
	case err != nil:
		return nil, db.explain(ctx, err)
	}
	return l, nil
}

// Logins implements [identity.Store].
func (db *DB) Logins(ctx context.Context, subject rolecall.SubjectID, now time.Time) (all []*identity.Login, err error) {
	rows, err := db.short.QueryContext(ctx, selectLogin+`
		WHERE subject = $1 AND ended_at IS NULL AND expires_at > $2
		ORDER BY created_at DESC, id`, string(subject), now.UnixMilli())
	if err != nil {
		return nil, db.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scanLogin(rows)
		if err != nil {
			return nil, db.explain(ctx, err)
		}
		all = append(all, l)
	}
	return all, db.explain(ctx, rows.Err())
}

// scanLogin reads a row of selectLogin.
func scanLogin(row interface{ Scan(...any) error }) (*identity.Login, error) {
	var l identity.Login
	var created, refreshed, expires int64
	var ended sql.NullInt64
	err := row.Scan(&l.ID, &l.Subject, &l.Tenant, &l.Address, &l.Agent, &l.CookieHash, &l.Revision, &created, &refreshed, &expires, &ended)
	if err != nil {
		return nil, err
	}
	l.CreatedAt, l.RefreshedAt, l.ExpiresAt = instant(created), instant(refreshed), instant(expires)
	if ended.Valid {
		l.EndedAt = instant(ended.Int64)
	}
	return &l, nil
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

var errNoLogin = Say(rolecall.ErrNotFound, "the login does not exist, or has ended")

// TouchLogin implements [identity.Store].
func (db *DB) TouchLogin(ctx context.Context, id string, at time.Time, r rolecall.Revision) error {
	return db.changeLogin(ctx, `
		UPDATE logins SET
			refreshed_at = CASE WHEN refreshed_at < $2 THEN $2 ELSE refreshed_at END,
			revision     = CASE WHEN revision < $3 THEN $3 ELSE revision END
		WHERE id = $1 AND ended_at IS NULL`, id, at.UnixMilli(), int64(r))
}

// SelectTenant implements [identity.Store].
func (db *DB) SelectTenant(ctx context.Context, id string, tenant rolecall.TenantID) error {
	return db.changeLogin(ctx, "UPDATE logins SET tenant = $2 WHERE id = $1 AND ended_at IS NULL", id, string(tenant))
}

// changeLogin runs a statement that changes one login.
func (db *DB) changeLogin(ctx context.Context, statement string, args ...any) error {
	return db.small(ctx, func(c *sql.Conn) error {
		result, err := c.ExecContext(ctx, statement, args...)
		if err != nil {
			return db.explain(ctx, err)
		}
		if n, err := result.RowsAffected(); n == 0 || err != nil {
			return errors.Join(err, errNoLogin)
		}
		return nil
	})
}

// EndLogin implements [identity.Store].
func (db *DB) EndLogin(ctx context.Context, id string, at time.Time) error {
	return db.endLogins(ctx, "UPDATE logins SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", id, at)
}

// EndLogins implements [identity.Store].
func (db *DB) EndLogins(ctx context.Context, subject rolecall.SubjectID, at time.Time) error {
	return db.endLogins(ctx, "UPDATE logins SET ended_at = $2 WHERE subject = $1 AND ended_at IS NULL", string(subject), at)
}

func (db *DB) endLogins(ctx context.Context, statement, of string, at time.Time) error {
	return db.small(ctx, func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, statement, of, at.UnixMilli())
		return db.explain(ctx, err)
	})
}
