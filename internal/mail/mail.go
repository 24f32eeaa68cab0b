// Package mail sends what the package identity has to say: through a mail server
// by SMTP, or, on a development server, into a mailbox that a browser shows.
//
// Mails hold links that let their reader in. So neither their text nor what a
// mail server answered, which may quote it, is ever logged or returned; only the
// development mailbox shows them, to this machine alone.
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A Transport hands one message over, or says why it can't. An error that is a
// *Failure and Permanent is not worth another attempt.
type Transport func(context.Context, identity.Message) error

// Now is an [identity.Mailer] that sends while its caller waits, once.
type Now Transport

// Send implements [identity.Mailer].
func (n Now) Send(ctx context.Context, m identity.Message) error {
	ctx, cancel := context.WithTimeout(ctx, perAttempt)
	defer cancel()
	return n(ctx, m)
}

// A Failure says why a message was not handed over, without its text.
type Failure struct {
	Reason    string
	Code      int // that the mail server answered, RFC 5321 section 4.2; 0 if none
	Permanent bool
}

func (f *Failure) Error() string {
	if f.Code != 0 {
		return fmt.Sprintf("%s: the mail server answered %d", f.Reason, f.Code)
	}
	return f.Reason
}

// Bounds of an Outbox.
const (
	maxPending = 1000             // messages that wait
	atOnce     = 4                // connections
	perAttempt = 30 * time.Second // one attempt
	onClose    = 5 * time.Second  // for attempts in progress
)

// retries are the times between attempts. After the last, a message is given up.
var retries = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// An Outbox sends messages beside the requests that ask for it, and tries again
// when that fails for now. It is an [identity.Mailer].
type Outbox struct {
	send    Transport
	log     *slog.Logger
	retries []time.Duration

	ctx     context.Context
	stop    context.CancelFunc
	slots   chan struct{}
	mu      sync.Mutex
	pending int
	closed  bool
	done    sync.WaitGroup
}

// NewOutbox returns an Outbox that sends by a Transport.
func NewOutbox(send Transport, log *slog.Logger) *Outbox {
	o := &Outbox{send: send, log: log, retries: retries, slots: make(chan struct{}, atOnce)}
	o.ctx, o.stop = context.WithCancel(context.Background())
	return o
}

// Send implements [identity.Mailer]. It is rolecall.ErrUnavailable if too many
// messages wait already.
func (o *Outbox) Send(_ context.Context, m identity.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.pending >= maxPending {
		return fmt.Errorf("too many mails wait to be sent: %w", rolecall.ErrUnavailable)
	}
	o.pending++
	o.done.Go(func() {
		defer func() {
			o.mu.Lock()
			o.pending--
			o.mu.Unlock()
		}()
		o.deliver(m)
	})
	return nil
}

// deliver tries until a message is sent, or given up.
func (o *Outbox) deliver(m identity.Message) {
	for attempt := 0; ; attempt++ {
		err := o.try(m)
		var failure *Failure
		switch {
		case err == nil:
			o.log.Info("mail sent", "to", m.To, "subject", m.Subject)
			return
		case !errors.As(err, &failure):
			failure = &Failure{Reason: "can't be sent"}
		}
		if failure.Permanent || attempt == len(o.retries) || o.ctx.Err() != nil {
			o.log.Error("mail given up", "to", m.To, "subject", m.Subject, "attempts", attempt+1, "error", failure)
			return
		}
		o.log.Warn("mail not sent yet", "to", m.To, "subject", m.Subject, "again_in", o.retries[attempt], "error", failure)
		select {
		case <-time.After(o.retries[attempt]):
		case <-o.ctx.Done():
		}
	}
}

func (o *Outbox) try(m identity.Message) error {
	select {
	case o.slots <- struct{}{}:
		defer func() { <-o.slots }()
	case <-o.ctx.Done():
		return &Failure{Reason: "the server stopped"}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), perAttempt)
	defer cancel()
	return o.send(ctx, m)
}

// Close stops trying again, and waits a little for what is being sent. What
// could not be sent by then is lost, which the log says.
func (o *Outbox) Close() error {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.stop()
	ended := make(chan struct{})
	go func() {
		o.done.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-time.After(onClose):
		return errors.New("mails that were being sent were cut off")
	}
}
