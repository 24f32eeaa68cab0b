package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/mail"
)

// A post is a mail server on loopback that keeps what it is given.
type post struct {
	addr  string
	roots *tls.Config // trusts it

	mu      sync.Mutex
	mails   []string
	to      []string
	user    string // who signed in, with which password
	refusal []error
}

// serve starts a mail server: with TLS from the start, by STARTTLS, or without.
func serve(t *testing.T, kind string) *post {
	t.Helper()
	certificate, roots := certificate(t)
	p := &post{roots: &tls.Config{RootCAs: roots}}
	s := smtp.NewServer(p)
	s.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.AllowInsecureAuth = kind == "plain"
	if kind == "starttls" {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	if kind == "tls" {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return p
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{p}, nil }

type session struct{ *post }

func (s *session) Reset()                                      {}
func (s *session) Logout() error                               { return nil }
func (s *session) Mail(from string, _ *smtp.MailOptions) error { return nil }
func (s *session) AuthMechanisms() []string                    { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.user = user + " " + password
		if password != "s3cret@word" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no: " + password}
		}
		return nil
	}), nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refusal) > 0 {
		err, s.refusal = s.refusal[0], s.refusal[1:]
		return err
	}
	s.mails = append(s.mails, string(text))
	return nil
}

func (p *post) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.mails...)
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

var letter = identity.Message{
	To: "zoe@example.com", Subject: "Join Zürich\r\nBcc: eve@example.com",
	Text: "Hello\n.\nhttps://id.example.com/u/invitation?ticket=TICKET\n", HTML: `<p>Hello <a href="https://id.example.com/u/invitation?ticket=TICKET">you</a></p>`,
}

func TestAMailServerGetsTheMail(t *testing.T) {
	for _, tt := range []struct{ kind, url string }{
		{"starttls", "smtp://mailer%40example.com:s3cret%40word@"},
		{"tls", "smtps://mailer%40example.com:s3cret%40word@"},
		{"plain", "smtp://mailer%40example.com:s3cret%40word@"},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			p := serve(t, tt.kind)
			address := tt.url + p.addr
			if tt.kind == "plain" {
				address += "?tls=off"
			}
			s, err := mail.NewSMTP(address, "Rolecall <no-reply@example.com>", p.roots)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			if p.user != "mailer@example.com s3cret@word" || fmt.Sprint(p.to) != "[zoe@example.com]" || len(p.got()) != 1 {
				t.Fatalf("signed in as %q; mail to %q; %d mails", p.user, p.to, len(p.got()))
			}
			m, err := netmail.ReadMessage(strings.NewReader(p.got()[0]))
			if err != nil {
				t.Fatal(err)
			}
			subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if m.Header.Get("Bcc") != "" || !strings.HasPrefix(subject, "Join Zürich") || m.Header.Get("From") != `"Rolecall" <no-reply@example.com>` ||
				m.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(m.Header.Get("Message-Id"), "@example.com>") {
				t.Errorf("the header is %v", m.Header)
			}
			kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
			if err != nil || kind != "multipart/alternative" {
				t.Fatalf("Content-Type %q, %v", kind, err)
			}
			parts := multipart.NewReader(m.Body, params["boundary"])
			for _, want := range []struct{ kind, text string }{{"text/plain", letter.Text}, {"text/html", letter.HTML}} {
				part, err := parts.NextPart()
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(part)
				if got := strings.ReplaceAll(string(text), "\r\n", "\n"); err != nil || strings.TrimSpace(got) != strings.TrimSpace(want.text) || !strings.HasPrefix(part.Header.Get("Content-Type"), want.kind) {
					t.Errorf("%s: %q, %v", part.Header.Get("Content-Type"), got, err)
				}
			}
		})
	}
}

