package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/store"
)

// run runs statements on a file, with no more of this package than the driver.
func run(t testing.TB, path string, statements ...string) {
	t.Helper()
	c, err := (&keeping{dsn: "file:" + path}).Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range statements {
		if _, err := c.(driver.ExecerContext).ExecContext(context.Background(), s, nil); err != nil {
			t.Fatalf("%.60s: %v", s, err)
		}
	}
}

// project makes a data file with some users, and returns its path.
func project(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(context.Background(), func(tx rolecall.Tx) error {
		for n := range 2000 {
			if err := insertUser(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func insertUser(tx rolecall.Tx, n int) error {
	return tx.Insert(context.Background(), &rolecall.User{
		ID: rolecall.SubjectID(fmt.Sprint("user", n)), Name: strings.Repeat("x", 100),
	})
}

func count(s rolecall.Store) (n int, err error) {
	_, err = s.Load(context.Background(), func(rolecall.Record) error { n++; return nil })
	return n, err
}

// overwrite writes over part of a file.
func overwrite(t *testing.T, path string, at int64, bytes []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes, at); err != nil {
		t.Fatal(err)
	}
}

func TestOpenKeepsOffWhatIsNotItsOwn(t *testing.T) {
	number := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	tests := []struct {
		name string
		make func(t *testing.T) (path string)
		says string
		kind error // nil if none is promised
	}{
		{"a folder", func(t *testing.T) string { return t.TempDir() }, "it is a folder", nil},
		{"a file in no folder", func(t *testing.T) string {
			return filepath.Join(t.TempDir(), "none", "app.db")
		}, "the folder " + os.TempDir(), nil},
		{"a text", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "app.db")
			os.WriteFile(path, []byte(strings.Repeat("dear diary, ", 1000)), 0o600)
			return path
		}, "it is not a SQLite database", rolecall.ErrInvalid},
		{"a short text", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "app.db")
			os.WriteFile(path, []byte("hi"), 0o600)
			return path
		}, "it is not a SQLite database", rolecall.ErrInvalid},
		{"another program's database", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "app.db")
			run(t, path, "CREATE TABLE users (id)", "INSERT INTO users VALUES (1)")
			return path
		}, "it is a SQLite database, but not rolecall's", rolecall.ErrInvalid},
		{"another program's database in WAL mode", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "app.db")
			run(t, path, "PRAGMA journal_mode = WAL", "PRAGMA application_id = 7", "CREATE TABLE users (id)")
			return path
		}, "it is a SQLite database, but not rolecall's", rolecall.ErrInvalid},
		{"a newer schema", func(t *testing.T) string {
			path := project(t)
			run(t, path, "PRAGMA user_version = 9999")
			return path
		}, "it was written by a newer version of rolecall (schema 9999", rolecall.ErrInvalid},
		{"half a file", func(t *testing.T) string {
			path := project(t)
			os.Truncate(path, 8*4096)
			return path
		}, "the data file is damaged", rolecall.ErrCorrupt},
		{"a header that is not one", func(t *testing.T) string {
			path := project(t)
			overwrite(t, path, 16, number(0xffffffff)) // the size of pages
			return path
		}, "it is not a SQLite database", rolecall.ErrInvalid},
		{"a schema that is not one", func(t *testing.T) string {
			path := project(t)
			overwrite(t, path, 100, make([]byte, 3000)) // the rest of the first page
			return path
		}, "the data file is damaged", rolecall.ErrCorrupt},
		{"a file that may not be read", func(t *testing.T) string {
			mortal(t)
			path := project(t)
			os.Chmod(path, 0)
			return path
		}, "permission", nil},
		{"a file that may not be written", func(t *testing.T) string {
			mortal(t)
			path := project(t)
			os.Chmod(path, 0o400)
			return path
		}, "permission", nil},
		{"a new file in a folder that may not be written", func(t *testing.T) string {
			mortal(t)
			folder := t.TempDir()
			os.Chmod(folder, 0o500)
			return filepath.Join(folder, "app.db")
		}, "permission", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := test.make(t)
			before := contents(t, filepath.Dir(path))
			db, err := Open(context.Background(), path)
			if err == nil {
				db.Close()
				t.Fatal("it was opened")
			}
			t.Log(err)
			if !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %q, want one line with %q and the path", err, test.says)
			}
			if test.kind != nil && !errors.Is(err, test.kind) {
				t.Errorf("got error %v, want one that is %q", err, test.kind)
			}
			if d := cmp.Diff(before, contents(t, filepath.Dir(path))); d != "" {
				t.Errorf("files were touched (-before +after):\n%s", d)
			}
		})
	}
}

// mortal skips a test of permissions for the one user who has all.
func mortal(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may do everything")
	}
}

// contents reads the files of a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, f := range files {
		text, _ := os.ReadFile(filepath.Join(folder, f.Name()))
		all[f.Name()] = string(text)
	}
	return all
}

