package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

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
	uri := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=ro&immutable=1"}
	c, err := (&driversqlite.Driver{}).Open(uri.String())
	if err != nil {
		return false, explain(err)
	}
	defer c.Close()
	application, err := pragma(c, "application_id")
	if err != nil {
		return false, explain(err)
	}
	if application != applicationID {
		return false, fmt.Errorf("it is a SQLite database, but not rolecall's: %w", rolecall.ErrInvalid)
	}
	version, err := pragma(c, "user_version")
	if err != nil {
		return false, explain(err)
	}
	if latest := store.Latest("sqlite"); int(version) > latest {
		return false, store.Newer(int(version), latest)
	}
	return false, nil
}

func pragma(c driver.Conn, name string) (int64, error) {
	s, err := c.Prepare("PRAGMA " + name)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	r, err := s.Query(nil)
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
