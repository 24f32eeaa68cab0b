// Package server runs Rolecall as a process: configuration, the doors and where
// they are mounted, what every request passes through, health, and a stop that
// loses no request. It decides nothing; the doors and the core do.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rolecall/rolecall/console"
	"github.com/rolecall/rolecall/internal/api/native"
	"github.com/rolecall/rolecall/internal/mail"
)

// A Server is a project behind a listener. New makes one that listens, Run
// serves, and either Run's return or Close ends it.
type Server struct {
	*Project
	Dev *DevInfo // with Config.Dev: what a test harness needs to know

	config    Config
	log       *slog.Logger
	access    *slog.Logger
	listener  *net.TCPListener
	tls       *tls.Config
	authority *authority    // of Config.TLS
	mailbox   *mail.Mailbox // of Config.Dev
	outbox    *mail.Outbox  // of Config.SMTPURL
	url       string
	handler   http.Handler
	native    *native.Handler
	metrics   *metrics
	decisions *decisionLog     // of Config.DecisionLog
	denials   *console.Denials // the last, for the console
	apart     *apart           // of Config.MetricsAddr
	stopping  atomic.Bool      // /readyz fails from here on
	open      connections
}

// New listens, then opens the data folder, so that a port in use touches no data.
func New(ctx context.Context, config Config) (*Server, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	s := &Server{config: config, log: config.Log, open: connections{all: map[*connection]bool{}}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.access = config.Access; s.access == nil {
		s.access = s.log
	}
	s.metrics = newMetrics()
	if err := s.listen(); err != nil {
		return nil, err
	}
	if err := s.openProject(ctx); err != nil {
		s.listener.Close()
		if s.decisions != nil {
			s.decisions.Close()
		}
		return nil, err
	}
	doors, err := s.mux()
	if err != nil {
		s.Close()
		return nil, err
	}
	proxies, err := networks("trusted-proxies", s.config.TrustedProxies)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.handler = addressed(proxies, s.wrap(doors))
	s.metrics.watch(s)
	if s.apart, err = s.listenApart(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) openProject(ctx context.Context) (err error) {
	options, err := s.config.ProjectOptions()
	if err != nil {
		return err
	}
	options.Create, options.Issuer, options.Log = true, s.url, s.log
	if options.Observer, err = s.observer(); err != nil {
		return err
	}
	options.SignIns = s.metrics.signedIn
	if options.Mail, err = s.mailer(); err != nil {
		return err
	}
	if s.config.TLS {
		if s.authority, err = newAuthority(s.config.Data, time.Now); err != nil {
			return err
		}
		s.tls = &tls.Config{GetCertificate: s.authority.certificate, MinVersion: tls.VersionTLS12}
	}
	if s.Project, err = Open(ctx, s.config.Data, options); err != nil {
		return err
	}
	if err := s.Tokens.Ready(ctx); err != nil {
		s.Project.Close()
		return fmt.Errorf("%w: name its file with --secret-file; if it is lost, 'rolecall signing-key rotate' makes another key", err)
	}
	if s.config.Dev {
		if s.Dev, err = s.develop(ctx); err != nil {
			s.Project.Close()
		}
	}
	return err
}

func (s *Server) listen() error {
	if s.config.TLSCert != "" {
		c, err := newCertificate(s.config.TLSCert, s.config.TLSKey, s.log)
		if err != nil {
			return err
		}
		s.tls = &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}
	}
	var how net.ListenConfig
	how.SetMultipathTCP(false) // whose listeners can't ignore new connections
	listener, err := how.Listen(context.Background(), "tcp", s.config.Addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("port in use: another program listens on %s", s.config.Addr)
		}
		return fmt.Errorf("can't listen on %s: %w", s.config.Addr, err)
	}
	s.listener = listener.(*net.TCPListener)
	// The host as it was asked for, with the port that the listener really has.
	host, _, _ := net.SplitHostPort(s.config.Addr)
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	s.url = s.config.issuer(net.JoinHostPort(host, port))
	return nil
}

// URL returns where clients reach the server, with a trailing slash. It is the
// issuer of the server's tokens.
func (s *Server) URL() string { return s.url }

// Handler returns everything that the server serves.
func (s *Server) Handler() http.Handler { return s.handler }

// Run serves until ctx is done, then stops without losing a request, closes the
// project and returns nil. Requests that outlast the drain timeout are cut off,
// which is an error.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	stopTracing, err := startTracing(ctx)
	if err != nil {
		return fmt.Errorf("can't send traces: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopTracing(ctx)
	}()
	hs := &http.Server{
		Handler:           s.handler,
		TLSConfig:         s.tls,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ConnState:         s.open.note,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	hooking, stopHooks := context.WithCancel(ctx)
	var hooks sync.WaitGroup
	hooks.Go(func() { s.Webhooks.Run(hooking) })
	defer func() { stopHooks(); hooks.Wait() }()
	if s.config.DevInfo != "" {
		if err := s.Dev.write(s.config.DevInfo); err != nil {
			return err
		}
	}
	g := &gate{TCPListener: s.listener, open: &s.open}
	watching, unwatch := context.WithCancel(context.Background()) // also while requests end
	defer unwatch()
	go s.open.watch(watching)
	served := make(chan error, 1)
	go func() {
		if s.tls != nil {
			served <- hs.ServeTLS(g, "", "")
		} else {
			served <- hs.Serve(g)
		}
	}()
	s.log.Info("listening", "url", s.url, "project", s.Project.Place())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	return s.drain(hs, g, served)
}

// Close ends a server that does not run.
func (s *Server) Close() error {
	s.listener.Close()
	if s.apart != nil {
		s.apart.Close()
	}
	err := s.Project.Close()
	if s.decisions != nil {
		err = errors.Join(err, s.decisions.Close())
	}
	if s.outbox != nil {
		err = errors.Join(err, s.outbox.Close())
	}
	return err
}
