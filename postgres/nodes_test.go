package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/postgres"
)

// Three nodes work on one database while writers and readers use all of them, and
// for twenty rounds nodes are killed, stopped and told to go, and PostgreSQL crashes.
// What was read and acknowledged is then compared with the journal.
func TestNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty rounds")
	}
	cluster, err := pgtest.Start()
	if err != nil {
		pgtest.Missing(t, err)
	}
	defer cluster.Stop()
	ops := []rolecall.Op{
		rolecall.Create(&rolecall.Permission{ID: "p", Name: "p"}),
		rolecall.Create(&rolecall.Role{ID: "r", Name: "r"}),
		rolecall.Create(&rolecall.Grant{Role: "r", Permission: "p"}),
	}
	for n := range people {
		ops = append(ops, rolecall.Create(&rolecall.User{ID: rolecall.SubjectID(fmt.Sprint("u", n))}))
	}
	h := &history{t: t, names: map[string]bool{}}
	key := founded(t, cluster.Source, ops...)
	for range 3 {
		h.nodes = append(h.nodes, newNode(t, cluster.Source, key, 30*time.Second))
	}
	for _, n := range h.nodes {
		n.start()
		defer func() { n.process.Process.Kill(); n.process.Wait() }()
	}
	for _, n := range h.nodes {
		n.ready("ready")
	}

	h.run()
	for round := range 20 {
		n := h.nodes[round%len(h.nodes)]
		h.peace()
		switch round % 5 {
		case 0, 3:
			n.stop(syscall.SIGKILL)
			time.Sleep(rand.N(100 * time.Millisecond))
			n.start()
		case 1:
			if round == 1 || round == 11 {
				h.pause(n)
			}
		case 2:
			h.crash(cluster, round == 2)
		case 4:
			h.leaving.Store(n)
			if err := n.stop(syscall.SIGTERM); err != nil {
				t.Errorf("round %d: a node that was told to go: %v", round, err)
			}
			time.Sleep(50 * time.Millisecond) // for answers on their way
			h.leaving.Store(nil)
			n.start()
			if round == 9 {
				h.crash(cluster, false)
			}
		}
		h.converge(round)
		if t.Failed() {
			break
		}
	}
	h.end()
	h.compare(cluster.Source)
}

// people are the users whose assignments come and go, one for each writer.
const people = 4

// A history is what nodes were asked and said.
type history struct {
	t       *testing.T
	nodes   []*node
	leaving atomic.Pointer[node] // a node that was told to go: it must answer what it took
	stop    context.CancelFunc
	group   sync.WaitGroup

	mu     sync.Mutex
	marked int // of reads
	reads  []reading
	acks   []ack           // in the order in which they came
	names  map[string]bool // of users whose creation was acknowledged
	unsure atomic.Int64    // requests that got no answer
	lost   atomic.Int64    // of them, by a node that was told to go
}

// A reading is an answer to whether a user holds p.
type reading struct {
	who      int
	allowed  bool
	revision rolecall.Revision
	fresh    bool      // it was not marked stale
	sent     time.Time // the request
}

// An ack says that a write was made, and when that was known.
type ack struct {
	revision rolecall.Revision
	at       time.Time
}

func (h *history) run() {
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	for who := range people {
		h.group.Go(func() { h.write(ctx, who) })
	}
	for _, n := range h.nodes {
		h.group.Go(func() { h.read(ctx, n) })
	}
}

func (h *history) end() {
	h.stop()
	h.group.Wait()
}

// brief is a fourth of how long a node that was told to go goes on answering.
const brief = 25 * time.Millisecond

// newClient keeps no connection idle for as long as a node that was told to go
// goes on answering: it would use it in the moment in which it is closed.
func newClient(patience time.Duration) *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: brief}}
}

// write makes writes, each until it is acknowledged: it gives the user an
// assignment or takes it away, and makes another user. After each it reads what
// it wrote, from another node.
func (h *history) write(ctx context.Context, who int) {
	c := newClient(time.Second) // and then asks another node
	has := false
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprintf("w%d-%d", who, n)
		var at rolecall.Revision
		var ok bool
		if n%3 == 2 {
			if at, ok = h.insist(ctx, c, "POST", "/users", name, fmt.Sprintf(`{"name":%q}`, name)); ok {
				h.mu.Lock()
				h.names[name] = true
				h.mu.Unlock()
			}
		} else if has {
			at, ok = h.insist(ctx, c, "DELETE", fmt.Sprintf("/assignments?subject=u%d&role=r", who), name, "")
			has = false
		} else {
			at, ok = h.insist(ctx, c, "PUT", "/assignments", name, fmt.Sprintf(`{"subject":"u%d","role":"r"}`, who))
			has = true
		}
		if !ok {
			return
		}
		h.mu.Lock()
		h.acks = append(h.acks, ack{at, time.Now()})
		h.mu.Unlock()
		node := h.nodes[rand.IntN(len(h.nodes))]
		sent := time.Now()
		a, err := node.ask(c, "POST", fmt.Sprintf("/check?at_least=%d", at), "", fmt.Sprintf(`{"subject":"u%d","permission":"p"}`, who))
		switch {
		case err != nil:
			h.failed(node, sent, err)
		case a.status == 503:
		case a.status != 200 || a.revision < at || allowed(a) != has:
			h.t.Errorf("after the write of revision %d, when u%d holds p: %v, %s answers %d at %d: %s", at, who, has, node.url, a.status, a.revision, a.body)
		}
		time.Sleep(rand.N(10 * time.Millisecond))
	}
}

