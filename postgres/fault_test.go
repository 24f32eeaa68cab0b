package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/store"
)

// opened opens a store, and closes it when the test ends.
func opened(t *testing.T, source string, l limits) *store.DB {
	t.Helper()
	config, err := parse(source)
	if err != nil {
		t.Fatal(err)
	}
	db, err := open(context.Background(), config, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// add makes a write that adds one user.
func add(db *store.DB, id string) error {
	return db.Write(context.Background(), func(tx rolecall.Tx) error { return insert(tx, id) })
}

func insert(tx rolecall.Tx, id string) error {
	user := &rolecall.User{ID: rolecall.SubjectID(id)}
	if err := tx.Insert(context.Background(), user); err != nil {
		return err
	}
	e := &rolecall.Entry{Time: time.Now(), Actor: rolecall.SystemSubject, Kind: user.Kind(), Key: user.Key(), After: []byte("{}")}
	e.Seal(tx.Head(), tx.Head().Revision+1)
	return tx.Append(context.Background(), "P", []*rolecall.Entry{e})
}

// holds fails the test unless the store holds these users, one write each.
func holds(t *testing.T, db *store.DB, ids ...string) {
	t.Helper()
	ctx := context.Background()
	err := db.Read(ctx, func(r rolecall.Reader) error {
		page, err := r.List(ctx, rolecall.Query{Kind: rolecall.KindUser})
		if err != nil {
			return err
		}
		var got []string
		for _, r := range page.Records {
			got = append(got, r.Key())
		}
		if fmt.Sprint(got) != fmt.Sprint(ids) || r.Head().Seq != int64(len(ids)) {
			t.Errorf("it holds %v at %d, want %v", got, r.Head().Seq, ids)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// unavailable fails the test unless err says in one line that the database did
// not do it.
func unavailable(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, rolecall.ErrUnavailable) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: got error %v, want one line that is %q", what, err, rolecall.ErrUnavailable)
	}
}

func TestTheServerGoesAndComesBack(t *testing.T) {
	ctx := context.Background()
	cluster, err := pgtest.Start()
	if err != nil {
		pgtest.Missing(t, err)
	}
	defer cluster.Stop()
	db := opened(t, cluster.Source, usual)
	if err := add(db, "a"); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup // so that the pools hold several connections
	for range 6 {
		group.Go(func() {
			db.Read(ctx, func(rolecall.Reader) error { time.Sleep(50 * time.Millisecond); return nil })
		})
	}
	group.Wait()
	if err := cluster.Down(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	unavailable(t, "write", add(db, "lost"))
	_, err = db.Head(ctx)
	unavailable(t, "head", err)
	unavailable(t, "read", db.Read(ctx, func(rolecall.Reader) error { return nil }))
	_, err = db.Load(ctx, func(rolecall.Record) error { return nil })
	unavailable(t, "load", err)
	if took := time.Since(began); took > 2*time.Minute { // no statement waits for an answer that can't come
		t.Errorf("to say so took %v", took)
	}
	if err := cluster.Up(); err != nil {
		t.Fatal(err)
	}
	if err := add(db, "b"); err != nil {
		t.Errorf("write when it was back: %v", err)
	}
	holds(t, db, "a", "b")
}

func TestConnectionsThatBreakUnused(t *testing.T) {
	source := pgtest.Source(t)
	mine := pgtest.With(source, "application_name", "breaks")
	db := opened(t, mine, usual)
	if err := add(db, "a"); err != nil {
		t.Fatal(err)
	}
	kill := "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'breaks'"
	for n := range 3 {
		pgtest.Exec(t, source, kill)
		if err := add(db, fmt.Sprint("b", n)); err != nil {
			t.Errorf("write: %v", err)
		}
		pgtest.Exec(t, source, kill)
		holds(t, db, []string{"a", "b0", "b1", "b2"}[:n+2]...)
		pgtest.Exec(t, source, kill)
		if _, err := db.Head(context.Background()); err != nil {
			t.Errorf("head: %v", err)
		}
	}
	err := db.Write(context.Background(), func(tx rolecall.Tx) error {
		if err := insert(tx, "c"); err != nil {
			return err
		}
		pgtest.Exec(t, source, kill)
		err := insert(tx, "d")
		unavailable(t, "a statement of a transaction that was ended", err)
		return nil // the transaction ends with the error all the same
	})
	unavailable(t, "a write that was ended", err)
	holds(t, db, "a", "b0", "b1", "b2")
}

// A proxy stands between a store and its database, and breaks what passes.
type proxy struct {
	source string
	on     atomic.Value // func(toServer []byte, client, server net.Conn) (goesOn bool)
}

type breaker func(toServer []byte, client, server net.Conn) bool

func newProxy(t *testing.T, source string) *proxy {
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	to := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	u.Host = l.Addr().String()
	p := &proxy{source: u.String()}
	p.on.Store(breaker(func([]byte, net.Conn, net.Conn) bool { return true }))
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			go func() { io.Copy(client, server); client.Close() }()
			go p.forward(client, server)
		}
	}()
	return p
}

func (p *proxy) forward(client, server net.Conn) {
	defer server.Close()
	defer client.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if !p.on.Load().(breaker)(buffer[:n], client, server) {
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestTheConnectionBreaksWhileAWriteIsCommitted(t *testing.T) {
	source := pgtest.Source(t)
	p := newProxy(t, source)
	db := opened(t, p.source, usual)
	watcher := opened(t, source, usual)
	if err := add(db, "a"); err != nil {
		t.Fatal(err)
	}
	var hit atomic.Int32
	once := func(f breaker) {
		hit.Store(0)
		p.on.Store(breaker(func(b []byte, client, server net.Conn) bool {
			if bytes.Contains(b, []byte("COMMIT")) && bytes.Contains(b, []byte("NOTIFY")) && hit.Add(1) == 1 {
				return f(b, client, server)
			}
			return true
		}))
	}

	// The database commits, and its answer is lost.
	once(func(b []byte, client, server net.Conn) bool {
		client.Close()
		server.Write(b)
		time.Sleep(50 * time.Millisecond)
		return false
	})
	if err := add(db, "b"); err != nil {
		t.Errorf("a write that was committed: %v", err)
	}
	holds(t, watcher, "a", "b")

	// The database never hears of the commit.
	once(func(b []byte, client, server net.Conn) bool { return false })
	err := add(db, "c")
	unavailable(t, "a write that was not committed", err)
	if hit.Load() == 0 {
		t.Error("no commit passed the proxy")
	}
	holds(t, watcher, "a", "b")
	if err := add(db, "d"); err != nil {
		t.Error(err)
	}
	holds(t, watcher, "a", "b", "d")
}

// A database that takes what it is sent and says nothing.
func TestASilentDatabase(t *testing.T) {
	p := newProxy(t, pgtest.Source(t))
	l := usual
	l.patience = 2 * time.Second
	db := opened(t, pgtest.With(p.source, "connect_timeout", "2"), l)
	// added adds a user. A machine that is too busy for such patience may try again.
	added := func(id string) {
		t.Helper()
		err := add(db, id)
		for until := time.Now().Add(time.Minute); errors.Is(err, rolecall.ErrUnavailable) && time.Now().Before(until); {
			if err = add(db, id); errors.Is(err, rolecall.ErrConflict) { // the one before was made after all
				err = nil
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	added("a")
	p.on.Store(breaker(func(_ []byte, client, server net.Conn) bool { io.Copy(io.Discard, client); return false }))
	began := time.Now()
	unavailable(t, "write", add(db, "b"))
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("to say so took %v", took)
	}
	p.on.Store(breaker(func([]byte, net.Conn, net.Conn) bool { return true }))
	added("c")
	holds(t, db, "a", "c")
}

// A node that is stopped in the middle of a write keeps the others waiting for a
// bounded time, and does not write when it goes on.
func TestAStoppedWriter(t *testing.T) {
	source := pgtest.Source(t)
	l := usual
	l.idle = 2 * time.Second
	stopped, other := opened(t, source, l), opened(t, source, usual)
	if err := add(other, "a"); err != nil {
		t.Fatal(err)
	}
	silent := false
	write := func(tx rolecall.Tx) error {
		began := time.Now() // before it is silent
		if err := insert(tx, "b"); err != nil {
			return err
		}
		silent = true
		if err := add(other, "c"); err != nil {
			t.Errorf("the other's write: %v", err)
		}
		if waited := time.Since(began); waited < l.idle {
			t.Errorf("the other's write took %v: it did not wait", waited)
		}
		return nil
	}
	var err error
	for try := 0; !silent && try < 20; try++ { // a busy machine may be silent before that
		err = stopped.Write(context.Background(), write)
	}
	unavailable(t, "the stopped write", err)
	holds(t, other, "a", "c")
}

func TestAWriteWaitsOnlySoLong(t *testing.T) {
	source := pgtest.Source(t)
	l := usual
	l.lock = 100 * time.Millisecond
	slow, other := opened(t, source, l), opened(t, source, l)
	if err := add(slow, "a"); err != nil {
		t.Fatal(err)
	}
	err := slow.Write(context.Background(), func(tx rolecall.Tx) error {
		unavailable(t, "a write that waited too long", add(other, "b"))
		return insert(tx, "c")
	})
	if err != nil {
		t.Error(err)
	}
	holds(t, other, "a", "c")
}

// Whoever begins a project at the same time makes one.
func TestTwoNodesBeginOneProject(t *testing.T) {
	for range 5 {
		source := pgtest.Source(t)
		var services [4]*rolecall.Service
		var group sync.WaitGroup
		for i := range services {
			group.Go(func() {
				rc, err := rolecall.Open(context.Background(), Database(source))
				if err != nil {
					t.Error(err)
					return
				}
				services[i] = rc
			})
		}
		group.Wait()
		for _, rc := range services {
			if rc == nil {
				continue
			}
			if rc.Project() != services[0].Project() || rc.Revision() != 1 {
				t.Errorf("project %s at %d, want %s at 1", rc.Project(), rc.Revision(), services[0].Project())
			}
			rc.Close()
		}
	}
}

// A node must not go by a clock that is far from the others'.
func TestAClockThatIsWrong(t *testing.T) {
	source := pgtest.Source(t)
	config, err := parse(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range []time.Duration{2 * time.Minute, -2 * time.Minute, 20 * time.Second, -20 * time.Second} {
		l := usual
		l.clock = func() time.Time { return time.Now().Add(off) }
		db, err := open(context.Background(), config, l)
		if err == nil {
			db.Close()
		}
		if refused := off.Abs() > l.skew; (err != nil) != refused {
			t.Errorf("off by %v: got error %v", off, err)
		} else if refused {
			unavailable(t, off.String(), err)
			// The time that the question took is not counted as the clocks'.
			if want := regexp.MustCompile(`clock and this machine's are (2m0s|1m\d+s) apart`); !want.MatchString(err.Error()) {
				t.Errorf("got error %q, want one with %q", err, want)
			}
		}
	}
}

// An open store is of no more use when a release after the next has changed the
// schema; it notices by itself.
func TestTheSchemaChangesWhileAStoreIsOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for seconds")
	}
	ctx := context.Background()
	source := pgtest.Source(t)
	db := opened(t, source, usual)
	if err := add(db, "a"); err != nil {
		t.Fatal(err)
	}
	known := store.Latest("postgres")
	look := func() error {
		time.Sleep(store.RecheckEvery + 100*time.Millisecond)
		_, err := db.Head(ctx)
		return err
	}
	pgtest.Exec(t, source, fmt.Sprintf("UPDATE rolecall_schema SET version = %d, oldest = %d", known+1, known))
	if err := look(); err != nil {
		t.Errorf("one release apart: %v", err)
	}
	if err := add(db, "b"); err != nil {
		t.Errorf("one release apart: %v", err)
	}
	pgtest.Exec(t, source, fmt.Sprintf("UPDATE rolecall_schema SET version = %d, oldest = %d", known+2, known+1))
	unavailable(t, "head, two releases apart", look())
	unavailable(t, "write, two releases apart", add(db, "c"))
}
