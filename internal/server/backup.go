package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// ErrExists means that a file would be overwritten.
var ErrExists = errors.New("exists already")

var backupActor = rolecall.System("backup")

// Backup copies the project to a new file, while it is in use. The file is
// there when it is complete, and on the disk then.
func (p *Project) Backup(ctx context.Context, file string) (rolecall.Head, error) {
	if _, err := os.Stat(file); err == nil {
		return rolecall.Head{}, fmt.Errorf("the file %s %w", file, ErrExists)
	}
	beside := file + ".part-" + rolecall.RandomText(8)
	defer removeDatabase(beside)
	if err := p.Rolecall.Backup(ctx, backupActor, beside); err != nil {
		return rolecall.Head{}, err
	}
	head, err := headOf(ctx, beside)
	if err != nil {
		return rolecall.Head{}, err
	}
	if err := os.Rename(beside, file); err != nil {
		return rolecall.Head{}, err
	}
	return head, syncFolder(filepath.Dir(file))
}

func headOf(ctx context.Context, file string) (rolecall.Head, error) {
	store, err := sqlite.Open(ctx, file)
	if err != nil {
		return rolecall.Head{}, err
	}
	head, err := store.Head(ctx)
	return head, errors.Join(err, store.Close())
}

// Restore makes the data file in folder from a backup, after verifying the
// backup's journal. A data file that is there is ErrExists, unless force is set;
// it is then replaced in one step. Nobody else may be using the folder.
func Restore(ctx context.Context, backup, folder string, force bool) (rolecall.Head, error) {
	if info, err := os.Stat(backup); err != nil {
		return rolecall.Head{}, err
	} else if !info.Mode().IsRegular() {
		return rolecall.Head{}, fmt.Errorf("%s is not a file", backup)
	}
	file := filepath.Join(folder, DataFile)
	if _, err := os.Stat(file); err == nil && !force {
		return rolecall.Head{}, fmt.Errorf("a project %w in the folder %s", ErrExists, folder)
	}
	if err := os.Mkdir(folder, 0o700); err == nil {
		defer os.Remove(folder) // which does nothing once it holds the data file
	} else if !errors.Is(err, fs.ErrExist) {
		return rolecall.Head{}, err
	}
	lock, err := lockFolder(folder, true)
	if err != nil {
		return rolecall.Head{}, err
	}
	defer lock.release()

	beside := filepath.Join(folder, ".restore-"+rolecall.RandomText(8)+".db")
	defer removeDatabase(beside)
	if err := copyFile(backup, beside); err != nil {
		return rolecall.Head{}, err
	}
	head, err := verify(ctx, beside)
	if err != nil {
		return rolecall.Head{}, fmt.Errorf("the backup %s can't be restored: %w", backup, err)
	}
	if err := settleLog(ctx, file); err != nil {
		return rolecall.Head{}, err
	}
	if err := os.Rename(beside, file); err != nil {
		return rolecall.Head{}, err
	}
	return head, syncFolder(folder)
}

// verify opens the project in a file and verifies its journal.
func verify(ctx context.Context, file string) (rolecall.Head, error) {
	head, err := headOf(ctx, file)
	if err != nil {
		return head, err
	}
	if head.Project == "" {
		return head, errors.New("it holds no project")
	}
	rc, err := rolecall.Open(ctx, sqlite.File(file))
	if err != nil {
		return head, err
	}
	head, err = rc.VerifyAudit(ctx, backupActor, nil)
	return head, errors.Join(err, rc.Close())
}

// settleLog leaves no write-ahead log beside a database that is about to be
// replaced: SQLite would play it into the new one. Closing the database writes
// the log back; the log of one that can't be opened is removed.
func settleLog(ctx context.Context, file string) error {
	if _, err := os.Stat(file); err == nil {
		if _, err := headOf(ctx, file); err == nil {
			return nil
		}
	}
	return removeFiles(file+"-wal", file+"-shm")
}

func removeDatabase(file string) { removeFiles(file, file+"-wal", file+"-shm", file+"-journal") }

func removeFiles(files ...string) (err error) {
	for _, f := range files {
		if e := os.Remove(f); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = e
		}
	}
	return err
}

// copyFile copies to a new file that only its owner can read, on the disk when
// it returns.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// syncFolder makes the names in a folder durable.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
