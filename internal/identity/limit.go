package identity

import (
	"container/list"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// Limits say how many sign-ins may fail before the next has to wait. They are
// counted in the memory of this process.
type Limits struct {
	Login   Limit // for each login id, known or not
	Address Limit // for each remote address, or IPv6 network of 64 bits
	// Remembered is how many login ids, and how many addresses, are counted.
	// Beyond it, the one that was quiet for longest is forgotten.
	Remembered int
}

// A Limit allows Burst failures at once, and one more Every so often.
type Limit struct {
	Burst int
	Every time.Duration
}

// DefaultLimits let an office behind one address forget its passwords, and
// nobody try more than 2,900 a day for one login id.
var DefaultLimits = Limits{
	Login:      Limit{Burst: 10, Every: 30 * time.Second},
	Address:    Limit{Burst: 50, Every: 10 * time.Second},
	Remembered: 1 << 16,
}

// attempts counts failed sign-ins. An attempt counts as failed from its
// beginning, so that many at once can't pass before the first has failed, and
// is taken back when it did not fail: what x/time/rate can't do once the time
// of a reservation has come.
type attempts struct {
	mu                sync.Mutex
	logins, addresses *buckets
}

func newAttempts(l Limits) *attempts {
	return &attempts{logins: newBuckets(l.Login, l.Remembered), addresses: newBuckets(l.Address, l.Remembered)}
}

// An attempt is one that has begun.
type attempt struct {
	of             *attempts
	login, address *bucket // address is nil if there is none
}

// begin counts an attempt, or returns a *RetryError if there were too many.
func (a *attempts) begin(login, from string, now time.Time) (*attempt, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	try := &attempt{of: a, login: a.logins.get(login, now)}
	wait, byAddress := a.logins.wait(try.login), false
	if from != "" {
		try.address = a.addresses.get(network(from), now)
		if longer := a.addresses.wait(try.address); longer > wait {
			wait, byAddress = longer, true
		}
	}
	if wait > 0 {
		return nil, &RetryError{After: (wait + time.Second - 1).Truncate(time.Second), Address: byAddress}
	}
	try.login.level++
	if try.address != nil {
		try.address.level++
	}
	return try, nil
}

// succeed forgets what failed for the login id, and no more than this attempt
// for the address, from which others may be guessed.
func (t *attempt) succeed() {
	t.withdraw()
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.login.level = 0
}

// withdraw uncounts an attempt that neither failed nor succeeded.
func (t *attempt) withdraw() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.login.level = max(0, t.login.level-1)
	if t.address != nil {
		t.address.level = max(0, t.address.level-1)
	}
}

// buckets are leaky buckets, a bounded number of them.
type buckets struct {
	limit Limit
	size  int
	by    map[[sha256.Size]byte]*list.Element // hashes, since what is typed may be long
	used  list.List                           // of *bucket, the last used in front
}

// A bucket fills by one with each failure, and empties by one every Limit.Every.
type bucket struct {
	key   [sha256.Size]byte
	level float64
	at    time.Time // when the level was that

	skipped int64 // of an eventLog: what did not fit in since something did
}

func newBuckets(l Limit, size int) *buckets {
	return &buckets{limit: l, size: max(1, size), by: map[[sha256.Size]byte]*list.Element{}}
}

// get returns the bucket of a name as it is at now.
func (b *buckets) get(name string, now time.Time) *bucket {
	key := sha256.Sum256([]byte(name))
	e, ok := b.by[key]
	if !ok {
		if len(b.by) >= b.size {
			oldest := b.used.Remove(b.used.Back()).(*bucket)
			delete(b.by, oldest.key)
		}
		e = b.used.PushFront(&bucket{key: key, at: now})
		b.by[key] = e
	}
	b.used.MoveToFront(e)
	one := e.Value.(*bucket)
	if gone := now.Sub(one.at); gone > 0 {
		one.level = max(0, one.level-float64(gone)/float64(b.limit.Every))
		one.at = now
	}
	return one
}

// wait returns how long it is until one more fits in.
func (b *buckets) wait(one *bucket) time.Duration {
	over := one.level + 1 - float64(b.limit.Burst)
	return max(0, time.Duration(over*float64(b.limit.Every)))
}

// network names whom an address is counted for: itself, or its IPv6 network of
// 64 bits, which is what one customer gets.
func network(from string) string {
	addr, err := address(from)
	if err != nil {
		return from
	}
	if addr.Is6() {
		prefix, _ := addr.Prefix(64) // can't fail: 64 bits are there
		return prefix.String()
	}
	return addr.String()
}

// address reads a remote address, with or without a port.
func address(from string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(from)
	if err != nil {
		with, err := netip.ParseAddrPort(from)
		if err != nil {
			return addr, err
		}
		addr = with.Addr()
	}
	return addr.Unmap().WithZone(""), nil
}

// host returns a remote address without its port, "" if it is none.
func host(from string) string {
	addr, err := address(from)
	if err != nil {
		return ""
	}
	return addr.String()
}
