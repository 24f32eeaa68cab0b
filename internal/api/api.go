// Package api is what the HTTP doors share: request ids, who is asking, bodies
// and query parameters read strictly, cursors, and the one table from kinds of
// error to statuses.
//
// It knows no route and no shape of a request. It leaves those to the doors,
// and what may be done to the core.
package api

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/rolecall/rolecall"
)

// Header names, in the canonical form of net/http.
const (
	headerRequestID = "X-Request-Id"
	headerRevision  = "Rolecall-Revision"
	headerKey       = "Idempotency-Key"
)

// maxHeaderText is the most bytes of a request id or an idempotency key.
const maxHeaderText = 128

// WithRequestID returns the id of a request, which the answer carries as
// X-Request-ID: the caller's, if it is printable ASCII of at most 128 bytes,
// or else a new one. Asked again, it returns the same.
func WithRequestID(w http.ResponseWriter, r *http.Request) string {
	header := w.Header()
	if set := header[headerRequestID]; len(set) == 1 {
		return set[0]
	}
	ids := r.Header[headerRequestID]
	if len(ids) != 1 || !printable(ids[0]) {
		ids = []string{newRequestID()}
	}
	header[headerRequestID] = ids
	return ids[0]
}

// newRequestID returns "req_" and 16 random letters and digits. An id of a
// request is unique and no secret, so that the runtime's own generator will do,
// ChaCha8 seeded by the system: crypto/rand costs more than a decision.
func newRequestID() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	text := [20]byte{'r', 'e', 'q', '_'}
	for half := 4; half < len(text); half += 8 {
		for n, i := rand.Uint64(), half; i < half+8; i++ {
			text[i] = alphabet[n%uint64(len(alphabet))]
			n /= uint64(len(alphabet))
		}
	}
	return string(text[:])
}

// RequestIDs gives every answer of next an X-Request-ID.
func RequestIDs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WithRequestID(w, r)
		next.ServeHTTP(w, r)
	})
}

// printable reports whether text is 1 to 128 bytes of visible ASCII.
func printable(text string) bool {
	return text != "" && len(text) <= maxHeaderText &&
		strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// SetRevision says in an answer that it was made at revision at or later.
func SetRevision(w http.ResponseWriter, at rolecall.Revision) {
	last := lastRevision.Load()
	if last == nil || last.at != at {
		last = &revisionText{at, []string{strconv.FormatInt(int64(at), 10)}}
		lastRevision.Store(last)
	}
	w.Header()[headerRevision] = last.text
}

// lastRevision is what was last said, and most often is said again.
var lastRevision atomic.Pointer[revisionText]

type revisionText struct {
	at   rolecall.Revision
	text []string // shared by answers, and not changed
}

// WriteJSON answers with v. An error means that v has no JSON form, and nothing
// is written.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(status)
	w.Write(text.Bytes()) // a caller who is gone misses nothing
	return nil
}
