// Package sqlite opens a project that is kept in one SQLite file.
//
// The file is in WAL mode: readers and the writer do not wait for one another,
// and several processes may use it at once. A write has reached the disk when
// it returns. Everything else is the package internal/store, which this package
// only gives what is SQLite's own: how to connect, what its errors mean, how to
// copy a database in use, and when to keep off a file.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
)

// File returns the opener of the project in the file at path. The file is made,
// readable by its owner alone, if there is none.
func File(path string) rolecall.Opener { return opener{path: path} }

// Memory returns the opener of a new project that lasts until its store is
// closed. It is a file in a temporary folder, never synchronised to the disk, so
// that it behaves like any other.
func Memory() rolecall.Opener { return opener{} }

type opener struct {
	path string // "" means temporary
}

// OpenStore implements [rolecall.Opener].
func (o opener) OpenStore(ctx context.Context) (rolecall.Store, error) {
	if o.path != "" {
		return Open(ctx, o.path)
	}
	folder, err := os.MkdirTemp("", "rolecall-")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "memory.db")
	s := settings{
		synchronous: "OFF",
		wait:        5 * time.Second,
		closed:      func() error { return os.RemoveAll(folder) },
	}
	var db *store.DB
	if err = blank.copy(ctx, path, s); err == nil {
		db, err = open(ctx, path, s)
	}
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	return db, nil
}

// A template is the file of a project that nobody has used yet. The first is made
// by the migrations, as any file is, and the others of this process are copies:
// tests make thousands, and the schema is most of what one takes.
type template struct {
	mu   sync.Mutex
	file []byte // nil until the first is made
}

var blank template

// copy makes such a file at path.
func (t *template) copy(ctx context.Context, path string, s settings) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file != nil {
		return os.WriteFile(path, t.file, 0o600)
	}
	if err := found(ctx, path, s); err != nil {
		return err
	}
	file, err := os.ReadFile(path)
	t.file = file
	return err
}

// Open opens the project in the file at path, as [File] does.
func Open(ctx context.Context, path string) (*store.DB, error) {
	return open(ctx, path, settings{synchronous: "FULL", wait: 5 * time.Second})
}

// settings are what tests and Memory choose.
type settings struct {
	synchronous string
	wait        time.Duration // for another process's lock
	pragmas     []string
	closed      func() error
}

func open(ctx context.Context, path string, s settings) (*store.DB, error) {
	// SQLite does not wait for its lock while it changes the journal's mode, which
	// several processes that open a new file try at once.
	deadline := time.Now().Add(s.wait)
	db, err := connect(ctx, path, s)
	// What another process is just making looks damaged until it is there, so a
	// damaged file is looked at again for a moment before it is called one.
	settled := time.Now().Add(min(s.wait, 300*time.Millisecond))
	for ctx.Err() == nil && (errors.Is(err, errLocked) && time.Now().Before(deadline) ||
		errors.Is(err, rolecall.ErrCorrupt) && time.Now().Before(settled)) {
		time.Sleep(10 * time.Millisecond)
		db, err = connect(ctx, path, s)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("data file %s: %w", path, err)
	}
	return db, nil
}

func connect(ctx context.Context, path string, s settings) (*store.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	fresh, err := inspect(path)
	if err != nil {
		return nil, err
	}
	if fresh {
		if err := found(ctx, path, s); err != nil {
			return nil, err
		}
	}
	engine := engine()
	engine.Writer = connector(path, "WAL", s)
	engine.Reader = connector(path, "WAL", s, "query_only(1)")
	engine.Closed = s.closed
	engine.Backup = func(ctx context.Context, to string) error {
		return backup(ctx, connector(path, "WAL", s), to)
	}
	return store.Open(ctx, engine)
}

// found makes a file, and the schema in it unless another process was first. The
// schema is written before the file is put into WAL mode, so that the file itself
// always tells whose it is, and not only the log beside it. The mode of an empty
// file is not set: another process may have put it into WAL mode meanwhile, and to
// take that back all others would have to be away.
func found(ctx context.Context, path string, s settings) error {
	if err := create(path); err != nil {
		return err
	}
	engine := engine()
	engine.Writer = connector(path, "", s)
	engine.Reader = engine.Writer
	db, err := store.Open(ctx, engine)
	if err != nil {
		return err
	}
	return db.Close()
}

// engine is what both modes have in common.
func engine() store.Engine {
	return store.Engine{
		Name:       "sqlite",
		Writers:    1,
		Readers:    max(4, 2*runtime.GOMAXPROCS(0)),
		BeginRead:  "BEGIN",
		BeginWrite: "BEGIN IMMEDIATE", // what it reads stays true until it ends
		Yields:     true,
		Version:    version,
		SetVersion: "PRAGMA user_version = %d",
		Explain:    explain,
		Tables:     `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid`,
	}
}

// Version returns the number of the last migration of the project in the file at
// path, 0 if there is none, without touching it.
func Version(path string) (int, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	fresh, err := inspect(path)
	if err == nil && !fresh {
		var n int64
		if _, n, err = marks(untouched(path)); err == nil {
			return int(n), nil
		}
	}
	if err != nil {
		return 0, fmt.Errorf("data file %s: %w", path, err)
	}
	return 0, nil
}

// version reads the number of the last migration.
func version(ctx context.Context, from store.Queryer) (n int, err error) {
	err = from.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n)
	return n, err
}

// connector returns what connects to the file at path. The journal's mode stays
// as it is if it is "".
func connector(path, journal string, s settings, more ...string) *keeping {
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", min(s.wait, moment).Milliseconds()),
		"synchronous(" + s.synchronous + ")",
		"foreign_keys(1)",
	}
	if journal != "" {
		pragmas = append(pragmas, "journal_mode("+journal+")")
	}
	dsn := fileURI(path) + "?"
	for _, p := range slices.Concat(pragmas, s.pragmas, more) {
		dsn += "&_pragma=" + p
	}
	return &keeping{dsn: dsn, wait: s.wait}
}

// create makes an empty file that only its owner can read; SQLite gives the
// files beside it the same rights.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return nil // empty, or another process was first
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist", filepath.Dir(path))
	case err != nil:
		return fmt.Errorf("it can't be made: %w", errors.Unwrap(err)) // without the path again
	}
	return f.Close()
}
