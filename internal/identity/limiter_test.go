package identity_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rolecall/rolecall/internal/identity"
)

func TestALimiterCountsEachNetworkThatIsNobodyElses(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	l := identity.NewLimiter(identity.Limit{Burst: 2, Every: time.Minute}, 100)
	for _, test := range []struct {
		from string
		more int // than two
	}{
		{"203.0.113.9:5000", 0}, {"203.0.113.10:5000", 0}, {"[2001:db8::1]:443", 0}, // the limit of its own
		{"127.0.0.1:5000", 10}, {"10.1.2.3:1", 10}, {"[fd00::1]:1", 10}, {"", 10}, {"@", 10}, // a proxy's
	} {
		for n := range 2 + test.more {
			if err := l.Take(test.from, now); err != nil {
				t.Errorf("number %d of %q: %v", n+1, test.from, err)
			}
		}
	}
	for _, from := range []string{"203.0.113.9:6000", "[2001:db8::2]:443"} { // another port, and the same network
		var retry *identity.RetryError
		if err := l.Take(from, now); !errors.As(err, &retry) || retry.After != time.Minute || !retry.Address {
			t.Errorf("a third of %s: %v, want to wait a minute", from, err)
		}
		l.Give(from, now)
		if err := l.Take(from, now); err != nil {
			t.Errorf("a third of %s when one was given back: %v", from, err)
		}
		if err := l.Take(from, now.Add(time.Minute)); err != nil {
			t.Errorf("one more of %s, a minute later: %v", from, err)
		}
	}
}
