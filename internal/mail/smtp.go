package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An SMTP is a mail server, and the sender that it is told.
type SMTP struct {
	from    *netmail.Address
	host    string
	options []gomail.Option
}

// NewSMTP returns the mail server at an address:
//
//	smtp://user:password@host:587   STARTTLS, without which nothing is sent
//	smtps://user:password@host:465  TLS from the start
//	smtp://host:25?tls=off          no TLS; takes no password unless host is this machine
//
// A user name or password is written as URLs have them: @ is %40. from is an
// address, with a name or without. roots, if not nil, says whose certificates
// count; the system does otherwise.
func NewSMTP(address, from string, roots *tls.Config) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil { // whose text holds the address, and so the password
		return nil, errors.New("smtp-url can't be read: it must be like smtp://user:password@mail.example.com:587")
	}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	query := u.Query()
	switch {
	case port == 0 || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "":
		return nil, errors.New("smtp-url must be like smtp://user:password@mail.example.com:587, or smtps://")
	case len(query) > 1 || len(query) == 1 && query.Get("tls") != "off" || query.Has("tls") && u.Scheme == "smtps":
		return nil, errors.New("smtp-url takes no parameter but tls=off, with smtp:// alone")
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, errors.New("smtp-url has a port that is none")
		}
	}
	s := &SMTP{host: u.Hostname()}
	if s.from, err = netmail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("mail-from %q must be an e-mail address, such as Example <no-reply@example.com>", from)
	}
	config := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if roots != nil {
		config.RootCAs = roots.RootCAs
	}
	s.options = []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(perAttempt), gomail.WithTLSConfig(config), gomail.WithTLSPolicy(gomail.TLSMandatory),
	}
	open := query.Get("tls") == "off"
	switch {
	case u.Scheme == "smtps":
		s.options = append(s.options, gomail.WithSSL())
	case open:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if password, ok := u.User.Password(); ok {
		if open && !thisMachine(s.host) {
			return nil, errors.New("smtp-url has a password, which tls=off would show to the network")
		}
		way := gomail.SMTPAuthAutoDiscover
		if open {
			way = gomail.SMTPAuthPlainNoEnc
		}
		s.options = append(s.options, gomail.WithSMTPAuth(way), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	_, err = gomail.NewClient(s.host, s.options...)
	if err != nil {
		return nil, errors.New("smtp-url has a host or a user that can't be used")
	}
	return s, nil
}

func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send is a [Transport].
func (s *SMTP) Send(ctx context.Context, m identity.Message) error {
	message := gomail.NewMsg()
	message.FromMailAddress(s.from)
	if err := message.To(m.To); err != nil {
		return &Failure{Reason: "the address is not one", Permanent: true}
	}
	message.Subject(m.Subject)
	message.SetDate()
	message.SetMessageIDWithValue(rolecall.RandomText(22) + s.from.Address[strings.LastIndexByte(s.from.Address, '@'):])
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notes, please
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return &Failure{Reason: "the mail server's settings can't be used", Permanent: true}
	}
	err = client.DialAndSendWithContext(ctx, message)
	if message.IsDelivered() { // and the farewell failed
		return nil
	}
	return failure(err)
}

// failure says what went wrong without what the mail server wrote: some quote
// what they refuse.
func failure(err error) error {
	if err == nil {
		return nil
	}
	var refused *gomail.SendError
	var answer *textproto.Error
	var dial *net.OpError
	var unknown *tls.CertificateVerificationError
	switch {
	case errors.As(err, &refused):
		return &Failure{Reason: "refused", Code: refused.ErrorCode(), Permanent: refused.ErrorCode() >= 500}
	case errors.As(err, &answer):
		return &Failure{Reason: "refused before the message", Code: answer.Code, Permanent: answer.Code >= 500}
	case errors.As(err, &unknown):
		return &Failure{Reason: "the mail server's certificate is not trusted"}
	case errors.As(err, &dial):
		return &Failure{Reason: "the mail server can't be reached: " + dial.Op}
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Reason: "the mail server took too long"}
	}
	return &Failure{Reason: "the connection to the mail server failed"}
}
