package sqlite

import (
	"errors"
	"fmt"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
	driversqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// explain gives SQLite's result codes their meaning.
// See https://sqlite.org/rescode.html.
func explain(err error) error {
	var e *driversqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY {
		return store.ErrDangling
	}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk is full, or the data file has reached its limit: nothing was written: %w", rolecall.ErrUnavailable)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another process has kept the data file locked for %v: %w", waitForLock, rolecall.ErrUnavailable)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the data file is damaged: restore a backup: %w", rolecall.ErrCorrupt)
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is not a SQLite database: %w", rolecall.ErrInvalid)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		return fmt.Errorf("it, or its folder, can't be written: %v: %w", err, rolecall.ErrUnavailable)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return fmt.Errorf("%v: %w", err, rolecall.ErrUnavailable)
	}
	return err
}
