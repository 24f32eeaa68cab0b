package sqlite_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// childEnv names the file that this program writes to when it plays the process
// that is killed.
const childEnv = "ROLECALL_TEST_KILLED_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		fmt.Fprintln(os.Stderr, "child:", writeForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver writes from several goroutines, and prints the revision of each
// write when it has been acknowledged.
func writeForEver(path string) error {
	ctx := context.Background()
	s, err := sqlite.File(path).OpenStore(ctx)
	for errors.Is(err, rolecall.ErrUnavailable) { // another process writes all the time
		s, err = sqlite.File(path).OpenStore(ctx)
	}
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range 3 {
		go func() {
			for {
				var revision rolecall.Revision
				err := s.Write(ctx, func(tx rolecall.Tx) error {
					revision = tx.Head().Revision + 1
					return writeSome(ctx, tx, revision)
				})
				switch {
				case err == nil:
					fmt.Println(revision)
				case !errors.Is(err, rolecall.ErrUnavailable): // else another process was quicker all the time
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

// writeSome creates, changes and deletes records, and journals all of it.
func writeSome(ctx context.Context, tx rolecall.Tx, revision rolecall.Revision) error {
	var entries []*rolecall.Entry
	note := func(r rolecall.Record, after bool) error {
		e := &rolecall.Entry{Time: time.Now(), Actor: rolecall.SystemSubject, Kind: r.Kind(), Key: r.Key()}
		if after {
			text, err := json.Marshal(r)
			if err != nil {
				return err
			}
			e.After = text
		}
		entries = append(entries, e)
		return nil
	}
	insert := func(r rolecall.Record) error { return errors.Join(tx.Insert(ctx, r), note(r, true)) }
	user := func(n rolecall.Revision) *rolecall.User {
		return &rolecall.User{ID: rolecall.SubjectID(fmt.Sprintf("user%d", n)), Name: fmt.Sprint("the user of ", n)}
	}
	assigned := func(n rolecall.Revision) *rolecall.Assignment {
		return &rolecall.Assignment{Subject: user(n).ID, Role: "r", Source: rolecall.SourceManual}
	}
	count := &rolecall.Setting{Name: "count", Value: []byte(strconv.Itoa(int(revision)))}
	err := errors.Join(insert(user(revision)))
	if revision == 1 {
		err = errors.Join(err, insert(&rolecall.Role{ID: "r", Name: "r"}), insert(count))
	} else {
		err = errors.Join(err, tx.Update(ctx, count), note(count, true))
	}
	err = errors.Join(err, insert(assigned(revision)))
	if revision > 5 {
		old := assigned(revision - 5)
		err = errors.Join(err, tx.Delete(ctx, old), note(old, false))
	}
	if err != nil {
		return err
	}
	head := tx.Head()
	for _, e := range entries {
		head = e.Seal(head, revision)
	}
	return tx.Append(ctx, "P", entries)
}

func TestKilledInTheMiddleOfWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	total := rolecall.Revision(0)
	for round := range 20 {
		acknowledged := killed(t, self, path, func() { time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond) })
		total = intact(t, path, acknowledged, total)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d writes", total)
}

// A command line that writes to the file of a running server.
func TestTwoProcessesWriteToOneFile(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "app.db")
	s, err := sqlite.File(path).OpenStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child, beside := make(chan rolecall.Revision), make(chan struct{})
	begun := make(chan struct{})
	go func() {
		child <- killed(t, self, path, func() {
			close(begun)
			<-beside
			time.Sleep(300 * time.Millisecond)
		})
	}()
	var mine, last rolecall.Revision
	for {
		var revision rolecall.Revision
		err = s.Write(ctx, func(tx rolecall.Tx) error {
			revision = tx.Head().Revision + 1
			return writeSome(ctx, tx, revision)
		})
		if err == nil {
			mine, last = mine+1, revision
			select {
			case <-begun: // the two have written beside each other
				close(beside)
				begun = nil
			default:
			}
		} else if !errors.Is(err, rolecall.ErrUnavailable) { // the other may be quicker all the time: nothing was written
			t.Fatal(err)
		}
		select {
		case acknowledged := <-child:
			s.Close()
			total := intact(t, path, max(last, acknowledged), 0)
			if mine == 0 || mine == total {
				t.Errorf("of %d writes, this process made %d", total, mine)
			}
			return
		case <-time.After(time.Millisecond): // SQLite's lock is not a queue
		}
	}
}

// killed lets a child write, kills it after wait, which is called when it has
// acknowledged three writes, and returns the last revision that it acknowledged.
func killed(t *testing.T, self, path string, wait func()) (last rolecall.Revision) {
	child := exec.Command(self)
	child.Env = append(os.Environ(), childEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for writes := 1; lines.Scan(); writes++ {
		if writes == 3 {
			go func() { wait(); child.Process.Kill() }()
		}
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Errorf("the child printed %q", lines.Text())
		}
		last = max(last, rolecall.Revision(n))
	}
	child.Wait()
	return last
}

// intact checks that the file holds every acknowledged write and no half of one,
// and returns its revision.
func intact(t *testing.T, path string, acknowledged, before rolecall.Revision) rolecall.Revision {
	t.Helper()
	ctx := context.Background()
	s, err := sqlite.File(path).OpenStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var end rolecall.Head
	err = s.Read(ctx, func(r rolecall.Reader) error {
		end = r.Head()
		if end.Revision < acknowledged || acknowledged < before {
			t.Errorf("the file is at revision %d, %d was acknowledged", end.Revision, acknowledged)
		}
		want := map[string]string{} // what the journal says
		var at rolecall.Head
		err := r.Entries(ctx, rolecall.EntryQuery{}, func(e *rolecall.Entry) error {
			if err := e.Verify(at); err != nil {
				return err
			}
			at = rolecall.Head{Project: "P", Revision: e.Revision, Seq: e.Seq, Hash: e.Hash}
			id := fmt.Sprint(e.Kind, " ", e.Key)
			if want[id] = string(e.After); e.After == nil {
				delete(want, id)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if at != end {
			t.Errorf("the journal ends at %v, the head is %v", at, end)
		}
		got := map[string]string{}
		for _, kind := range rolecall.Kinds {
			page, err := r.List(ctx, rolecall.Query{Kind: kind})
			if err != nil {
				return err
			}
			for _, record := range page.Records {
				text, err := json.Marshal(record)
				if err != nil {
					return err
				}
				got[fmt.Sprint(kind, " ", record.Key())] = string(text)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("the rows are not what the journal says (-journal +rows):\n%s", d)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return end.Revision
}