// insist makes one write: it is sent to nodes until one acknowledges it.
func (h *history) insist(ctx context.Context, c *http.Client, method, path, key, body string) (rolecall.Revision, bool) {
	for {
		node := h.nodes[rand.IntN(len(h.nodes))]
		sent := time.Now()
		a, err := node.ask(c, method, path, key, body)
		switch {
		case err != nil:
			h.failed(node, sent, err)
		case a.status/100 == 2:
			return a.revision, true
		case a.status != 503:
			h.t.Errorf("%s %s at %s: %d %s", method, path, node.url, a.status, a.body)
			return 0, false
		}
		if ctx.Err() != nil && err == nil { // what got no answer at the end is asked again, too
			return 0, false
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// failed notes that a request that began at a time got no answer. That is a loss if
// the node had taken it and was told to go, unless it was us who did not wait, or
// were so slow to send it that the connection was over: a machine may be that busy.
func (h *history) failed(n *node, began time.Time, err error) {
	h.unsure.Add(1)
	var dial *net.OpError
	if h.leaving.Load() == n && !(errors.As(err, &dial) && dial.Op == "dial") && !os.IsTimeout(err) && time.Since(began) < brief {
		h.lost.Add(1)
		h.t.Errorf("a node that was told to go gave no answer: %v", err)
	}
}

// read asks one node all the time.
func (h *history) read(ctx context.Context, n *node) {
	c := newClient(20 * time.Second)
	for ctx.Err() == nil {
		who := rand.IntN(people)
		sent := time.Now()
		a, err := n.ask(c, "POST", "/check", "", fmt.Sprintf(`{"subject":"u%d","permission":"p"}`, who))
		switch {
		case err != nil:
			h.failed(n, sent, err)
			time.Sleep(10 * time.Millisecond)
		case a.status == 503:
		case a.status != 200:
			h.t.Errorf("check at %s: %d %s", n.url, a.status, a.body)
		default:
			h.note(reading{who, allowed(a), a.revision, !a.stale, sent})
		}
		time.Sleep(rand.N(4 * time.Millisecond))
	}
}

func allowed(a answer) bool {
	var d struct{ Allowed bool }
	json.Unmarshal(a.body, &d)
	return d.Allowed
}

// pause stops a node for longer than what it knows counts as fresh. Whoever asks
// it meanwhile is answered when it goes on; the comparison looks at that.
func (h *history) pause(n *node) {
	n.signal(syscall.SIGSTOP)
	var group sync.WaitGroup
	time.Sleep(rolecall.FreshFor + 500*time.Millisecond)
	for range 4 { // these find it as it was
		group.Go(func() {
			sent := time.Now()
			a, err := n.ask(newClient(20*time.Second), "POST", "/check", "", `{"subject":"u0","permission":"p"}`)
			if err == nil && a.status == 200 {
				h.note(reading{0, allowed(a), a.revision, !a.stale, sent})
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	n.signal(syscall.SIGCONT)
	group.Wait()
}

// note keeps a reading.
func (h *history) note(r reading) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads = append(h.reads, r)
	if !r.fresh {
		h.marked++
	}
}

// sofar returns how many readings there are, how many of them are marked stale,
// and how many writes were acknowledged.
func (h *history) sofar() (reads, marked, acks int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.reads), h.marked, len(h.acks)
}

// until waits for more than there was.
func (h *history) until(what string, so func() bool) {
	h.t.Helper()
	for end := time.Now().Add(time.Minute); !so() && !h.t.Failed(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Errorf("not within a minute: %s", what)
		}
	}
}

// peace lets nodes work for a while, however slow they are.
func (h *history) peace() {
	time.Sleep(300 * time.Millisecond)
	reads, _, acks := h.sofar()
	h.until("answers and writes", func() bool { r, _, a := h.sofar(); return r >= reads+25 && a >= acks+10 })
}

// crash lets the database end as by a power cut, and begin again: after a moment,
// or, if it is a long one, when nodes have noticed that they don't know any more.
func (h *history) crash(c *pgtest.Cluster, long bool) {
	if err := c.Down(); err != nil {
		h.t.Error(err)
	}
	if _, marked, _ := h.sofar(); long {
		h.until("answers that are marked stale", func() bool { _, m, _ := h.sofar(); return m >= marked+10 })
	} else {
		time.Sleep(rand.N(300 * time.Millisecond))
	}
	if err := c.Up(); err != nil {
		h.t.Error(err)
	}
}

// converge waits until every node is ready and has what was acknowledged.
func (h *history) converge(round int) {
	var most rolecall.Revision
	h.mu.Lock()
	for _, a := range h.acks {
		most = max(most, a.revision)
	}
	h.mu.Unlock()
	for _, n := range h.nodes {
		n.ready("ready")
		until := time.Now().Add(time.Minute)
		for {
			a, err := n.ask(newClient(20*time.Second), "POST", fmt.Sprintf("/check?at_least=%d", most), "", `{"subject":"u0","permission":"p"}`)
			if err == nil && a.status == 200 && a.revision >= most && !a.stale {
				break
			}
			if time.Now().After(until) {
				h.t.Errorf("round %d: %s does not come to revision %d: %v, %d at %d: %s", round, n.url, most, err, a.status, a.revision, a.body)
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// compare holds what nodes said against the journal, which has the last word and
// whose chain must be whole.
func (h *history) compare(source string) {
	ctx, t := context.Background(), h.t
	rc, err := rolecall.Open(ctx, postgres.Database(source))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	by := rolecall.System("test")
	if _, err := rc.VerifyAudit(ctx, by, nil); err != nil {
		t.Error(err)
	}

	store, err := postgres.Open(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var held [people][]rolecall.Revision // at which each user gets and loses p, in turn
	made := map[string]int{}             // users, by name
	revisions := map[rolecall.Revision]bool{}
	err = store.Read(ctx, func(r rolecall.Reader) error {
		return r.Entries(ctx, rolecall.EntryQuery{}, func(e *rolecall.Entry) error {
			revisions[e.Revision] = true
			switch e.Kind {
			case rolecall.KindAssignment:
				for who := range held {
					if !strings.HasPrefix(e.Key, fmt.Sprintf("u%d\t", who)) {
						continue
					}
					if has := len(held[who])%2 == 1; has == (e.After != nil) {
						t.Errorf("entry %d gives or takes twice", e.Seq)
					}
					held[who] = append(held[who], e.Revision)
				}
			case rolecall.KindUser:
				var user rolecall.User
				if err := json.Unmarshal(e.After, &user); err != nil {
					return err
				}
				made[user.Name]++
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range h.names {
		if made[name] != 1 {
			t.Errorf("user %s, whose creation was acknowledged, was made %d times", name, made[name])
		}
	}
	for name, n := range made {
		if name != "" && n > 1 {
			t.Errorf("user %s was made %d times", name, n)
		}
	}
	for _, a := range h.acks {
		if !revisions[a.revision] {
			t.Errorf("revision %d was acknowledged and is not in the journal", a.revision)
		}
	}

	// What was known to be written FreshFor before a request was sent shows in its
	// answer, or the answer is marked.
	newest := func(before time.Time) (at rolecall.Revision) {
		low, high := 0, len(h.acks)
		for low < high {
			if middle := (low + high) / 2; h.acks[middle].at.Before(before) {
				low = middle + 1
			} else {
				high = middle
			}
		}
		return h.most(low)
	}
	stale := 0
	for _, r := range h.reads {
		n := 0
		for n < len(held[r.who]) && held[r.who][n] <= r.revision {
			n++
		}
		if has := n%2 == 1; r.allowed != has {
			t.Errorf("at revision %d u%d holds p: %v, and a node said %v", r.revision, r.who, has, r.allowed)
		}
		if !r.fresh {
			stale++
			continue
		}
		if want := newest(r.sent.Add(-rolecall.FreshFor)); r.revision < want {
			t.Errorf("an answer at revision %d counts as fresh, and %d was acknowledged more than %v before it was asked", r.revision, want, rolecall.FreshFor)
		}
	}
	if !t.Failed() && (len(h.reads) < 500 || len(h.acks) < 200 || stale == 0) {
		t.Errorf("only %d answers, %d of them marked stale, and %d writes", len(h.reads), stale, len(h.acks))
	}
	t.Logf("%d writes acknowledged, %d answers compared, %d of them marked stale, %d requests without an answer, %d of them from nodes told to go",
		len(h.acks), len(h.reads), stale, h.unsure.Load(), h.lost.Load())
}

// most returns the greatest revision among the first n acknowledgements.
func (h *history) most(n int) (at rolecall.Revision) {
	for _, a := range h.acks[max(0, n-50):n] { // they come nearly in order
		at = max(at, a.revision)
	}
	return at
}
