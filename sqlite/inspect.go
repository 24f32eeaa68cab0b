package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
	driversqlite "modernc.org/sqlite"
)

// applicationID marks a file as Rolecall's: "rlcl". The first migration writes it.
const applicationID = 0x726c636c

// inspect looks at the file at path without touching it or making files beside
// it. It reports whether there is no database yet, and returns an error, a
// sentence, if there is one that is not ours to open.
//
// The file is read through SQLite, not by os.Open: closing a file drops all the
// locks that this process holds on it.
func inspect(path string) (fresh bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case info.IsDir():
		return false, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return false, errors.New("it is not a regular file")
	case info.Size() == 0:
		return true, nil
	}
	application, version, err := marks(untouched(path))
	if log, e := os.Stat(path + "-wal"); errors.Is(err, rolecall.ErrCorrupt) && e == nil && log.Size() > 0 {
		// A process that was killed while it copied the log into the file leaves
		// half a file, which the log completes when it is opened.
		application, version, err = marks(untouched(path) + "&_pragma=writable_schema(1)")
	}
	if journal, e := os.Stat(path + "-journal"); errors.Is(err, rolecall.ErrCorrupt) && e == nil && journal.Size() > 0 {
		// What another process is just making looks damaged until it is there: this
		// waits for its lock. It completes nothing that a process left.
		if a, v, e := marks(fileURI(path) + "?mode=ro&_pragma=busy_timeout(50)"); e == nil || errors.Is(e, errLocked) {
			application, version, err = a, v, e
		}
	}
	switch {
	case err != nil:
		return false, err
	case application != applicationID:
		return false, store.Say(rolecall.ErrInvalid, "it is a SQLite database, but not rolecall's")
	case version > int64(store.Latest("sqlite")):
		return false, store.Newer(int(version), store.Latest("sqlite"))
	}
	return false, writable(path)
}

// marks reads what the file's header says of who wrote it.
func marks(dsn string) (application, version int64, err error) {
	c, err := (&driversqlite.Driver{}).Open(dsn)
	if err != nil {
		return 0, 0, explain(err)
	}
	defer c.Close()
	if application, err = pragma(c, "application_id"); err == nil {
		version, err = pragma(c, "user_version")
	}
	return application, version, explain(err)
}

// writable returns an error unless the file at path can be written: SQLite would
// open it for reading instead, and say so at the first write only.
func writable(path string) error {
	c, err := (&driversqlite.Driver{}).Open(fileURI(path) + "?mode=rw")
	if err != nil {
		return explain(err)
	}
	defer c.Close()
	if readOnly, err := c.(interface{ IsReadOnly(string) (bool, error) }).IsReadOnly("main"); err != nil || readOnly {
		return errPermission
	}
	return nil
}

// untouched returns what opens the file at path so that it is not locked, and
// nothing is made beside it.
func untouched(path string) string {
	return fileURI(path) + "?mode=ro&immutable=1"
}

func fileURI(path string) string {
	uri := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	return uri.String()
}

func pragma(c driver.Conn, name string) (int64, error) {
	r, err := c.(driver.QueryerContext).QueryContext(context.Background(), "PRAGMA "+name, nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	value := make([]driver.Value, 1)
	if err := r.Next(value); err != nil && err != io.EOF {
		return 0, err
	}
	n, _ := value[0].(int64)
	return n, nil
}
