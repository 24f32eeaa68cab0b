package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"

	"github.com/rolecall/rolecall"
)

// migrations holds a folder for each engine, with the same files in each. A file
// runs once, in a transaction of its own, in the order of names. A released one
// is never changed.
//
//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date. Several processes may do so at once.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, path.Join("migrations", db.engine.Name, "*.sql"))
	if err != nil {
		return err
	}
	version, err := db.version(ctx, db.read)
	if err != nil {
		return err
	}
	if version > len(files) {
		if db.engine.Check == nil {
			return Newer(version, len(files))
		}
		return db.engine.Check(ctx, db.read, version)
	}
	for n := version; n < len(files); n++ {
		if err := db.step(ctx, n, files[n]); err != nil {
			return err
		}
	}
	return nil
}

// Latest returns the number of the last migration of an engine.
func Latest(engine string) int {
	files, _ := fs.Glob(migrations, path.Join("migrations", engine, "*.sql"))
	return len(files)
}

// Newer says that a database has a later schema than this program knows.
func Newer(version, latest int) error {
	return Say(rolecall.ErrInvalid, "it was written by a newer version of rolecall (schema %d, this one knows %d): upgrade rolecall",
		version, latest)
}

// step runs the migration in file if n migrations have run.
func (db *DB) step(ctx context.Context, n int, file string) error {
	script, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	return db.small(ctx, func(c *sql.Conn) error {
		if db.engine.Migrate != "" {
			if _, err := c.ExecContext(ctx, db.engine.Migrate); err != nil {
				return db.explain(ctx, err)
			}
		}
		if version, err := db.version(ctx, c); err != nil || version != n {
			return err // another process was first
		}
		for _, statement := range []string{string(script), fmt.Sprintf(db.engine.SetVersion, n+1)} {
			if _, err := c.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("migration %s: %w", path.Base(file), db.explain(ctx, err))
			}
		}
		return nil
	})
}

func (db *DB) version(ctx context.Context, from Queryer) (int, error) {
	n, err := db.engine.Version(ctx, from)
	return n, db.explain(ctx, err)
}
