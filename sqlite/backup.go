package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
)

// backup copies one state of the database to a new file, which only its owner
// can read. The copy is on the disk when backup returns.
func backup(ctx context.Context, from *keeping, path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return store.Say(rolecall.ErrConflict, "the file %s exists already", path)
	}
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		if err != nil {
			os.Remove(path)
		}
	}()
	c, err := from.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.(driver.ExecerContext).ExecContext(ctx, "VACUUM INTO $1", []driver.NamedValue{{Ordinal: 1, Value: path}}); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
