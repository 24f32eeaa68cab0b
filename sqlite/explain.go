package sqlite

import (
	"errors"

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
		return &store.Dangling{}
	}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_FULL:
		return store.Say(rolecall.ErrUnavailable, "the disk is full, or the data file has reached its limit: nothing was written")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errLocked
	case sqlite3.SQLITE_CORRUPT:
		return store.Say(rolecall.ErrCorrupt, "the data file is damaged: restore a backup")
	case sqlite3.SQLITE_NOTADB:
		return store.Say(rolecall.ErrInvalid, "it is not a SQLite database")
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		return errPermission
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return store.Say(rolecall.ErrUnavailable, "the data file can't be read or written: %v", err)
	}
	return err
}

var (
	errLocked     = store.Say(rolecall.ErrUnavailable, "another process keeps the data file locked")
	errPermission = store.Say(rolecall.ErrUnavailable, "it can't be opened for reading and writing: check the permissions of the file and its folder")
)