func TestDamageIsNoticedWhenItIsRead(t *testing.T) {
	ctx := context.Background()
	path := project(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for page := int64(30); page < info.Size()/4096; page += 7 {
		damaged := filepath.Join(t.TempDir(), "damaged.db")
		text, _ := os.ReadFile(path)
		copy(text[page*4096:], strings.Repeat("\xff", 4096))
		os.WriteFile(damaged, text, 0o600)
		db, err := Open(ctx, damaged)
		if err == nil {
			_, err = count(db)
			db.Close()
		}
		if err != nil {
			noticed++
			if !errors.Is(err, rolecall.ErrCorrupt) {
				t.Errorf("page %d: got error %v, want one that is %q", page, err, rolecall.ErrCorrupt)
			}
		}
	}
	if noticed == 0 {
		t.Error("no damage was noticed")
	}
}

// A process killed while it copies the log into the file leaves some pages there,
// the first of which tells of them all.
func TestHalfAFileIsCompletedByItsLog(t *testing.T) {
	ctx := context.Background()
	from := filepath.Join(t.TempDir(), "app.db")
	db, err := connect(ctx, from, settings{synchronous: "OFF", pragmas: []string{"wal_autocheckpoint(0)"}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(t.TempDir(), "app.db")
	err = db.Write(ctx, func(tx rolecall.Tx) error {
		for n := range 2000 {
			if err := insertUser(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	copyFile := func(from, to string) {
		t.Helper()
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyFile(from+"-wal", path+"-wal")
	run(t, from, "PRAGMA wal_checkpoint(TRUNCATE)")
	copyFile(from, path)
	info, _ := os.Stat(path)
	if err := os.Truncate(path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	again, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if n, err := count(again); n != 2000 || err != nil {
		t.Errorf("%d users are there, %v; want 2000", n, err)
	}
}

func TestANewFileIsItsOwnersAlone(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	path := filepath.Join(folder, `odd name?#%41'"ß.db`)
	db, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Write(ctx, func(tx rolecall.Tx) error { return insertUser(tx, 1) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(ctx, path+".backup"); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	files, _ := os.ReadDir(folder)
	for _, f := range files {
		info, _ := f.Info()
		names = append(names, strings.TrimPrefix(f.Name(), filepath.Base(path)))
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", f.Name(), info.Mode().Perm())
		}
	}
	if d := cmp.Diff(names, []string{"", "-shm", "-wal", ".backup"}); d != "" {
		t.Errorf("files (-got +want):\n%s", d)
	}
}

// A file that was just made tells whose it is, even if its log is lost.
func TestANewFileTellsWhoseItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if fresh, err := inspect(path); fresh || err != nil {
		t.Errorf("inspect of a new file in use: got %v, %v", fresh, err)
	}
}

func TestAnEmptyFileIsANewOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
}

func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	failed := make(chan error)
	for range 8 {
		go func() {
			db, err := open(context.Background(), path, settings{synchronous: "FULL", wait: time.Minute}) // also on a slow disk
			if err == nil {
				err = db.Close()
			}
			failed <- err
		}()
	}
	for range 8 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// Who found no file, but was not the first to make it, waits for nobody who has it
// open.
func TestAFileThatAnotherProcessMadeMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	first, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := first.Write(t.Context(), func(tx rolecall.Tx) error { return insertUser(tx, 1) }); err != nil {
		t.Fatal(err)
	}
	if err := found(t.Context(), path, settings{synchronous: "OFF", wait: time.Second}); err != nil {
		t.Error(err)
	}
	if err := first.Write(t.Context(), func(tx rolecall.Tx) error { return insertUser(tx, 2) }); err != nil {
		t.Error(err)
	}
	if n, err := count(first); n != 2 || err != nil {
		t.Errorf("%d users are there, %v; want 2", n, err)
	}
}

// What another process is writing may look damaged until it is there, however long
// that takes: a process may be stopped between two pages.
func TestWhatIsBeingWrittenIsNotDamaged(t *testing.T) {
	path := project(t)
	run(t, path, "PRAGMA journal_mode = DELETE")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // not before: it would take the lock with it
	writer, err := (&keeping{dsn: "file:" + path}).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for _, s := range []string{"BEGIN EXCLUSIVE", "CREATE TABLE half (x)"} {
		if _, err := writer.(driver.ExecerContext).ExecContext(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(8 * 4096); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		db, err := open(context.Background(), path, settings{synchronous: "OFF", wait: time.Minute})
		if err == nil {
			err = db.Close()
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Errorf("while half of it is there: %v", err)
		return
	case <-time.After(600 * time.Millisecond):
	}
	if _, err := f.WriteAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.(driver.ExecerContext).ExecContext(t.Context(), "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAFullDiskRefusesAndLosesNothing(t *testing.T) {
	ctx := context.Background()
	path := project(t)
	info, _ := os.Stat(path)
	limit := info.Size()/4096 + 20
	db, err := connect(ctx, path, settings{synchronous: "OFF", wait: time.Second, pragmas: []string{fmt.Sprintf("max_page_count(%d)", limit)}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	written := 2000
	for {
		err = db.Write(ctx, func(tx rolecall.Tx) error {
			for n := range 10 {
				if err := insertUser(tx, written+n); err != nil {
					t.Logf("insert: %v", err)
					break // and go on, as if nothing had happened
				}
			}
			return nil
		})
		if err != nil || written > 10000 {
			break
		}
		written += 10
	}
	if !errors.Is(err, rolecall.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "full") {
		t.Errorf("got error %v, want one that is %q and says that the disk is full", err, rolecall.ErrUnavailable)
	}
	if got, err := count(db); got != written || err != nil {
		t.Errorf("%d users are there, %v; want %d", got, err, written)
	}
	if _, err := db.Head(ctx); err != nil {
		t.Error(err)
	}
	db.Close()
	again, err := Open(ctx, path) // with room again
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.Write(ctx, func(tx rolecall.Tx) error { return insertUser(tx, written) }); err != nil {
		t.Error(err)
	}
}

func TestALockOfAnotherProcess(t *testing.T) {
	ctx := context.Background()
	path := project(t)
	db, err := connect(ctx, path, settings{synchronous: "OFF", wait: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	patient, err := connect(ctx, path, settings{synchronous: "OFF", wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer patient.Close()
	lock := func() driver.Conn {
		t.Helper()
		c, err := connector(path, "WAL", settings{synchronous: "OFF"}).Connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.(driver.ExecerContext).ExecContext(ctx, "BEGIN IMMEDIATE", nil); err != nil {
			t.Fatal(err)
		}
		return c
	}
	write := func(ctx context.Context, db rolecall.Store) error {
		return db.Write(ctx, func(tx rolecall.Tx) error { return insertUser(tx, 5000+int(time.Now().UnixNano()%1e9)) })
	}

	held := lock()
	began := time.Now()
	err = write(ctx, db)
	if !errors.Is(err, rolecall.ErrUnavailable) || !strings.Contains(err.Error(), "locked") || time.Since(began) < 150*time.Millisecond {
		t.Errorf("after %v: got error %v, want one that is %q after a wait", time.Since(began), err, rolecall.ErrUnavailable)
	}
	if n, err := count(db); n != 2000 || err != nil {
		t.Errorf("read beside the lock: %d, %v", n, err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := write(short, db); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want the context's", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { held.Close() })
	if err := write(ctx, patient); err != nil {
		t.Errorf("write when the lock goes in time: %v", err)
	}
}

// TestWhoNoLongerWaitsIsToldSo: a lock of another process holds up nobody whose
// context has ended, although it might go away within an hour.
func TestWhoNoLongerWaitsIsToldSo(t *testing.T) {
	path := project(t)
	hour := settings{synchronous: "OFF", wait: time.Hour}
	db, err := connect(t.Context(), path, hour)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	outdated := project(t)
	run(t, outdated, fmt.Sprint("PRAGMA user_version = ", store.Latest("sqlite")-1))
	for _, tt := range []struct {
		name, path string
		locks      []string
		wait       func(ctx context.Context) error
	}{
		{"a write", path, []string{"BEGIN IMMEDIATE"}, func(ctx context.Context) error {
			return db.Write(ctx, func(tx rolecall.Tx) error { return insertUser(tx, 5000) })
		}},
		{"opening, where a migration is to run", outdated, []string{"BEGIN IMMEDIATE"}, func(ctx context.Context) error {
			_, err := open(ctx, outdated, hour)
			return err
		}},
		{"opening what nobody may even read", outdated, []string{"PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"}, func(ctx context.Context) error {
			_, err := open(ctx, outdated, hour)
			return err
		}},
	} {
		c, err := (&keeping{dsn: "file:" + tt.path}).Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, lock := range tt.locks {
			if _, err := c.(driver.ExecerContext).ExecContext(t.Context(), lock, nil); err != nil {
				t.Fatalf("%s: %s: %v", tt.name, lock, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		ended := make(chan error, 1)
		go func() { ended <- tt.wait(ctx) }()
		select {
		case err = <-ended:
		case <-time.After(time.Minute):
			err = errors.New("nothing for a minute")
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want the context's error", tt.name, err)
		}
		cancel()
		c.Close()
	}
	if err := db.Write(t.Context(), func(tx rolecall.Tx) error { return insertUser(tx, 5000) }); err != nil {
		t.Errorf("a write without the lock: %v", err)
	}
}

func TestABackupThatFailsLeavesNothing(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	db, err := Open(ctx, project(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := db.Backup(cancelled, filepath.Join(folder, "backup")); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context canceled", err)
	}
	if err := db.Backup(ctx, filepath.Join(folder, "none", "backup")); err == nil {
		t.Error("a backup into no folder worked")
	}
	if left := contents(t, folder); len(left) != 0 {
		t.Errorf("%d files are left", len(left))
	}
}
