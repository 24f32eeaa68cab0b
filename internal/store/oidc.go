package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/oidc/state"
)

var _ state.Store = (*DB)(nil)

// AddInteraction implements [state.Store].
func (db *DB) AddInteraction(ctx context.Context, i *state.Interaction) error {
	return db.small(ctx, func(c *sql.Conn) error {
		if _, err := c.ExecContext(ctx, "DELETE FROM interactions WHERE expires_at <= $1", i.CreatedAt.UnixMilli()); err != nil {
			return db.explain(ctx, err)
		}
		_, err := c.ExecContext(ctx, "INSERT INTO interactions (hash, browser, data, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
			i.Hash, i.Browser, string(i.Data), i.CreatedAt.UnixMilli(), i.ExpiresAt.UnixMilli())
		return db.explain(ctx, err)
	})
}

// FindInteraction implements [state.Store].
func (db *DB) FindInteraction(ctx context.Context, hash []byte) (*state.Interaction, error) {
	var i state.Interaction
	var data string
	var created, expires int64
	err := db.short.QueryRowContext(ctx, "SELECT hash, browser, data, created_at, expires_at FROM interactions WHERE hash = $1", hash).
		Scan(&i.Hash, &i.Browser, &data, &created, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, errNoInteraction
	case err != nil:
		return nil, db.explain(ctx, err)
	}
	i.CreatedAt, i.ExpiresAt = instant(created), instant(expires)
	i.Data = json.RawMessage(data)
	return &i, nil
}

var errNoInteraction = Say(rolecall.ErrNotFound, "the interaction does not exist, or has ended")

// SaveInteraction implements [state.Store].
func (db *DB) SaveInteraction(ctx context.Context, i *state.Interaction) error {
	return db.changeOne(ctx, errNoInteraction, "UPDATE interactions SET data = $2 WHERE hash = $1", i.Hash, string(i.Data))
}

// EndInteraction implements [state.Store].
func (db *DB) EndInteraction(ctx context.Context, hash []byte) error {
	return db.changeOne(ctx, errNoInteraction, "DELETE FROM interactions WHERE hash = $1", hash)
}

// ForgetInteractions implements [state.Store].
func (db *DB) ForgetInteractions(ctx context.Context, most int) error {
	return db.small(ctx, func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, `
			DELETE FROM interactions
			WHERE expires_at <= (SELECT expires_at FROM interactions ORDER BY expires_at DESC LIMIT 1 OFFSET $1)`, int64(most))
		return db.explain(ctx, err)
	})
}

// changeOne runs a statement that changes one row, or fails with none.
func (db *DB) changeOne(ctx context.Context, none error, statement string, args ...any) error {
	return db.small(ctx, func(c *sql.Conn) error { return db.changed(ctx, c, none, statement, args...) })
}

func (db *DB) changed(ctx context.Context, c *sql.Conn, none error, statement string, args ...any) error {
	result, err := c.ExecContext(ctx, statement, args...)
	if err != nil {
		return db.explain(ctx, err)
	}
	if n, err := result.RowsAffected(); n == 0 || err != nil {
		return errors.Join(err, none)
	}
	return nil
}

// AddGrant implements [state.Store].
func (db *DB) AddGrant(ctx context.Context, g *state.Grant, first *state.Token) error {
	data, err := json.Marshal(g.Data)
	if err != nil {
		return err
	}
	return db.small(ctx, func(c *sql.Conn) error {
		for _, forget := range []string{"DELETE FROM oauth_tokens WHERE expires_at <= $1", "DELETE FROM oauth_grants WHERE expires_at <= $1"} {
			if _, err := c.ExecContext(ctx, forget, g.CreatedAt.UnixMilli()-keptAfter.Milliseconds()); err != nil {
				return db.explain(ctx, err)
			}
		}
		_, err := c.ExecContext(ctx, `
			INSERT INTO oauth_grants (id, login, client, data, created_at, expires_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, NULL)`,
			g.ID, g.Login, string(g.Client), string(data), g.CreatedAt.UnixMilli(), g.ExpiresAt.UnixMilli())
		if err = db.explain(ctx, err); isDangling(err) {
			return Say(rolecall.ErrNotFound, "the login or the client does not exist")
		}
		if err != nil || first == nil {
			return err
		}
		return db.addToken(ctx, c, first)
	})
}

// keptAfter is how long what has expired is still known: a code that comes again,
// or an old refresh token, tells of a theft.
const keptAfter = time.Hour

func (db *DB) addToken(ctx context.Context, c *sql.Conn, t *state.Token) error {
	code, err := json.Marshal(t.Code)
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `
		INSERT INTO oauth_tokens (hash, kind, grant_id, code, created_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, NULL)
		ON CONFLICT (hash) DO UPDATE SET grant_id = excluded.grant_id, expires_at = excluded.expires_at`,
		t.Hash, string(t.Kind), t.Grant, string(code), t.CreatedAt.UnixMilli(), t.ExpiresAt.UnixMilli())
	return db.explain(ctx, err)
}

