package server

import (
	"context"

	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/mail"
)

// mailer returns what sends the server's mails: the mail server that is
// configured, on a development server the mailbox, and both if there are both. It
// is nil if there is neither.
func (s *Server) mailer() (identity.Mailer, error) {
	if s.config.Dev {
		s.mailbox = mail.NewMailbox(s.log)
	}
	if s.config.SMTPURL == "" {
		if s.mailbox == nil {
			return nil, nil
		}
		return s.mailbox, nil
	}
	server, err := mail.NewSMTP(s.config.SMTPURL, s.config.MailFrom, nil)
	if err != nil {
		return nil, err
	}
	s.outbox = mail.NewOutbox(server.Send, s.log)
	if s.mailbox == nil {
		return s.outbox, nil
	}
	return both{s.mailbox, s.outbox}, nil
}

// both are mailers that each get every message.
type both [2]identity.Mailer

func (b both) Send(ctx context.Context, m identity.Message) error {
	if err := b[0].Send(ctx, m); err != nil {
		return err
	}
	return b[1].Send(ctx, m)
}
