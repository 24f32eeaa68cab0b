package identity

import (
	"time"

	"github.com/rolecall/rolecall"
)

// An Event is one entry of the sign-in log: somebody signed in or out, or tried
// to. It is no change, so it stands beside the journal, and is forgotten when it
// is old, or one of too many: see [EventKeep].
type Event struct {
	// ID grows from one to the next, and is at least a thousand times the
	// milliseconds of Time.
	ID int64 `json:"id"`
	// Seq is that of the journal's last entry when the event was written down: it
	// comes after that one, and before the next.
	Seq int64 `json:"seq"`
	// Time is when it happened or, if something else was written down meanwhile,
	// when that was: so times are in the order of the ids.
	Time time.Time `json:"time"`

	Kind EventKind `json:"event"`
	// Failure says why it did not go well, "" if it did. Detail is what the answer
	// said besides, at most 200 bytes.
	Failure Failure `json:"failure,omitempty"`
	Detail  string  `json:"detail,omitempty"`

	Subject rolecall.SubjectID `json:"subject,omitempty"` // who, if that is known
	// Login is the login id that was given. One that nobody has is left out, unless
	// it is an e-mail address: people type passwords into the wrong field.
	Login    string             `json:"login,omitempty"`
	Client   rolecall.SubjectID `json:"client,omitempty"` // the application, if one asked
	Tenant   rolecall.TenantID  `json:"tenant,omitempty"`
	Audience string             `json:"audience,omitempty"` // of the token that was asked for
	Address  string             `json:"address,omitempty"`  // the remote address, without a port
	Agent    string             `json:"agent,omitempty"`    // what the browser or program calls itself
	Door     string             `json:"door,omitempty"`     // by which way: "oidc", "console" …

	// Repeats is how many events like this one came before it, too many at once to
	// be written down each.
	Repeats int64 `json:"repeats,omitempty"`
}

// An EventKind says what somebody did.
type EventKind string

const (
	EventSignIn   EventKind = "sign_in"            // signed in as a person, with a password or by a link
	EventSession  EventKind = "session"            // signed in to an application with the browser's login
	EventSilent   EventKind = "silent"             // the same, without a page
	EventPassword EventKind = "password_grant"     // a password for tokens
	EventCode     EventKind = "code"               // a code for tokens
	EventRefresh  EventKind = "refresh"            // a refresh token for others
	EventMachine  EventKind = "client_credentials" // a client's secret, or an access key, for a token
	EventSignOut  EventKind = "sign_out"
	EventSignUp   EventKind = "sign_up"         // that failed: who signed up is in the journal
	EventChange   EventKind = "password_change" // that failed
	EventConfirm  EventKind = "confirmation"    // proved a password again, while signed in
)

// A Failure is why somebody was not let in.
type Failure string

const (
	FailUnknown  Failure = "unknown_user"
	FailPassword Failure = "wrong_password"
	FailBlocked  Failure = "blocked"
	FailExpired  Failure = "password_expired"
	FailAttempts Failure = "too_many_attempts"     // for one login id
	FailAddress  Failure = "too_many_from_address" // whatever the login id
	FailSecret   Failure = "wrong_secret"          // of a client, or an unknown client
	FailReuse    Failure = "used_again"            // a code or a refresh token: what came of it has ended
	FailSSO      Failure = "sso_required"          // a password, of who has to sign in elsewhere
	FailRefused  Failure = "refused"               // for what Detail says
)

// A share of the log is kept apart from the others, so that none can push
// another's events out.
type Share int

const (
	ShareSignIns  Share  = iota // what people did
	ShareTokens                 // what programs did
	ShareFailures               // what did not go well
	Shares        = iota        // how many there are
)

// Share returns the share that an event is of.
func (e *Event) Share() Share {
	switch {
	case e.Failure != "":
		return ShareFailures
	case e.Kind == EventSignIn || e.Kind == EventSignOut || e.Kind == EventPassword || e.Kind == EventConfirm:
		return ShareSignIns
	}
	return ShareTokens
}

// An EventQuery selects events. Zero fields select everything.
type EventQuery struct {
	Subject rolecall.SubjectID
	Client  rolecall.SubjectID
	Tenant  rolecall.TenantID
	Kind    EventKind
	Failed  *bool     // those that went well, or those that did not
	From    time.Time // this time or later
	To      time.Time // before this time

	After  int64 // an ID: events after it or, with Newest, before it (0 means from the newest)
	Seq    int64 // events after this entry of the journal or, with Newest, before it; 0 means all
	Newest bool  // newest first
	Limit  int   // 0 means the most of a page
}
