package server

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/console"
	"github.com/rolecall/rolecall/internal/api"
)

// observer returns what watches decisions and writes.
func (s *Server) observer() (rolecall.Observer, error) {
	s.denials = new(console.Denials)
	if s.config.DecisionLog == "" {
		return observers{s.metrics, s.denials}, nil
	}
	var err error
	most := cmp.Or(s.config.DecisionLogSize, decisionLogSize) << 20
	if s.decisions, err = newDecisionLog(s.config.DecisionLog, s.config.DecisionLogSample, most, s.config.DecisionLogKeep, s.log); err != nil {
		return nil, err
	}
	s.metrics.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "rolecall_decision_log_dropped_total", Help: "Lines of the decision log that could not be written in time.",
	}, func() float64 { return float64(s.decisions.dropped.Load()) }))
	return observers{s.metrics, s.denials, s.decisions}, nil
}

// guardedMetrics serves /metrics where everybody comes in: it takes an access
// key with rolecall:settings.read.
func (s *Server) guardedMetrics(w http.ResponseWriter, r *http.Request) error {
	who := &api.Authenticator{Service: s.Rolecall, Identity: s.Identity, Keys: s.Tokens}
	by, err := who.Actor(w, r, "metrics")
	if err != nil {
		return err
	}
	if err := s.Rolecall.May(by, "rolecall:settings.read", rolecall.Scope{}); err != nil {
		return err
	}
	s.metrics.handler().ServeHTTP(w, r)
	return nil
}

// An apart is a listener for those who look after the server.
type apart struct {
	net.Listener
	server *http.Server
}

// listenApart serves the metrics on an address of their own, where who can
// connect may read them.
func (s *Server) listenApart() (*apart, error) {
	if s.config.MetricsAddr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", s.config.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s for metrics: %w", s.config.MetricsAddr, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.Handle("/healthz", s.get(s.healthz))
	mux.Handle("/readyz", s.get(s.readyz))
	a := &apart{l, &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute}}
	go a.server.Serve(l)
	s.log.Info("listening for metrics", "addr", l.Addr().String())
	return a, nil
}

func (a *apart) Close() error { return a.server.Close() }
