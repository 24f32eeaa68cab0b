package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"time"

	"github.com/rolecall/rolecall"
)

// A Ticket is a text that works once, until it expires, for one purpose: whoever
// presents it was handed it by mail. It is sign-in state, so it stands beside the
// journal, and only its text's SHA-256 is kept.
//
// It ends with its user, when the journal says that the user's password or
// e-mail address changed or that the user was blocked, and when it is used.
type Ticket struct {
	Hash    []byte
	Purpose Purpose
	Subject rolecall.SubjectID
	Email   string // the user's address when the ticket was made
	// Proves says that whoever presents the ticket reads the mail of Email: the
	// ticket was sent there, and nobody else saw it.
	Proves bool
	// ReturnURL is where the user goes on to, once done; "" if nowhere. The one
	// who makes the ticket answers for it.
	ReturnURL string
	// Revision is the one that the ticket was made at: what ends it is looked for after it.
	Revision rolecall.Revision

	CreatedAt time.Time
	ExpiresAt time.Time
}

// A Purpose is what a ticket is for.
type Purpose string

const (
	ForReset  Purpose = "reset"  // a new password, without the old one
	ForVerify Purpose = "verify" // marks the e-mail address as verified
)

// Lifetimes of tickets, and of invitations.
const (
	ResetLifetime      = time.Hour
	VerifyLifetime     = 5 * 24 * time.Hour
	InvitationLifetime = 7 * 24 * time.Hour
	MaxTicketLifetime  = 30 * 24 * time.Hour
)

// ErrBadTicket means that a ticket or an invitation is unknown, was used, has
// expired, or does not count any more: which of them, nobody is told.
var ErrBadTicket = errors.New("the link is not valid any more")

// ticketChars is the length of a ticket's text. Of an invitation's, the first
// half is in its id, and the second is 95 bits of secret.
const ticketChars = 32

// A NewTicket is a ticket to be made.
type NewTicket struct {
	Purpose   Purpose
	Subject   rolecall.SubjectID
	Lifetime  time.Duration // by default that of the purpose; at most MaxTicketLifetime
	ReturnURL string
	// Shown says that somebody else than the user gets to see the text, who can
	// use it: then presenting it proves nothing of the user's address.
	Shown bool
}

// NewTicket makes a ticket of an active user who has an e-mail address, and
// returns its text. The caller has made sure that whoever asked may. One ForReset
// is ErrSSORequired if the user has to sign in elsewhere.
func (i *Identity) NewTicket(ctx context.Context, n NewTicket) (*Ticket, string, error) {
	if n.Lifetime == 0 {
		n.Lifetime = map[Purpose]time.Duration{ForReset: ResetLifetime, ForVerify: VerifyLifetime}[n.Purpose]
	}
	if n.Lifetime <= 0 || n.Lifetime > MaxTicketLifetime {
		return nil, "", refuse("lifetime", "must be at most %s", MaxTicketLifetime)
	}
	at, err := i.head(ctx)
	if err != nil {
		return nil, "", err
	}
	user, err := rolecall.Find(ctx, i.rc, reader, &rolecall.User{ID: n.Subject})
	if err != nil {
		return nil, "", err
	}
	switch {
	case user.Blocked:
		return nil, "", ErrBlocked
	case user.Email == "":
		return nil, "", refuse("email", "is needed: the user has none")
	}
	if n.Purpose == ForReset {
		if err := i.needsNoSSO(ctx, user.ID); err != nil {
			return nil, "", err
		}
	}
	text, now := rolecall.RandomText(ticketChars), i.rc.Now()
	t := &Ticket{
		Hash: ticketHash(text), Purpose: n.Purpose, Subject: user.ID, Email: NormalLogin(user.Email), Proves: !n.Shown,
		ReturnURL: n.ReturnURL, Revision: at, CreatedAt: now, ExpiresAt: now.Add(n.Lifetime),
	}
	return t, text, i.store.AddTicket(ctx, t)
}

// FindTicket returns the ticket with a text, which stays. It is ErrBadTicket if
// there is none of the purpose that counts now.
func (i *Identity) FindTicket(ctx context.Context, purpose Purpose, text string) (*Ticket, error) {
	t, err := i.store.FindTicket(ctx, ticketHash(text))
	if errors.Is(err, rolecall.ErrNotFound) {
		return nil, ErrBadTicket
	}
	if err != nil {
		return nil, err
	}
	if t.Purpose != purpose || !i.rc.Now().Before(t.ExpiresAt) {
		return nil, ErrBadTicket
	}
	_, over, err := i.anyEntry(ctx, t.Subject, t.Revision, endsTickets)
	if err != nil {
		return nil, err
	}
	if over {
		return nil, ErrBadTicket
	}
	return t, nil
}

