package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

var _ identity.Store = (*DB)(nil)

const markUsed = `
	INSERT INTO credential_uses (credential, used_at)
	SELECT id, CAST($2 AS BIGINT) FROM credentials WHERE id = $1
	ON CONFLICT (credential) DO UPDATE SET used_at = excluded.used_at
	WHERE credential_uses.used_at < excluded.used_at`

// MarkUsed implements [identity.Store]. It goes by the order of ids, so that two
// who mark the same wait for one another and never both ways.
func (db *DB) MarkUsed(ctx context.Context, at map[rolecall.CredentialID]time.Time) error {
	return db.small(ctx, func(c *sql.Conn) error {
		for _, id := range slices.Sorted(maps.Keys(at)) {
			if _, err := c.ExecContext(ctx, markUsed, string(id), at[id].UnixMilli()); err != nil {
				return db.explain(ctx, err)
			}
		}
		return nil
	})
}

// LastUsed implements [identity.Store].
func (db *DB) LastUsed(ctx context.Context, ids ...rolecall.CredentialID) (map[rolecall.CredentialID]time.Time, error) {
	last := make(map[rolecall.CredentialID]time.Time, len(ids))
	for some := range slices.Chunk(ids, 500) {
		if err := db.lastUsed(ctx, some, last); err != nil {
			return nil, db.explain(ctx, err)
		}
	}
	return last, nil
}

func (db *DB) lastUsed(ctx context.Context, ids []rolecall.CredentialID, last map[rolecall.CredentialID]time.Time) error {
	holes, args := make([]string, len(ids)), make([]any, len(ids))
	for i, id := range ids {
		holes[i], args[i] = placeholder(i+1), string(id)
	}
	rows, err := db.short.QueryContext(ctx,
		"SELECT credential, used_at FROM credential_uses WHERE credential IN ("+strings.Join(holes, ", ")+")", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id rolecall.CredentialID
		var used int64
		if err := rows.Scan(&id, &used); err != nil {
			return err
		}
		last[id] = time.UnixMilli(used).UTC()
	}
	return rows.Err()
}
