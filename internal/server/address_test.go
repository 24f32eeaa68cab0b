package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestOnlyATrustedProxySaysWhereARequestComesFrom(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy, who sends the header", "192.0.2.7:1", []string{"198.51.100.1"}, "192.0.2.7:1"},
		{"a proxy", "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"a proxy by IPv6", "[fd00::1]:1", []string{"2001:db8::7"}, "[2001:db8::7]:0"},
		{"a proxy, IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"a proxy behind another", "10.0.0.1:1", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1:0"},
		{"one that adds a header of its own", "10.0.0.1:1", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1:0"},
		{"what the client had sent before", "10.0.0.1:1", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1:0"},
		{"what the client had sent as from a proxy", "10.0.0.1:1", []string{"203.0.113.9, 10.9.9.9, 198.51.100.1"}, "198.51.100.1:0"},
		{"with a port", "10.0.0.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1:4711"},
		{"in brackets", "10.0.0.1:1", []string{"[2001:db8::7]"}, "[2001:db8::7]:0"},
		{"no header", "10.0.0.1:1", nil, "10.0.0.1:1"},
		{"what is no address", "10.0.0.1:1", []string{"unknown"}, "10.0.0.1:1"},
		{"no address behind a proxy", "10.0.0.1:1", []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2:0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := origin(trusted, tt.peer, tt.forwarded); got != tt.want {
				t.Errorf("origin = %s, want %s", got, tt.want)
			}
		})
	}
}

// Behind a proxy, who guesses passwords keeps nobody else waiting.
func TestThoseBehindAProxyAreCountedApart(t *testing.T) {
	s := start(t, Config{TrustedProxies: "192.0.2.0/24"}) // where httptest's requests are from
	signIn := func(login, from string) int {
		r := httptest.NewRequest("POST", "/api/v1/token", strings.NewReader(`{"login":"`+login+`","password":"x"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-For", from)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w.Code
	}
	guessed := http.StatusUnauthorized
	for n := 0; guessed == http.StatusUnauthorized && n < 100; n++ {
		guessed = signIn("user"+string(rune('a'+n%26))+string(rune('a'+n/26)), "198.51.100.1")
	}
	if guessed != http.StatusTooManyRequests {
		t.Fatalf("guessing ended in %d, want 429", guessed)
	}
	if got := signIn("another", "198.51.100.2"); got != http.StatusUnauthorized {
		t.Errorf("somebody else = %d, want 401", got)
	}
}
