package identity

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
)

// A Login is a user's session with an application: what a refresh token names.
// It is sign-in state, so it stands beside the journal.
//
// It ends by itself when the journal says that its user was blocked or deleted,
// or that the user's password was changed, expired or taken away: whoever made
// that write, and by whichever way.
type Login struct {
	ID      string
	Subject rolecall.SubjectID
	Tenant  rolecall.TenantID // that the user selected; "" if none
	Address string            // the remote address that it began from
	Agent   string            // the browser or program that it began from, as that calls itself; "" if unknown
	// Revision is one at which it counted: what ends it is looked for after it.
	Revision rolecall.Revision

	CreatedAt   time.Time
	RefreshedAt time.Time // to the minute
	ExpiresAt   time.Time
	EndedAt     time.Time // zero if it goes on

	// Cookie is what a browser presents, FindBrowser takes, and nobody keeps: set
	// by BeginLogin alone. CookieHash is its SHA-256, nil if the login is none of
	// a browser.
	Cookie     string
	CookieHash []byte
}

// LoginLifetime is how long a login lasts, refreshed or not, and the most that
// NewLogin.Lifetime may be.
const LoginLifetime = 30 * 24 * time.Hour

// A NewLogin is a login to be made.
type NewLogin struct {
	Subject  rolecall.SubjectID
	From     string        // the remote address, with or without a port
	Lifetime time.Duration // LoginLifetime if 0
	Alone    bool          // ends the subject's other logins
	Agent    string        // at most 255 bytes are kept
	Browser  bool          // the login gets a Cookie
	// Since is the revision from which on the journal may end the login; 0 means
	// the current one. It is one from before the user was recognised.
	Since rolecall.Revision
	// Note is what the sign-in log says of it besides: its Door, Client and Tenant.
	Note Event
}

// BeginLogin makes a login of a user whom the caller has recognised.
func (i *Identity) BeginLogin(ctx context.Context, n NewLogin) (*Login, error) {
	l, err := i.beginLogin(ctx, n)
	e := n.Note
	e.Kind, e.Subject, e.Address, e.Agent = EventSignIn, n.Subject, n.From, n.Agent
	if e.Failure = failure(err); err == nil || e.Failure != "" {
		i.events.settle(i.events.note(i, noted{Event: &e}))
	}
	return l, err
}

func (i *Identity) beginLogin(ctx context.Context, n NewLogin) (*Login, error) {
	now := i.rc.Now()
	switch {
	case n.Lifetime < 0 || n.Lifetime > LoginLifetime:
		return nil, refuse("lifetime", "must be at most %s", LoginLifetime)
	case n.Lifetime == 0:
		n.Lifetime = LoginLifetime
	}
	if n.Since == 0 {
		var err error
		if n.Since, err = i.head(ctx); err != nil {
			return nil, err
		}
	}
	switch ok, blocked := i.active(n.Subject, now); {
	case blocked:
		return nil, ErrBlocked
	case !ok:
		return nil, ErrBadCredentials
	}
	if n.Alone {
		if err := i.EndLogins(ctx, n.Subject); err != nil {
			return nil, err
		}
	}
	l := &Login{
		ID: rolecall.NewID("login"), Subject: n.Subject, Address: n.From, Agent: agent(n.Agent), Revision: n.Since,
		CreatedAt: now, RefreshedAt: now, ExpiresAt: now.Add(n.Lifetime),
	}
	if n.Browser {
		l.Cookie = rolecall.RandomText(cookieChars)
		l.CookieHash = cookieHash(l.Cookie)
	}
	return l, i.store.AddLogin(ctx, l)
}

// LogIn is SignIn, and begins a login, with n for the rest of it.
func (i *Identity) LogIn(ctx context.Context, s SignIn, n NewLogin) (*Login, error) {
	var err error
	if n.Since, err = i.head(ctx); err != nil { // before the password is read: a change of it from here on counts
		return nil, err
	}
	s.Note.Agent = n.Agent
	if n.Subject, err = i.SignIn(ctx, s); err != nil {
		return nil, err
	}
	n.From = s.From
	return i.beginLogin(ctx, n)
}

// LogOut ends a login whose user logs out. note is what the sign-in log says of
// it besides: its Door, Address, Agent and Client.
func (i *Identity) LogOut(ctx context.Context, l *Login, note Event) error {
	if err := i.EndLogin(ctx, l.ID); err != nil {
		return err
	}
	note.Kind, note.Subject, note.Tenant = EventSignOut, l.Subject, l.Tenant
	i.Note(note)
	return nil
}

// FindLogin returns the login with an id. It is ErrLoginEnded if there is none
// that counts now.
func (i *Identity) FindLogin(ctx context.Context, id string) (*Login, error) {
	l, _, err := i.findLogin(ctx, id)
	return l, err
}

// cookieChars is the length of a cookie: 256 bits.
const cookieChars = 43

func cookieHash(cookie string) []byte {
	sum := sha256.Sum256([]byte(cookie))
	return sum[:]
}

