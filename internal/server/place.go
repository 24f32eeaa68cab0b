package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
	"github.com/rolecall/rolecall/postgres"
	"github.com/rolecall/rolecall/sqlite"
)

// sqlitePrefix begins the name of a place that is a data file, or its folder.
const sqlitePrefix = "sqlite:"

// A Schema is what there is of a project's tables.
type Schema struct {
	Place   string `json:"place"`
	Version int    `json:"version"` // the last migration that has run; 0 without a project
	Known   int    `json:"known"`   // the last that this program knows
	Least   int    `json:"least"`   // what a program must know to work with it
}

// SchemaOf looks at the tables of the project in a data folder, or in database
// if that is not "", and touches nothing.
func SchemaOf(ctx context.Context, folder, database string) (s Schema, err error) {
	if database != "" {
		s.Place, s.Known = postgres.Name(database), store.Latest("postgres")
		s.Version, s.Least, err = postgres.Version(ctx, database)
		return s, err
	}
	s.Place, s.Known = filepath.Join(folder, DataFile), store.Latest("sqlite")
	s.Version, err = sqlite.Version(s.Place)
	s.Least = s.Version
	return s, err
}

// Migrate brings the tables of a project up to date, or makes them.
func Migrate(ctx context.Context, folder, database string) (Schema, error) {
	db, err := openTables(ctx, folder, database)
	if err != nil {
		return Schema{}, err
	}
	if err := db.Close(); err != nil {
		return Schema{}, err
	}
	return SchemaOf(ctx, folder, database)
}

func openTables(ctx context.Context, folder, database string) (*store.DB, error) {
	if database != "" {
		return postgres.Open(ctx, database)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, filepath.Join(folder, DataFile))
}

// Copy copies the project in one place to another, which holds none: "sqlite:" and
// the path of a data folder or file, or a PostgreSQL database. Nobody may be using
// the data folder that is copied. If Copy fails, the target holds no project.
func Copy(ctx context.Context, from, to string) (store.Copied, error) {
	source, release, err := openSource(ctx, from)
	if err != nil {
		return store.Copied{}, err
	}
	defer release()
	if postgres.Is(to) {
		return copyToDatabase(ctx, source, to)
	}
	path, err := sqlitePath(to)
	if err != nil {
		return store.Copied{}, err
	}
	return copyToFile(ctx, source, path)
}

func sqlitePath(place string) (string, error) {
	path, ok := strings.CutPrefix(place, sqlitePrefix)
	if !ok || path == "" { // the place itself may hold a password
		return "", errors.New("a place is named like sqlite:rolecall-data or postgres://user@host/database")
	}
	return path, nil
}

// openSource opens the store that is copied. release ends its use.
func openSource(ctx context.Context, place string) (db *store.DB, release func(), err error) {
	if postgres.Is(place) {
		version, _, err := postgres.Version(ctx, place)
		if err == nil && version == 0 {
			err = fmt.Errorf("%w in the %s", ErrNoProject, postgres.Name(place))
		}
		if err == nil {
			db, err = postgres.Open(ctx, place)
		}
		return db, func() { db.Close() }, err
	}
	path, err := sqlitePath(place)
	if err != nil {
		return nil, nil, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w at %s: there is nothing of this name", ErrNoProject, path)
	}
	if err != nil {
		return nil, nil, err
	}
	folder := filepath.Dir(path)
	if info.IsDir() {
		folder, path = path, filepath.Join(path, DataFile)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w in the folder %s: it has no file %s", ErrNoProject, folder, DataFile)
	}
	lock, err := lockFolder(folder, true)
	if err != nil {
		return nil, nil, err
	}
	if db, err = sqlite.Open(ctx, path); err != nil {
		lock.release()
		return nil, nil, err
	}
	return db, func() { db.Close(); lock.release() }, nil
}

func copyToDatabase(ctx context.Context, source *store.DB, to string) (store.Copied, error) {
	target, err := postgres.Open(ctx, to)
	if err != nil {
		return store.Copied{}, err
	}
	defer target.Close()
	copied, err := store.Copy(ctx, source, target)
	if err != nil {
		return copied, fmt.Errorf("%s: %w", postgres.Name(to), err)
	}
	return copied, nil
}

// copyToFile makes a data file: it is there when it is complete, and on the disk then.
func copyToFile(ctx context.Context, source *store.DB, path string) (store.Copied, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() || filepath.Ext(path) == "" {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return store.Copied{}, err
		}
		path = filepath.Join(path, DataFile)
	}
	if _, err := os.Stat(path); err == nil {
		return store.Copied{}, fmt.Errorf("the file %s %w", path, ErrExists)
	}
	beside := path + ".part-" + rolecall.RandomText(8)
	defer removeDatabase(beside)
	target, err := sqlite.Open(ctx, beside)
	if err != nil {
		return store.Copied{}, err
	}
	copied, err := store.Copy(ctx, source, target)
	if err = errors.Join(err, target.Close()); err != nil {
		return store.Copied{}, err
	}
	if err := os.Rename(beside, path); err != nil {
		return store.Copied{}, err
	}
	return copied, syncFolder(filepath.Dir(path))
}
