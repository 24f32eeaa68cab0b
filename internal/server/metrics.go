package server

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"path"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// metrics counts what a server does, for Prometheus. Labels take few values:
// no subject, tenant or path is one. docs/operations.md lists them.
type metrics struct {
	registry  *prometheus.Registry
	decisions *prometheus.CounterVec
	deciding  prometheus.Histogram
	writes    *prometheus.CounterVec
	writing   prometheus.Histogram
	logins    *prometheus.CounterVec
	requests  *prometheus.CounterVec
	answering *prometheus.HistogramVec
	inFlight  prometheus.Gauge

	counters known[decision, prometheus.Counter]
	answers  known[answer, answerMetrics]
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rolecall_decisions_total", Help: "Decisions, by door, whether they allow, and why.",
		}, []string{"door", "allowed", "reason"}),
		deciding: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rolecall_decision_duration_seconds", Help: "How long it took to decide what one request asked, HTTP aside.",
			Buckets: prometheus.ExponentialBuckets(250e-9, 4, 10),
		}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rolecall_writes_total", Help: "Writes, by door and how they ended: committed, unchanged, dry_run, refused or failed.",
		}, []string{"door", "result"}),
		writing: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rolecall_write_duration_seconds", Help: "How long writes took until they were durable.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16),
		}),
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rolecall_logins_total", Help: "Attempts to sign in with a password: ok, refused, limited, expired, blocked, sso (has to sign in elsewhere) or failed.",
		}, []string{"result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rolecall_http_requests_total", Help: "HTTP requests, by door, method and status.",
		}, []string{"door", "method", "code"}),
		answering: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rolecall_http_request_duration_seconds", Help: "How long HTTP requests took, feeds aside.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"door"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "rolecall_http_requests_in_flight", Help: "HTTP requests in progress.",
		}),
	}
	m.registry.MustRegister(m.decisions, m.deciding, m.writes, m.writing, m.logins, m.requests, m.answering, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []string{"ok", "refused", "limited", "expired", "blocked", "sso", "failed"} {
		m.logins.WithLabelValues(result) // so that a rate has a beginning
	}
	return m
}

// Decided implements [rolecall.Observer].
func (m *metrics) Decided(by rolecall.Actor, _ []rolecall.Request, decisions []rolecall.Decision, took time.Duration) {
	var of [4]tally // a list has few outcomes, and then each is counted once
	kinds := 0
next:
	for _, d := range decisions {
		for i := range of[:kinds] {
			if of[i].allowed == d.Allowed && of[i].reason == d.Reason {
				of[i].times++
				continue next
			}
		}
		if kinds == len(of) {
			m.counted(decision{by.Door, d.Allowed, d.Reason}).Inc()
			continue
		}
		of[kinds] = tally{decision{by.Door, d.Allowed, d.Reason}, 1}
		kinds++
	}
	for _, t := range of[:kinds] {
		m.counted(t.decision).Add(float64(t.times))
	}
	m.deciding.Observe(took.Seconds())
}

// A decision is what its counter goes by.
type decision struct {
	door    string
	allowed bool
	reason  rolecall.Reason
}

// A tally is how often a decision came.
type tally struct {
	decision
	times int
}

// counted returns a decision's counter.
func (m *metrics) counted(d decision) prometheus.Counter {
	return m.counters.get(d, func() prometheus.Counter {
		return m.decisions.WithLabelValues(d.door, strconv.FormatBool(d.allowed), string(d.reason))
	})
}

// known keeps metrics by what tells them apart. Looking one up by its labels
// costs more than deciding, so those that were are kept: there are few.
type known[K comparable, M any] struct{ all atomic.Pointer[map[K]M] }

// get returns the metric of k, which look finds.
func (n *known[K, M]) get(k K, look func() M) M {
	all := n.all.Load()
	if all != nil {
		if m, ok := (*all)[k]; ok {
			return m
		}
	}
	m, more := look(), map[K]M{}
	if all != nil {
		more = maps.Clone(*all)
	}
	more[k] = m
	n.all.CompareAndSwap(all, &more) // if another came first, the next time keeps it
	return m
}

// Wrote implements [rolecall.Observer].
func (m *metrics) Wrote(by rolecall.Actor, receipt rolecall.Receipt, err error, took time.Duration) {
	result := "committed"
	switch {
	case err != nil && refused(err):
		result = "refused"
	case err != nil:
		result = "failed"
	case receipt.DryRun:
		result = "dry_run"
	case len(receipt.Changes) == 0 || receipt.Replayed:
		result = "unchanged"
	}
	m.writes.WithLabelValues(by.Door, result).Inc()
	m.writing.Observe(took.Seconds())
}

