// Package outbound makes requests to addresses that administrators name, and
// keeps them out of the network that the server is in: where a name leads is
// looked at when the connection is made, after every look-up, and no redirect is
// followed.
package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// A Way leads to public addresses, and to those of the networks in Allowed, to
// which it also goes by plain http.
type Way struct {
	Allowed []netip.Prefix
}

// ErrNotPublic means that an address is not one that a Way leads to.
var ErrNotPublic = errors.New("the address is not public, and the server is configured to allow no such")

// notPublic are networks that are not private by name, but no place of somebody else's.
var notPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fec0::/10")

func prefixes(all ...string) (parsed []netip.Prefix) {
	for _, p := range all {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}

// MayReach reports whether requests may go to an address.
func (y Way) MayReach(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if y.allows(ip) {
		return true
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

func (y Way) allows(ip netip.Addr) bool {
	for _, p := range y.Allowed {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// Client returns an HTTP client. A request takes at most timeout in all, and of
// an answer a megabyte is read.
func (y Way) Client(timeout time.Duration) *http.Client {
	dialer := net.Dialer{Timeout: timeout, ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return ErrNotPublic
		}
		ip := to.Addr().Unmap().WithZone("")
		if plain, _ := ctx.Value(plainKey{}).(bool); !y.MayReach(ip) || plain && !y.allows(ip) {
			return ErrNotPublic
		}
		return nil
	}}
	return &http.Client{
		Timeout: timeout,
		Transport: guarded{&http.Transport{ // no proxy: it would go where the dialer may not
			DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: timeout,
			ResponseHeaderTimeout: timeout, MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guarded tells the dialer which requests are not by TLS, and ends answers that
// are longer than anybody needs.
type guarded struct{ next http.RoundTripper }

type plainKey struct{}

// maxAnswer is the most bytes of an answer's body that are read.
const maxAnswer = 1 << 20

func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		r = r.WithContext(context.WithValue(r.Context(), plainKey{}, true))
	}
	answer, err := g.next.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	}
	return answer, err
}

// Plainly says why a request failed without its URL, which may hold a secret.
func Plainly(err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, ErrNotPublic):
		return ErrNotPublic
	case errors.As(err, &dns):
		return errors.New("the host's name has no address")
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return errors.New("it takes too long")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("it refuses connections")
	}
	if text := err.Error(); strings.Contains(text, "x509:") || strings.Contains(text, "tls:") {
		return errors.New("its certificate or TLS is not good")
	}
	return errors.New("the connection fails")
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
