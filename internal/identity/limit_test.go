package identity

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func testLimits(size int) *attempts {
	return newAttempts(Limits{
		Login: Limit{Burst: 3, Every: time.Minute}, Address: Limit{Burst: 5, Every: 10 * time.Second}, Remembered: size,
	})
}

// fails begins an attempt that fails, and returns how long it would have to wait.
func fails(a *attempts, login, from string, at time.Time) time.Duration {
	_, err := a.begin(login, from, at)
	var retry *RetryError
	errors.As(err, &retry)
	if retry == nil {
		return 0
	}
	return retry.After
}

func TestLimits(t *testing.T) {
	type step struct {
		login, from string
		after       time.Duration // since the start
		want        time.Duration // to wait
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"a burst, then one each time it says", []step{
			{"a", "", 0, 0}, {"a", "", 0, 0}, {"a", "", 0, 0}, {"a", "", 0, time.Minute},
			{"a", "", 40 * time.Second, 20 * time.Second}, {"a", "", time.Minute, 0}, {"a", "", time.Minute, time.Minute},
		}},
		{"a refused attempt does not count", []step{
			{"a", "", 0, 0}, {"a", "", 0, 0}, {"a", "", 0, 0}, {"a", "", 0, time.Minute}, {"a", "", 0, time.Minute}, {"a", "", time.Minute, 0},
		}},
		{"one login id does not stand for another", []step{
			{"a", "", 0, 0}, {"a", "", 0, 0}, {"a", "", 0, 0}, {"b", "", 0, 0},
		}},
		{"an address counts for all login ids, and whatever the port", []step{
			{"a", "192.0.2.1:1", 0, 0}, {"b", "192.0.2.1:2", 0, 0}, {"c", "192.0.2.1", 0, 0}, {"d", "::ffff:192.0.2.1", 0, 0},
			{"e", "[::ffff:192.0.2.1]:9", 0, 0}, {"f", "192.0.2.1", 0, 10 * time.Second}, {"f", "192.0.2.2", 0, 0},
		}},
		{"an IPv6 network of 64 bits counts as one address", []step{
			{"a", "2001:db8::1", 0, 0}, {"b", "[2001:db8::2]:80", 0, 0}, {"c", "2001:db8:0:0:ffff::", 0, 0}, {"d", "2001:db8::4", 0, 0},
			{"e", "2001:db8::5", 0, 0}, {"f", "2001:db8::6", 0, 10 * time.Second}, {"f", "2001:db8:0:1::6", 0, 0},
		}},
		{"what is no address counts as it is", []step{
			{"a", "@", 0, 0}, {"b", "@", 0, 0}, {"c", "@", 0, 0}, {"d", "@", 0, 0}, {"e", "@", 0, 0}, {"f", "@", 0, 10 * time.Second},
		}},
		{"the longer of two waits counts", []step{
			{"a", "192.0.2.1", 0, 0}, {"a", "192.0.2.1", 0, 0}, {"a", "192.0.2.1", 0, 0}, {"b", "192.0.2.1", 0, 0},
			{"b", "192.0.2.1", 0, 0}, {"a", "192.0.2.1", 0, time.Minute}, {"b", "192.0.2.1", 0, 10 * time.Second},
		}},
		{"a clock that goes back frees nobody", []step{
			{"a", "", time.Hour, 0}, {"a", "", time.Hour, 0}, {"a", "", time.Hour, 0}, {"a", "", 0, time.Minute}, {"a", "", time.Hour, time.Minute},
		}},
		{"time beyond emptiness is not saved up", []step{
			{"a", "", 0, 0}, {"a", "", 24 * time.Hour, 0}, {"a", "", 24 * time.Hour, 0}, {"a", "", 24 * time.Hour, 0}, {"a", "", 24 * time.Hour, time.Minute},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := testLimits(100)
			for n, s := range tt.steps {
				if got := fails(a, s.login, s.from, start.Add(s.after)); got != s.want {
					t.Errorf("attempt %d: wait %s, want %s", n+1, got, s.want)
				}
			}
		})
	}
}

func TestSuccessForgetsTheLoginAndNotTheAddress(t *testing.T) {
	a := testLimits(100)
	for range 2 {
		fails(a, "a", "192.0.2.1", start)
	}
	try, err := a.begin("a", "192.0.2.1", start)
	if err != nil {
		t.Fatal(err)
	}
	try.succeed()
	for n := range 3 {
		if got := fails(a, "a", "192.0.2.1", start); got != 0 {
			t.Errorf("failure %d after success has to wait %s", n+1, got)
		}
	}
	if got := fails(a, "b", "192.0.2.1", start); got != 10*time.Second {
		t.Errorf("the address has to wait %s after 5 failures, want 10s", got)
	}
}

func TestAWithdrawnAttemptDoesNotCount(t *testing.T) {
	a := testLimits(100)
	for n := range 20 {
		try, err := a.begin("a", "192.0.2.1", start)
		if err != nil {
			t.Fatalf("attempt %d: %v", n+1, err)
		}
		try.withdraw()
	}
}

func TestLimitsRememberABoundedNumber(t *testing.T) {
	const size = 50
	a := testLimits(size)
	for range 3 {
		fails(a, "kept", "", start)
	}
	for n := range 10 * size {
		name := fmt.Sprint(n)
		fails(a, name, name, start)
		if got := fails(a, "kept", "", start); got == 0 {
			t.Fatalf("forgotten in use, after %d others", n+1)
		}
	}
	for what, b := range map[string]*buckets{"login ids": a.logins, "addresses": a.addresses} {
		if len(b.by) != size || b.used.Len() != size {
			t.Errorf("%d and %d %s are remembered, want %d", len(b.by), b.used.Len(), what, size)
		}
	}
	for range 3 {
		fails(a, "quiet", "", start)
	}
	for n := range size {
		fails(a, fmt.Sprint(n), "", start)
	}
	if got := fails(a, "quiet", "", start); got != 0 {
		t.Errorf("the quiet one has to wait %s, want it forgotten", got)
	}
}