func TestAMailThatCannotBeSentSaysWhyAndNoSecret(t *testing.T) {
	quoting := &smtp.SMTPError{Code: 554, Message: "spam: https://id.example.com/u/invitation?ticket=TICKET"}
	for _, tt := range []struct {
		name, kind, url string
		refusal         error
		trust           bool
		code            int
		permanent       bool
	}{
		{"a server without STARTTLS", "plain", "smtp://", nil, true, 0, false},
		{"a certificate that nobody vouches for", "tls", "smtps://", nil, false, 0, false},
		{"a wrong password", "tls", "smtps://mailer:wr0ng@", nil, true, 535, true},
		{"a server that quotes what it refuses", "tls", "smtps://", quoting, true, 554, true},
		{"a server that is busy", "tls", "smtps://", &smtp.SMTPError{Code: 451, Message: "later: TICKET"}, true, 451, false},
		{"no server", "none", "smtps://", nil, true, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &post{addr: "127.0.0.1:1"}
			if tt.kind != "none" {
				p = serve(t, tt.kind)
			}
			if tt.refusal != nil {
				p.refusal = []error{tt.refusal}
			}
			roots := p.roots
			if !tt.trust {
				roots = nil
			}
			s, err := mail.NewSMTP(tt.url+p.addr, "no-reply@example.com", roots)
			if err != nil {
				t.Fatal(err)
			}
			err = s.Send(t.Context(), letter)
			var failure *mail.Failure
			if !errors.As(err, &failure) || failure.Code != tt.code || failure.Permanent != tt.permanent {
				t.Fatalf("%v, want code %d and permanent %t", err, tt.code, tt.permanent)
			}
			for _, secret := range []string{"TICKET", "wr0ng"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error says %q", err)
				}
			}
			if len(p.got()) != 0 {
				t.Error("the mail was sent")
			}
		})
	}
}

func TestMailServersThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ url, from string }{
		{"", "a@example.com"},
		{"mail.example.com:587", "a@example.com"},
		{"http://mail.example.com", "a@example.com"},
		{"smtp://", "a@example.com"},
		{"smtp://mail.example.com:0", "a@example.com"},
		{"smtp://u:pass%zz@mail.example.com", "a@example.com"},
		{"smtp://mail.example.com/inbox", "a@example.com"},
		{"smtp://mail.example.com?tls=maybe", "a@example.com"},
		{"smtps://mail.example.com?tls=off", "a@example.com"},
		{"smtp://u:pass%40@mail.example.com?tls=off", "a@example.com"},
		{"smtp://mail.example.com", ""},
		{"smtp://mail.example.com", "nobody"},
	} {
		if _, err := mail.NewSMTP(tt.url, tt.from, nil); err == nil || strings.Contains(err.Error(), "pass%") {
			t.Errorf("%q from %q: %v", tt.url, tt.from, err)
		}
	}
}

func TestAnOutboxTriesAgainAndGivesUp(t *testing.T) {
	busy := &mail.Failure{Reason: "refused", Code: 451}
	never := &mail.Failure{Reason: "refused", Code: 550, Permanent: true}
	for _, tt := range []struct {
		name    string
		answers []error
		tries   int
		log     string
	}{
		{"sent at once", []error{nil}, 1, "mail sent"},
		{"sent at the third attempt", []error{busy, errors.New("TICKET"), nil}, 3, "mail sent"},
		{"refused for good", []error{never}, 1, "mail given up"},
		{"refused too often", []error{busy, busy, busy, nil}, 3, "mail given up"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			var mu sync.Mutex
			tries := 0
			ended := make(chan struct{})
			o := mail.NewOutbox(func(context.Context, identity.Message) error {
				mu.Lock()
				defer mu.Unlock()
				tries++
				if tries == tt.tries {
					defer close(ended)
				}
				return tt.answers[tries-1]
			}, slog.New(slog.NewTextHandler(&log, nil)))
			o.RetryAfter(time.Millisecond, time.Millisecond)
			if err := o.Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			<-ended
			if err := o.Close(); err != nil || tries != tt.tries {
				t.Errorf("tried %d times (%v), want %d", tries, err, tt.tries)
			}
			if text := log.String(); !strings.Contains(text, tt.log) || strings.Contains(text, "TICKET") {
				t.Errorf("the log says %s", text)
			}
			if err := o.Send(t.Context(), letter); err == nil {
				t.Error("a closed outbox took a mail")
			}
		})
	}
}

func TestAnOutboxThatClosesDoesNotWaitForTheNextAttempt(t *testing.T) {
	tried := make(chan struct{}, 10)
	o := mail.NewOutbox(func(context.Context, identity.Message) error {
		tried <- struct{}{}
		return &mail.Failure{Reason: "busy", Code: 451}
	}, slog.New(slog.DiscardHandler))
	o.RetryAfter(time.Hour)
	if err := o.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	<-tried
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}
