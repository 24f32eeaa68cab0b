package api

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
)

// MaxBody is the most bytes of a request's body, unless a route takes more.
const MaxBody = 1 << 20

// ReadBody reads a body of JSON, of one of the media types or else of
// application/json, and of at most limit bytes.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64, mediaTypes ...string) (string, error) {
	if err := checkMediaType(r.Header.Get("Content-Type"), mediaTypes); err != nil {
		return "", err
	}
	return ReadText(w, r, limit)
}

// ReadText reads a body of any media type, and of at most limit bytes.
func ReadText(w http.ResponseWriter, r *http.Request, limit int64) (string, error) {
	from, whole := io.Reader(r.Body), r.ContentLength
	switch {
	case whole > limit:
		return "", ErrTooLarge
	case whole < 0:
		from = http.MaxBytesReader(w, r.Body, limit)
	}
	chunk := chunks.Get().(*[chunkBytes]byte)
	defer chunks.Put(chunk)
	if 0 <= whole && whole <= chunkBytes { // most are
		if _, err := io.ReadFull(from, chunk[:whole]); err != nil {
			return "", incomplete(err)
		}
		return string(chunk[:whole]), nil
	}
	var text strings.Builder
	text.Grow(int(min(max(whole, 0), chunkBytes))) // no more than was sent so far
	_, err := io.CopyBuffer(&text, from, chunk[:])
	if err == nil && int64(text.Len()) < whole {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", incomplete(err)
	}
	return text.String(), nil
}

// incomplete says why a body was not read.
func incomplete(err error) error {
	if errors.As(err, new(*http.MaxBytesError)) {
		return ErrTooLarge
	}
	return Fault(body, "must arrive whole")
}

// chunks are what bodies are read by.
var chunks = sync.Pool{New: func() any { return new([chunkBytes]byte) }}

const chunkBytes = 32 << 10

func checkMediaType(given string, wanted []string) error {
	if given == "application/json" {
		return nil
	}
	given, parameters, err := mime.ParseMediaType(given)
	if charset, ok := parameters["charset"]; err != nil || ok && !strings.EqualFold(charset, "utf-8") {
		return ErrMediaType
	}
	for _, w := range append(wanted, "application/json") {
		if given == w {
			return nil
		}
	}
	return ErrMediaType
}

// ReadQuery returns a URL's query, which must be of well-formed UTF-8.
func ReadQuery(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, Fault("query", "must be percent-encoded pairs joined by &")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) { // the same fault for the same query
		for _, text := range append(values[name], name) {
			if !utf8.ValidString(text) {
				return nil, Fault(shown(strings.ToValidUTF8(name, "\uFFFD")), "must be valid UTF-8")
			}
		}
	}
	return values, nil
}

// Address returns the caller's IP address.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// waitAtMost is how long a read waits for the revision that it asks for.
const waitAtMost = 2 * time.Second

// WaitFor returns when decisions are made at revision at or later, or with
// ErrStale after two seconds.
func WaitFor(ctx context.Context, rc *rolecall.Service, at rolecall.Revision) error {
	if rc.Revision() >= at {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	return rc.WaitFor(ctx, at)
}

// IdempotencyKey returns the Idempotency-Key of a request and the fingerprint
// of what it asks, or nothing if it has none.
func IdempotencyKey(r *http.Request, body string) (key string, fingerprint rolecall.Hash, err error) {
	given := r.Header[headerKey]
	if len(given) == 0 {
		return "", rolecall.Hash{}, nil
	}
	if len(given) > 1 || !printable(given[0]) {
		return "", rolecall.Hash{}, Fault("Idempotency-Key", "must be 1 to 128 visible ASCII characters")
	}
	return given[0], digest(r.Method, r.URL.EscapedPath(), r.URL.RawQuery, body), nil
}

// digest hashes parts, each preceded by its length, so that no two lists share one.
func digest(parts ...string) rolecall.Hash {
	h := sha256.New()
	for _, part := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		io.WriteString(h, part)
	}
	return rolecall.Hash(h.Sum(nil))
}