var errNoGrant = Say(rolecall.ErrNotFound, "the grant does not exist, or has ended")

// AddTokens implements [state.Store].
func (db *DB) AddTokens(ctx context.Context, grant string, until time.Time, tokens ...*state.Token) error {
	return db.small(ctx, func(c *sql.Conn) error {
		err := db.changed(ctx, c, errNoGrant, `
			UPDATE oauth_grants SET expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END
			WHERE id = $1 AND ended_at IS NULL`, grant, until.UnixMilli())
		for i := 0; i < len(tokens) && err == nil; i++ {
			err = db.addToken(ctx, c, tokens[i])
		}
		return err
	})
}

const selectToken = `
	SELECT t.hash, t.kind, t.grant_id, t.code, t.created_at, t.expires_at, t.used_at,
	       g.id, g.login, g.client, g.data, g.created_at, g.expires_at, g.ended_at
	FROM oauth_tokens t JOIN oauth_grants g ON g.id = t.grant_id
	WHERE t.hash = $1`

// FindToken implements [state.Store].
func (db *DB) FindToken(ctx context.Context, hash []byte) (*state.Token, *state.Grant, error) {
	return db.scanToken(ctx, db.short.QueryRowContext(ctx, selectToken, hash))
}

func (db *DB) scanToken(ctx context.Context, row *sql.Row) (*state.Token, *state.Grant, error) {
	var t state.Token
	var g state.Grant
	var code, data string
	var made, expires, begun, until int64
	var used, ended sql.NullInt64
	err := row.Scan(&t.Hash, &t.Kind, &t.Grant, &code, &made, &expires, &used,
		&g.ID, &g.Login, &g.Client, &data, &begun, &until, &ended)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil, Say(rolecall.ErrNotFound, "the token does not exist")
	case err != nil:
		return nil, nil, db.explain(ctx, err)
	}
	t.CreatedAt, t.ExpiresAt, g.CreatedAt, g.ExpiresAt = instant(made), instant(expires), instant(begun), instant(until)
	if used.Valid {
		t.UsedAt = instant(used.Int64)
	}
	if ended.Valid {
		g.EndedAt = instant(ended.Int64)
	}
	return &t, &g, errors.Join(json.Unmarshal([]byte(code), &t.Code), json.Unmarshal([]byte(data), &g.Data))
}

// UseToken implements [state.Store].
func (db *DB) UseToken(ctx context.Context, hash []byte, at time.Time) (t *state.Token, g *state.Grant, first bool, err error) {
	err = db.small(ctx, func(c *sql.Conn) error {
		result, err := c.ExecContext(ctx, "UPDATE oauth_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL", hash, at.UnixMilli())
		if err != nil {
			return db.explain(ctx, err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		first = n == 1
		t, g, err = db.scanToken(ctx, c.QueryRowContext(ctx, selectToken, hash))
		return err
	})
	if err != nil {
		return nil, nil, false, err
	}
	return t, g, first, nil
}

// KeepToken implements [state.Store].
func (db *DB) KeepToken(ctx context.Context, hash []byte, until time.Time) error {
	return db.changeOne(ctx, errNoGrant, "UPDATE oauth_tokens SET expires_at = $2 WHERE hash = $1", hash, until.UnixMilli())
}

// EndGrant implements [state.Store].
func (db *DB) EndGrant(ctx context.Context, id string, at time.Time) error {
	return db.endLogins(ctx, "UPDATE oauth_grants SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", id, at)
}

// MoveGrants implements [state.Store].
func (db *DB) MoveGrants(ctx context.Context, from, to string) error {
	return db.small(ctx, func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "UPDATE oauth_grants SET login = $2 WHERE login = $1", from, to)
		return db.explain(ctx, err)
	})
}

// Consent implements [state.Store].
func (db *DB) Consent(ctx context.Context, k state.Consent) (scope []string, err error) {
	var text string
	err = db.short.QueryRowContext(ctx, "SELECT scope FROM consents WHERE subject = $1 AND client = $2 AND audience = $3",
		string(k.Subject), string(k.Client), k.Audience).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, db.explain(ctx, err)
	}
	return scope, json.Unmarshal([]byte(text), &scope)
}

// AddConsent implements [state.Store].
func (db *DB) AddConsent(ctx context.Context, k state.Consent, scope []string, at time.Time) error {
	if scope == nil {
		scope = []string{}
	}
	text, err := json.Marshal(scope)
	if err != nil {
		return err
	}
	return db.small(ctx, func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, `
			INSERT INTO consents (subject, client, audience, scope, updated_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (subject, client, audience) DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at`,
			string(k.Subject), string(k.Client), k.Audience, string(text), at.UnixMilli())
		if err = db.explain(ctx, err); isDangling(err) {
			return Say(rolecall.ErrNotFound, "the user or the client does not exist")
		}
		return err
	})
}
