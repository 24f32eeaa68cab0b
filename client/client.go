// Package client asks and administers a Rolecall server over HTTP, with the
// words of the package rolecall.
//
//	rc, err := client.Dial(ctx, "https://auth.example.com", key)
//	decision, err := rc.Check(ctx, rolecall.Request{Subject: "alice", Permission: "post.publish"})
//
// A [Client] is a [rolecall.Checker], so that the package pep guards with it as
// it does with a Service in the same process. The server decides what the
// holder of the access key may ask and change. Errors are of the core's kinds:
// errors.Is(err, rolecall.ErrConflict) holds on both sides of the wire.
//
// Requests that can be repeated without harm are, when the server can't be
// reached or has no answer: all that read, and all that write, since each write
// carries an idempotency key. A Client that has written reads at that revision
// or a later one, whichever node of the server answers.
package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rolecall/rolecall"
)

// A Client is a server in use. It is safe for concurrent use.
type Client struct {
	base      string // of all paths: "https://auth.example.com/api/v1"
	http      *http.Client
	authorize func(*http.Request) // a function, so that no printing of a Client shows its key
	accessKey func() string
	written   *atomic.Int64 // the highest revision that reads must have

	timeout  time.Duration
	attempts int

	terms Terms
	asOf  rolecall.Revision
}

var _ rolecall.Checker = (*Client)(nil)

// Dial returns a Client of the server at address, after one request that proves
// that the access key is good. Close is not needed.
//
// The key is sent over https only, or to this machine; see [PlainHTTP].
func Dial(ctx context.Context, address, accessKey string, options ...Option) (*Client, error) {
	c, err := newSettings(options).dial(address, accessKey)
	if err != nil {
		return nil, err
	}
	if _, err := c.Me(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	return c, nil
}

func newSettings(options []Option) *settings {
	s := &settings{
		timeout: 10 * time.Second, attempts: 3,
		maxStale: DefaultMaxStale, log: slog.New(slog.DiscardHandler),
	}
	for _, o := range options {
		o(s)
	}
	return s
}

// dial returns a Client that has made no request yet.
func (s *settings) dial(address, accessKey string) (*Client, error) {
	if s.err != nil {
		return nil, s.err
	}
	base, err := s.base(address)
	if err != nil {
		return nil, err
	}
	if accessKey == "" || strings.ContainsFunc(accessKey, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil, errors.New("the access key must be visible ASCII characters")
	}
	return &Client{
		base:      base,
		http:      s.client(),
		authorize: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+accessKey) },
		accessKey: func() string { return accessKey },
		written:   new(atomic.Int64),
		timeout:   s.timeout,
		attempts:  s.attempts,
	}, nil
}

// String names the server, and not the key.
func (c *Client) String() string   { return "Rolecall at " + strings.TrimSuffix(c.base, prefix) }
func (c *Client) GoString() string { return c.String() }

// prefix begins the paths of the API.
const prefix = "/api/v1"

// With returns a Client that makes its writes on terms.
func (c *Client) With(terms Terms) *Client {
	changed := *c
	changed.terms = terms
	return &changed
}

// AsOf returns a Client whose questions, but for CheckAll, are answered from the
// policy of a past revision. It takes rolecall:audit.read.
func (c *Client) AsOf(r rolecall.Revision) *Client {
	changed := *c
	changed.asOf = r
	return &changed
}

// AtLeast makes c, and all Clients made from it, read at revision r or a later
// one: after a write that another process made, and told of.
func (c *Client) AtLeast(r rolecall.Revision) {
	for known := c.written.Load(); int64(r) > known; known = c.written.Load() {
		if c.written.CompareAndSwap(known, int64(r)) {
			return
		}
	}
}

// An Option changes how a Client works.
type Option func(*settings)

type settings struct {
	http      *http.Client
	roots     *x509.CertPool
	plainHTTP bool
	timeout   time.Duration
	attempts  int
	err       error

	// Of a Replica.
	maxStale   time.Duration
	serveStale bool
	part       rolecall.Part
	log        *slog.Logger
}

// HTTP makes the Client send its requests by h. Redirects are not followed,
// whatever h says: they would carry the key elsewhere.
func HTTP(h *http.Client) Option { return func(s *settings) { s.http = h } }

// CA makes the Client trust the certificate authorities in pem, and no others.
// It has no effect beside HTTP.
func CA(pem []byte) Option {
	return func(s *settings) {
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(pem) {
			s.err = errors.New("there is no certificate in the given PEM")
		}
	}
}

// PlainHTTP lets the Client send its key unencrypted to another machine, where
// something else protects the way.
func PlainHTTP() Option { return func(s *settings) { s.plainHTTP = true } }

// Timeout is how long each attempt at a request may take. The default is 10 seconds.
func Timeout(d time.Duration) Option { return func(s *settings) { s.timeout = d } }

// Attempts is how often a request is sent in all, while the server can't be
// reached or has no answer. The default is 3.
func Attempts(n int) Option { return func(s *settings) { s.attempts = max(n, 1) } }

// base returns the URL that all paths follow.
func (s *settings) base(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("the server's address must be like https://auth.example.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the server's address must be scheme, host and path alone")
	case u.Scheme == "http" && !s.plainHTTP && !loopback(u.Hostname()):
		return "", fmt.Errorf("the access key is not sent over plain http to %s: use https", u.Host)
	}
	return strings.TrimSuffix(u.String(), "/") + prefix, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *settings) client() *http.Client {
	h := new(http.Client)
	if s.http != nil {
		*h = *s.http
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 64 // the default of 2 would open a connection for nearly every check
		transport.TLSClientConfig = &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}
		h.Transport = transport
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return h
}

// Terms say how a write is made.
type Terms struct {
	Reason string // why, in the journal with each change

	// DryRun asks what the write would do: who would gain and lose what. Every
	// check is made, and nothing is changed.
	DryRun bool

	// IdempotencyKey makes a write that is sent again within a day, by whatever
	// process, answer as it did the first time. Without one, each write gets its
	// own, for the attempts of the same call.
	IdempotencyKey string
}

// key returns the idempotency key of one write.
func (t Terms) key() string { return cmp.Or(t.IdempotencyKey, rolecall.RandomText(22)) }