// ResetPassword gives the owner of a reset ticket a new password, and uses the
// ticket up. That ends the owner's logins and, if nobody had proven the address
// before, access keys. A password that breaks a rule leaves the ticket. Who has to
// sign in elsewhere gets none: it is ErrSSORequired.
func (i *Identity) ResetPassword(ctx context.Context, text, password string) (*Ticket, error) {
	t, err := i.FindTicket(ctx, ForReset, text)
	if err != nil {
		return nil, err
	}
	if err := i.needsNoSSO(ctx, t.Subject); err != nil {
		return nil, err
	}
	hash, err := i.newHash(ctx, t.Subject, password)
	if err != nil {
		return nil, err
	}
	return t, i.use(ctx, t, rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		page, err := v.List(ctx, passwordQuery(t.Subject))
		if err != nil {
			return nil, err
		}
		ops := i.proven(t)
		before, err := keysOfWhoeverCameBefore(ctx, v, t)
		if err != nil {
			return nil, err
		}
		ops = append(ops, before...)
		if len(page.Records) == 0 {
			return append(ops, rolecall.Create(newPassword(t.Subject, hash, false))), nil
		}
		return append(ops, rolecall.Modify(page.Records[0].(*rolecall.Credential), func(c *rolecall.Credential) error {
			c.Hash, c.Temporary, c.Disabled, c.Validity = hash, false, false, rolecall.Validity{}
			return nil
		})), nil
	}))
}

// keysOfWhoeverCameBefore returns the operations that end a user's access keys, if
// a ticket is the first to prove the user's address: whoever made them signed up
// with it, and may be somebody else.
func keysOfWhoeverCameBefore(ctx context.Context, v *rolecall.View, t *Ticket) (ops []rolecall.Op, err error) {
	user, err := rolecall.Look(ctx, v, &rolecall.User{ID: t.Subject})
	if err != nil || !t.Proves || user.EmailVerified {
		return nil, err
	}
	keys, err := rolecall.All[*rolecall.Credential](ctx, v, rolecall.Query{Kind: rolecall.KindCredential, Where: []rolecall.Condition{
		rolecall.Where("subject", t.Subject), rolecall.Where("type", rolecall.AccessKey),
	}})
	for _, key := range keys {
		ops = append(ops, rolecall.Delete(key))
	}
	return ops, err
}

// VerifyEmail marks the e-mail address of a verification ticket as its user's,
// and uses the ticket up.
func (i *Identity) VerifyEmail(ctx context.Context, text string) (*Ticket, error) {
	t, err := i.FindTicket(ctx, ForVerify, text)
	if err != nil {
		return nil, err
	}
	return t, i.use(ctx, t, verifies(t.Subject, t.Email))
}

// proven marks the address that a ticket proves.
func (i *Identity) proven(t *Ticket) []rolecall.Op {
	if !t.Proves {
		return nil
	}
	return []rolecall.Op{verifies(t.Subject, t.Email)}
}

// verifies marks an address of a user as verified. A user who has another by
// now makes it ErrBadTicket.
func verifies(subject rolecall.SubjectID, email string) rolecall.Op {
	return rolecall.Modify(&rolecall.User{ID: subject}, func(u *rolecall.User) error {
		if NormalLogin(u.Email) != email || u.Blocked {
			return ErrBadTicket
		}
		u.EmailVerified = true
		return nil
	})
}

// use makes a write that a ticket stands for. Of several at once, one makes it.
// If the write fails the ticket is there again.
func (i *Identity) use(ctx context.Context, t *Ticket, op rolecall.Op) error {
	taken, err := i.store.TakeTicket(ctx, t.Hash)
	if err != nil {
		return err
	}
	if !taken {
		return ErrBadTicket
	}
	by := rolecall.System("ticket")
	by.OnBehalfOf, by.Reason = t.Subject, map[Purpose]string{
		ForReset: "the password was reset by a ticket", ForVerify: "the address was verified by a ticket",
	}[t.Purpose]
	_, err = i.rc.Write(ctx, by, op)
	switch {
	case errors.Is(err, rolecall.ErrNotFound): // the user was deleted meanwhile
		return ErrBadTicket
	case err != nil && !errors.Is(err, ErrBadTicket):
		return errors.Join(err, i.store.AddTicket(context.WithoutCancel(ctx), t))
	}
	return err
}

// endsTickets reports whether a change ends the tickets of the subject that it concerns.
func endsTickets(e *rolecall.Entry) (bool, error) {
	switch e.Kind {
	case rolecall.KindUser:
		var before, after rolecall.User
		if e.Before == nil || e.After == nil {
			return e.After == nil, nil
		}
		err := errors.Join(json.Unmarshal(e.Before, &before), json.Unmarshal(e.After, &after))
		return after.Blocked || NormalLogin(before.Email) != NormalLogin(after.Email), err
	case rolecall.KindCredential:
		if e.After == nil || e.Before != nil {
			return endsLogins(e)
		}
		var after rolecall.Credential
		err := json.Unmarshal(e.After, &after)
		return after.Type == rolecall.Password, err // the first password
	}
	return false, nil
}

func ticketHash(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

func isTicket(text string, hash []byte) bool {
	return subtle.ConstantTimeCompare(ticketHash(text), hash) == 1
}