// agent makes what a program calls itself fit to be kept.
func agent(text string) string {
	const most = 255
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// FindBrowser returns the login whose cookie a browser presents, and notes that
// it was used. It is ErrLoginEnded if there is none that counts now.
func (i *Identity) FindBrowser(ctx context.Context, cookie string) (*Login, error) {
	if len(cookie) != cookieChars {
		return nil, ErrLoginEnded
	}
	l, err := i.store.FindBrowser(ctx, cookieHash(cookie))
	if err != nil {
		return nil, ended(err)
	}
	return i.RefreshLogin(ctx, l.ID)
}

// Logins returns the logins of a subject that have neither ended nor expired,
// the newest first. Some of them may not count any more, which FindLogin tells.
func (i *Identity) Logins(ctx context.Context, subject rolecall.SubjectID) ([]*Login, error) {
	return i.store.Logins(ctx, subject, i.rc.Now())
}

// RefreshLogin is FindLogin, and notes that the login was used.
func (i *Identity) RefreshLogin(ctx context.Context, id string) (*Login, error) {
	l, at, err := i.findLogin(ctx, id)
	if err != nil {
		return nil, err
	}
	if now := i.rc.Now(); now.Sub(l.RefreshedAt) >= noteEvery {
		l.RefreshedAt, l.Revision = now, at
		err = i.store.TouchLogin(ctx, id, now, at)
	}
	return l, ended(err)
}

// findLogin returns a login that counts, and a revision at which it does.
func (i *Identity) findLogin(ctx context.Context, id string) (*Login, rolecall.Revision, error) {
	l, err := i.store.FindLogin(ctx, id)
	if err != nil {
		return nil, 0, ended(err)
	}
	now := i.rc.Now()
	if !l.EndedAt.IsZero() || !now.Before(l.ExpiresAt) {
		return nil, 0, ErrLoginEnded
	}
	at, over, err := i.anyEntry(ctx, l.Subject, l.Revision, endsLogins)
	if err != nil {
		return nil, 0, err
	}
	if over {
		if err := i.store.EndLogin(ctx, id, now); err != nil {
			return nil, 0, err
		}
		return nil, 0, ErrLoginEnded
	}
	if ok, _ := i.active(l.Subject, now); !ok { // blocked by a write that came after the journal was read
		return nil, 0, ErrLoginEnded
	}
	return l, at, nil
}

// ended says of a login that the store does not have, or not any more, that it
// has ended.
func ended(err error) error {
	if errors.Is(err, rolecall.ErrNotFound) {
		return ErrLoginEnded
	}
	return err
}

// anyEntry reports whether the journal holds an entry after a revision that
// concerns a subject and is one of those that are looked for, and up to which
// revision it was read.
func (i *Identity) anyEntry(ctx context.Context, subject rolecall.SubjectID, since rolecall.Revision, is func(*rolecall.Entry) (bool, error)) (at rolecall.Revision, found bool, err error) {
	if at, err = i.head(ctx); err != nil || at == since {
		return at, false, err
	}
	q := rolecall.EntryQuery{Subject: subject, Since: since, Limit: rolecall.MaxPage}
	for {
		entries, err := i.rc.Audit(ctx, reader, q)
		if err != nil {
			return 0, false, err
		}
		for _, e := range entries {
			if found, err := is(e); found || err != nil {
				return at, found, err
			}
			q.After = e.Seq
		}
		if len(entries) < q.Limit {
			return at, false, nil
		}
	}
}

// endsLogins reports whether a change ends the logins of the subject that it
// concerns.
func endsLogins(e *rolecall.Entry) (bool, error) {
	switch e.Kind {
	case rolecall.KindUser:
		if e.After == nil {
			return true, nil
		}
		var after rolecall.User
		err := json.Unmarshal(e.After, &after)
		return after.Blocked, err
	case rolecall.KindCredential:
		if e.Before == nil || e.Actor == reader.Subject && e.Door == reader.Door { // made, or only its hash made anew
			return false, nil
		}
		var before rolecall.Credential
		err := json.Unmarshal(e.Before, &before)
		return before.Type == rolecall.Password, err
	}
	return false, nil
}

// head returns the revision that the store is at.
func (i *Identity) head(ctx context.Context) (at rolecall.Revision, err error) {
	err = i.rc.View(ctx, reader, func(v *rolecall.View) error {
		at = v.Revision()
		return nil
	})
	return at, err
}

// EndLogin ends a login. LogOut is for who asks for it.
func (i *Identity) EndLogin(ctx context.Context, id string) error {
	return i.store.EndLogin(ctx, id, i.rc.Now())
}

// EndLogins ends all logins of a subject.
func (i *Identity) EndLogins(ctx context.Context, subject rolecall.SubjectID) error {
	return i.store.EndLogins(ctx, subject, i.rc.Now())
}

// SelectTenant makes a tenant the one that a login is in. The user must belong
// to it, or hold something in it.
func (i *Identity) SelectTenant(ctx context.Context, l *Login, tenant rolecall.TenantID) error {
	if tenant != "" && !i.rc.Policy().Authority(l.Subject, "", "", i.rc.Now()).In(tenant) {
		return &rolecall.FieldError{Field: "tenant", Rule: "is not one that the user belongs to", Kind: rolecall.ErrForbidden}
	}
	if err := i.store.SelectTenant(ctx, l.ID, tenant); err != nil {
		return ended(err)
	}
	l.Tenant = tenant
	return nil
}

// UpdatePassword replaces the password of the user who holds a login, and ends
// the user's other logins.
func (i *Identity) UpdatePassword(ctx context.Context, l *Login, password string) error {
	owner := rolecall.Proven(rolecall.Actor{Subject: l.Subject, Door: "identity"})
	receipt, err := i.SetPassword(ctx, owner, l.Subject, PasswordChange{Password: password})
	if err != nil {
		return err
	}
	return ended(i.store.TouchLogin(ctx, l.ID, i.rc.Now(), receipt.Revision))
}