// refused reports whether an error is the caller's.
func refused(err error) bool {
	for _, kind := range []error{
		rolecall.ErrInvalid, rolecall.ErrNotFound, rolecall.ErrConflict, rolecall.ErrForbidden, rolecall.ErrEscalation,
		rolecall.ErrLockOut, rolecall.ErrSeparation, rolecall.ErrReferenced, rolecall.ErrReplay,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// signedIn counts an attempt to sign in.
func (m *metrics) signedIn(err error) {
	result := "failed"
	switch {
	case err == nil:
		result = "ok"
	case errors.Is(err, identity.ErrTooManyAttempts):
		result = "limited"
	case errors.Is(err, identity.ErrPasswordExpired):
		result = "expired"
	case errors.Is(err, identity.ErrBlocked):
		result = "blocked"
	case errors.Is(err, identity.ErrSSORequired):
		result = "sso"
	case errors.Is(err, identity.ErrBadCredentials):
		result = "refused"
	}
	m.logins.WithLabelValues(result).Inc()
}

// watch adds what is read off the server when it is asked for.
func (m *metrics) watch(s *Server) {
	gauge := func(name, help string, labels prometheus.Labels, read func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
	}
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	gauge("rolecall_build_info", "1, with the version in its labels.", prometheus.Labels{"version": version, "go": runtime.Version()}, func() float64 { return 1 })
	gauge("rolecall_revision", "The revision that decisions are made at.", nil, func() float64 { return float64(s.Rolecall.Revision()) })
	gauge("rolecall_snapshot_age_seconds", "How long ago the snapshot was known to be the store's newest.", nil, func() float64 { return s.Rolecall.Age().Seconds() })
	gauge("rolecall_feeds", "Replicas that follow this node.", nil, func() float64 { return float64(s.native.Feeds()) })
	counter := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
	}
	counter("rolecall_webhook_deliveries_total", "Events that webhooks took from this node.", func() float64 { n, _, _ := s.Webhooks.Counts(); return float64(n) })
	counter("rolecall_webhook_failures_total", "Events that webhooks did not take, each try.", func() float64 { _, n, _ := s.Webhooks.Counts(); return float64(n) })
	gauge("rolecall_webhook_lag", "How many revisions the slowest webhook of this node is behind.", nil, func() float64 { _, _, n := s.Webhooks.Counts(); return float64(n) })
	m.registry.MustRegister(&storeCollector{s})
}

// A storeCollector asks the store, once for each scrape.
type storeCollector struct{ s *Server }

var (
	storeUp   = prometheus.NewDesc("rolecall_store_up", "1 if the store answers.", nil, nil)
	storeTook = prometheus.NewDesc("rolecall_store_answer_seconds", "How long the store took to answer where the journal ends.", nil, nil)
	storeLag  = prometheus.NewDesc("rolecall_revision_lag", "How many revisions the store is ahead of what decisions are made at.", nil, nil)
	storeOpen = prometheus.NewDesc("rolecall_store_connections", "Connections to the store.", []string{"pool", "state"}, nil)
	storeWait = prometheus.NewDesc("rolecall_store_wait_seconds_total", "Time spent waiting for a connection to the store.", []string{"pool"}, nil)
)

func (c *storeCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{storeUp, storeTook, storeLag, storeOpen, storeWait} {
		to <- d
	}
}

func (c *storeCollector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	value := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	began := time.Now()
	head, err := c.s.store.Head(ctx)
	value(storeTook, prometheus.GaugeValue, time.Since(began).Seconds())
	if err != nil {
		value(storeUp, prometheus.GaugeValue, 0)
	} else {
		value(storeUp, prometheus.GaugeValue, 1)
		value(storeLag, prometheus.GaugeValue, float64(max(0, head.Revision-c.s.Rolecall.Revision())))
	}
	write, read := c.s.store.Stats()
	value(storeOpen, prometheus.GaugeValue, float64(write.InUse), "write", "in_use")
	value(storeOpen, prometheus.GaugeValue, float64(write.Idle), "write", "idle")
	value(storeOpen, prometheus.GaugeValue, float64(read.InUse), "read", "in_use")
	value(storeOpen, prometheus.GaugeValue, float64(read.Idle), "read", "idle")
	value(storeWait, prometheus.CounterValue, write.WaitDuration.Seconds(), "write")
	value(storeWait, prometheus.CounterValue, read.WaitDuration.Seconds(), "read")
}

// handler serves the metrics.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// doorOf names a door, for labels: its package, or "server" for the server's own.
func doorOf(h http.Handler) string {
	t := reflect.TypeOf(h)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name := path.Base(t.PkgPath()); name != "http" && t.PkgPath() != "" {
		return name
	}
	return "server"
}

// through notes which door a request goes through.
func through(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen := recorderOf(w); seen != nil {
			seen.door = name
		}
		h.ServeHTTP(w, r)
	})
}

func recorderOf(w http.ResponseWriter) *recorder {
	for {
		if seen, ok := w.(*recorder); ok {
			return seen
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = inner.Unwrap()
	}
}

// An answer is what the metrics of a request go by.
type answer struct {
	door, method string
	status       int
}

type answerMetrics struct {
	count prometheus.Counter
	took  prometheus.Observer
}

// answered counts a request that is over.
func (m *metrics) answered(r *http.Request, seen *recorder, took time.Duration) {
	a := answer{cmp.Or(seen.door, "server"), r.Method, seen.status()}
	switch a.method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
	default:
		a.method = "other" // a caller can make them up
	}
	of := m.answers.get(a, func() answerMetrics {
		return answerMetrics{m.requests.WithLabelValues(a.door, a.method, strconv.Itoa(a.status)), m.answering.WithLabelValues(a.door)}
	})
	of.count.Inc()
	if kind := seen.Header()["Content-Type"]; len(kind) != 1 || !strings.HasPrefix(kind[0], "text/event-stream") {
		of.took.Observe(took.Seconds())
	}
}
