package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall/internal/api"
)

// maxBody bounds every request body, in bytes. Doors have narrower limits of their own.
const maxBody = 16 << 20

// wrap puts around h what every request passes through, outermost first.
func (s *Server) wrap(h http.Handler) http.Handler {
	return api.RequestIDs(s.accessLog(traced(s.recovered(s.headers(s.fresh(limited(h)))))))
}

// accessLog writes a line for each answer. Queries, headers and bodies stay out
// of it: they hold secrets.
func (s *Server) accessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := &recorder{ResponseWriter: w}
		s.metrics.inFlight.Inc()
		defer func() {
			took := time.Since(start)
			s.metrics.inFlight.Dec()
			s.metrics.answered(r, seen, took)
			if !s.access.Enabled(r.Context(), slog.LevelInfo) {
				return
			}
			s.access.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", seen.status()),
				slog.Int64("bytes", seen.bytes),
				slog.Duration("took", took.Round(time.Microsecond)),
				slog.String("remote", r.RemoteAddr),
				slog.String("request_id", api.WithRequestID(w, r)))
		}()
		next.ServeHTTP(seen, r)
	})
}

// recovered turns a panic into a 500, so that one bad request ends nothing else.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				if seen, ok := w.(*recorder); ok && seen.code != 0 {
					s.log.Error("an answer was cut off", "error", err, "request_id", api.WithRequestID(w, r))
					panic(http.ErrAbortHandler)
				}
				s.refuse(w, r, err)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// StaleHeader is set on answers that may not show what happened in the last
// seconds, to how many they are: the store does not answer.
const StaleHeader = "Rolecall-Stale"

// fresh marks answers that are made while the store does not answer, and gives
// none when that has lasted too long. It looks before the request is served, so
// that what counts as fresh was the newest a moment before the request came.
func (s *Server) fresh(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if age := s.Rolecall.Stale(); age > 0 && !operational[r.URL.Path] && !strings.HasPrefix(r.URL.Path, consolePath+"/static/") {
			w.Header().Set(StaleHeader, strconv.FormatInt(int64((age+time.Second-1)/time.Second), 10))
			if err := s.Rolecall.Usable(); err != nil {
				s.refuse(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// operational are the paths that are answered whatever the store does, as what pages
// look like is.
var operational = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true, "/.well-known/jwks.json": true}

// limited bounds the bodies that next reads. net/http reads no more of a body
// than its Content-Length.
//
// A connection ends with the answer to a request in chunks: it may have had a
// Content-Length too, which net/http leaves out, and whoever stands before this
// server may have gone by that and taken what follows for another's (RFC 9112
// section 6.3).
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 && r.ProtoMajor == 1 {
			w.Header()["Connection"] = closing
		}
		if r.ContentLength < 0 || r.ContentLength > maxBody {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// Values of headers, which all answers share. A door that sets or adds to one
// makes a list of its own.
var (
	closing    = []string{"close"}
	noStore    = []string{"no-store"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
	noReferrer = []string{"no-referrer"}
	noSniff    = []string{"nosniff"}
	deny       = []string{"DENY"}
	aYear      = []string{"max-age=31536000"}
)

// machines begin the paths whose answers no browser shows as a page: they are JSON,
// which by X-Content-Type-Options is nothing else, and what is worth seeing takes an
// Authorization header, which neither a link nor a frame sends.
var machines = [...]string{nativePath, "/access/v1/"}

// headers sets what is right for an API. A door that serves pages sets its own. The
// headers that concern pages alone would cost a decision as much as deciding does.
func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Cache-Control"] = noStore
		h["X-Content-Type-Options"] = noSniff
		if !strings.HasPrefix(r.URL.Path, machines[0]) && !strings.HasPrefix(r.URL.Path, machines[1]) {
			h["Content-Security-Policy"] = noContent
			h["Referrer-Policy"] = noReferrer
			h["X-Frame-Options"] = deny
		}
		if s.tls != nil && !s.config.Dev { // localhost is other programs', too
			h["Strict-Transport-Security"] = aYear
		}
		if s.stopping.Load() {
			h.Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// A recorder remembers the status and size of an answer.
type recorder struct {
	http.ResponseWriter
	code  int
	bytes int64
	door  string // that the request went through
}

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach what is underneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}
