package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// A way leads to endpoints, and to nothing else: the address is looked at when
// the connection is made, after every look-up of a name, so that no name and no
// redirect leads into the network that the server is in.
type way struct {
	allowed []netip.Prefix
}

// SignatureHeader holds the time of a request, in Unix seconds, and the
// HMAC-SHA256 of that, a dot, and the body, with the webhook's secret:
// t=1767225600,v1=5257a869…
const SignatureHeader = "Rolecall-Signature"

// sign returns the header of a body that is sent at a time.
func sign(secret []byte, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%x", at.Unix(), mac.Sum(nil))
}

// notPublic are networks that are not private by name, but no place of somebody else's.
var notPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fec0::/10")

func prefixes(all ...string) (parsed []netip.Prefix) {
	for _, p := range all {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}

// mayReach reports whether requests may go to an address.
func (y way) mayReach(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if y.isAllowed(ip) {
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

func (y way) isAllowed(ip netip.Addr) bool {
	for _, p := range y.allowed {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

var errNotPublic = errors.New("the address is not public, and the server is configured to allow no such")

type plainKey struct{}

// client returns an HTTP client for one request.
func (y way) client(timeout time.Duration) *http.Client {
	dialer := net.Dialer{Timeout: timeout, ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return errNotPublic
		}
		ip := to.Addr().Unmap().WithZone("")
		if plain, _ := ctx.Value(plainKey{}).(bool); !y.mayReach(ip) || plain && !y.isAllowed(ip) {
			return errNotPublic
		}
		return nil
	}}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{ // no proxy: it would go where the dialer may not
			DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: timeout,
			ResponseHeaderTimeout: timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends a body, and returns the status of the answer. One that is not 2xx is
// an error. Errors name neither the URL nor what was answered.
func (y way) post(ctx context.Context, to string, secret, body []byte, timeout time.Duration) (status int, err error) {
	ctx = context.WithValue(ctx, plainKey{}, strings.HasPrefix(to, "http:"))
	r, err := http.NewRequestWithContext(ctx, "POST", to, strings.NewReader(string(body)))
	if err != nil {
		return 0, errors.New("the URL is none")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Rolecall-Webhook/1")
	r.Header.Set(SignatureHeader, sign(secret, time.Now(), body))
	answer, err := y.client(timeout).Do(r)
	if err != nil {
		return 0, plainly(err)
	}
	defer answer.Body.Close()
	io.CopyN(io.Discard, answer.Body, 64<<10) // so that the other side can finish
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answer.StatusCode, fmt.Errorf("it answers %d", answer.StatusCode)
	}
	return answer.StatusCode, nil
}

// plainly says why a request failed without its URL, which may hold a secret.
func plainly(err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errNotPublic):
		return errNotPublic
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
