package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

func rollback(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(&rolecall.User{ID: "before"})
	head := first(s.Head(ctx))
	change := func(tx rolecall.Tx) error {
		if err := put(tx, &rolecall.User{ID: "during"}); err != nil {
			return err
		}
		if err := tx.Update(ctx, &rolecall.User{ID: "before", Name: "changed"}); err != nil {
			return err
		}
		return tx.Remember(ctx, rolecall.Remembered{Actor: "ann", Key: "k", Time: start})
	}
	unchanged := func(after string) {
		t.Helper()
		same(t, "the head after "+after, first(s.Head(ctx)), head)
		same(t, "the users after "+after, s.list(rolecall.Query{Kind: rolecall.KindUser}).Records, []rolecall.Record{&rolecall.User{ID: "before"}})
		s.read(func(r rolecall.Reader) error {
			if _, known, err := r.Recall(ctx, "ann", "k"); known || err != nil {
				t.Errorf("after %s: a key is remembered (%v)", after, err)
			}
			return r.Entries(ctx, rolecall.EntryQuery{Since: head.Revision}, func(e *rolecall.Entry) error {
				t.Errorf("after %s: entry %d is there", after, e.Seq)
				return nil
			})
		})
	}

	mine := errors.New("mine")
	err := s.Write(ctx, func(tx rolecall.Tx) error {
		if err := change(tx); err != nil {
			t.Error(err)
		}
		return mine
	})
	if err != mine {
		t.Errorf("got error %v, want the function's own", err)
	}
	unchanged("an error")

	func() {
		defer func() { same(t, "what was recovered", recover(), any("aua")) }()
		s.Write(ctx, func(tx rolecall.Tx) error {
			if err := change(tx); err != nil {
				t.Error(err)
			}
			panic("aua")
		})
	}()
	unchanged("a panic")

	func() {
		defer func() { same(t, "what was recovered", recover(), any("oh")) }()
		s.Read(ctx, func(rolecall.Reader) error { panic("oh") })
	}()

	var kept rolecall.Tx
	s.write(func(tx rolecall.Tx) error { kept = tx; return nil })
	if err := kept.Insert(ctx, &rolecall.User{ID: "late"}); err == nil {
		t.Error("a transaction took a record after its end")
	}
	unchanged("a transaction's end")

	s.write(change) // the store works on
	same(t, "the revision after a good write", first(s.Head(ctx)).Revision, head.Revision+1)
}

func isolation(t *testing.T, e Engine) {
	s := e.open(t)
	ctx := context.Background()
	s.put(&rolecall.User{ID: "u", Name: "old"}, &rolecall.User{ID: "gone"})
	old := first(s.Head(ctx))
	sees := func(r rolecall.Reader, name string, head rolecall.Head, ids ...string) {
		t.Helper()
		same(t, "the head", r.Head(), head)
		got, err := r.Get(ctx, rolecall.KindUser, "u")
		if err != nil {
			t.Error(err)
			return
		}
		same(t, "the name", got.(*rolecall.User).Name, name)
		page, err := r.List(ctx, rolecall.Query{Kind: rolecall.KindUser, Total: true})
		if err != nil {
			t.Error(err)
		}
		same(t, "the users", keys(page.Records), ids)
		same(t, "their number", page.Total, len(ids))
	}
	var fresh rolecall.Head
	s.write(func(tx rolecall.Tx) error {
		if err := tx.Update(ctx, &rolecall.User{ID: "u", Name: "new"}); err != nil {
			return err
		}
		if err := tx.Delete(ctx, &rolecall.User{ID: "gone"}); err != nil {
			return err
		}
		if err := put(tx, &rolecall.User{ID: "v"}); err != nil {
			return err
		}
		fresh = tx.Head()
		sees(tx, "new", fresh, "u", "v")
		s.read(func(r rolecall.Reader) error { sees(r, "old", old, "gone", "u"); return nil })
		same(t, "the head beside the write", first(s.Head(ctx)), old)
		return nil
	})
	same(t, "the head after the write", first(s.Head(ctx)), fresh)
	s.read(func(r rolecall.Reader) error {
		sees(r, "new", fresh, "u", "v")
		s.write(func(tx rolecall.Tx) error { return tx.Update(ctx, &rolecall.User{ID: "u", Name: "newest"}) })
		sees(r, "new", fresh, "u", "v") // still the same state
		return nil
	})
	s.read(func(r rolecall.Reader) error { sees(r, "newest", fresh, "u", "v"); return nil })
}

func cancelled(t *testing.T, e Engine) {
	s := e.open(t)
	s.put(&rolecall.User{ID: "u"})
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Write(ctx, func(tx rolecall.Tx) error {
		if err := put(tx, &rolecall.User{ID: "v"}); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("write: got error %v, want context canceled", err)
	}
	for what, err := range map[string]error{
		"head":  second(s.Head(ctx)),
		"load":  second(s.Load(ctx, func(rolecall.Record) error { return nil })),
		"read":  s.Read(ctx, func(rolecall.Reader) error { return nil }),
		"write": s.Write(ctx, func(rolecall.Tx) error { return nil }),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got error %v, want context canceled", what, err)
		}
	}
	same(t, "the users", keys(s.list(rolecall.Query{Kind: rolecall.KindUser}).Records), []string{"u"})
	s.put(&rolecall.User{ID: "w"})
}

func second[T any](_ T, err error) error { return err }

// count adds one to the number in each setting, in one write.
func count(tx rolecall.Tx, names ...string) error {
	var changes []rolecall.Entry
	for _, name := range names {
		r, err := tx.Get(context.Background(), rolecall.KindSetting, name)
		if err != nil {
			return err
		}
		number := r.(*rolecall.Setting)
		n, err := strconv.Atoi(string(number.Value))
		if err != nil {
			return err
		}
		number.Value = json.RawMessage(strconv.Itoa(n + 1))
		if err := tx.Update(context.Background(), number); err != nil {
			return err
		}
		changes = append(changes, rolecall.Entry{Kind: rolecall.KindSetting, Key: name, After: number.Value})
	}
	return journal(tx, changes...)
}

func numberOf(r rolecall.Reader, name string) (int, error) {
	got, err := r.Get(context.Background(), rolecall.KindSetting, name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(got.(*rolecall.Setting).Value))
}

func concurrentWriters(t *testing.T, e Engine) {
	ctx := context.Background()
	from := e.New(t)
	stores := []store{opened(t, from)}
	if e.Lasting {
		stores = append(stores, opened(t, from)) // as another process would
	}
	stores[0].put(&rolecall.Setting{Name: "n", Value: []byte("0")})
	const writers, writes = 6, 15
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for done := 0; done < writes; done++ {
				err := stores[w%len(stores)].Write(ctx, func(tx rolecall.Tx) error { return count(tx, "n") })
				if errors.Is(err, rolecall.ErrUnavailable) {
					done-- // the other process was quicker all the time: nothing was written
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, s := range stores {
		s.read(func(r rolecall.Reader) error {
			n, err := numberOf(r, "n")
			same(t, "the count", n, writers*writes)
			same(t, "the revision", r.Head().Revision, 1+writers*writes)
			return errors.Join(err, verify(r))
		})
	}
}

// verify checks the whole journal's chain, up to the head.
func verify(r rolecall.Reader) error {
	var at rolecall.Head
	err := r.Entries(context.Background(), rolecall.EntryQuery{}, func(e *rolecall.Entry) error {
		if err := e.Verify(at); err != nil {
			return err
		}
		at = rolecall.Head{Project: project, Revision: e.Revision, Seq: e.Seq, Hash: e.Hash}
		return nil
	})
	if err == nil && at != r.Head() {
		err = fmt.Errorf("the journal ends at %v, the head is %v", at, r.Head())
	}
	return err
}

func concurrentReaders(t *testing.T, e Engine) {
	ctx := context.Background()
	from := e.New(t)
	s := opened(t, from)
	other := s
	if e.Lasting {
		other = opened(t, from)
	}
	s.put(&rolecall.Setting{Name: "a", Value: []byte("0")}, &rolecall.Setting{Name: "b", Value: []byte("0")})
	done := make(chan struct{})
	var group sync.WaitGroup
	for reader := range 4 {
		in := []store{s, other}[reader%2]
		group.Go(func() {
			var last rolecall.Head
			for {
				select {
				case <-done:
					return
				default:
				}
				head, err := in.Head(ctx)
				if err != nil || head.Revision < last.Revision {
					t.Errorf("head %v, %v after %v", head, err, last)
					return
				}
				err = in.Read(ctx, func(r rolecall.Reader) error {
					a, err := numberOf(r, "a")
					if err != nil {
						return err
					}
					b, err := numberOf(r, "b")
					if err != nil {
						return err
					}
					if a != b || r.Head().Revision != rolecall.Revision(1+a) || r.Head().Seq != int64(2+2*a) {
						return fmt.Errorf("read a = %d and b = %d at %v", a, b, r.Head())
					}
					if r.Head().Revision < head.Revision {
						return fmt.Errorf("read at %v after head %v", r.Head(), head)
					}
					last = r.Head()
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	until := time.Now().Add(300 * time.Millisecond)
	for time.Now().Before(until) {
		s.write(func(tx rolecall.Tx) error { return count(tx, "a", "b") })
	}
	close(done)
	group.Wait()
}

// However many read, and however slowly, the journal can be followed.
func followersFirst(t *testing.T, e Engine) {
	s := e.open(t)
	w, ok := s.Store.(rolecall.Watcher)
	if !ok {
		t.Fatalf("a %T is no Watcher", s.Store)
	}
	s.put(&rolecall.User{ID: "u"})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reading, done := make(chan struct{}, 100), make(chan struct{})
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			s.Read(ctx, func(rolecall.Reader) error {
				reading <- struct{}{}
				<-done
				return nil
			})
		})
	}
	<-reading
	time.Sleep(50 * time.Millisecond)
	for range 3 {
		head, err := s.Head(ctx)
		if err != nil {
			t.Errorf("head: %v", err)
		}
		err = w.Follow(ctx, func(r rolecall.Reader) error {
			same(t, "the head of a follower", r.Head(), head)
			return r.Entries(ctx, rolecall.EntryQuery{}, func(*rolecall.Entry) error { return nil })
		})
		if err != nil {
			t.Errorf("follow: %v", err)
		}
	}
	close(done)
	group.Wait()
}
