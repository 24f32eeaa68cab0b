package rolecall

import "slices"

// An Actor says who makes a write, by which door, and on which terms. Every
// write takes one. The zero Actor may do nothing.
type Actor struct {
	Subject    SubjectID // who: what it holds decides what it may do
	OnBehalfOf SubjectID // for whom, if somebody else asked; recorded, not checked
	Door       string    // by which way: "native", "descope", "console" …
	RequestID  string    // the X-Request-ID that the caller sees too

	Reason string // why, in the journal with each change

	// DryRun asks what the write would do: who would gain and lose what. Every
	// check is made, and nothing is changed.
	DryRun bool

	// IdempotencyKey makes a write that is sent again within a day answer as it
	// did the first time. Fingerprint tells another write with the same key
	// apart, which is ErrReplay.
	IdempotencyKey string
	Fingerprint    Hash

	// Credential is the access key by which Subject came, "" for another way.
	Credential CredentialID

	// Within, if it is not nil, names the permissions of AdminAPI that Subject lets
	// the actor use: an application acts in somebody's name by a token, and may no
	// more than its scope. An empty list allows nothing.
	Within []string

	trusted bool
	proven  bool
}

// Proven returns by for a write whose maker has just proven who they are, as
// by their password: only then may they set their own password or make keys for
// themselves without rolecall:credentials.write. The package identity asks for the proof.
// Never make one from a token or an access key alone.
func Proven(by Actor) Actor {
	by.proven = true
	return by
}

// SystemSubject is the subject that the journal names for writes of the process itself.
const SystemSubject SubjectID = "system"

// System returns the actor for code that holds the store itself: an application
// that embeds Rolecall, the command line on a data file. It may do everything.
// Never make one from what a request says.
func System(door string) Actor {
	return Actor{Subject: SystemSubject, Door: door, trusted: true}
}

// lends reports whether a may use a permission to administer, if Subject holds it.
func (a Actor) lends(permission string) bool {
	return a.Within == nil || slices.Contains(a.Within, permission)
}

func (a Actor) check() error {
	if a.Subject == "" {
		return &MissingError{Permission: "to be somebody", Kind: ErrForbidden}
	}
	if len(a.Door) > maxJournalTextBytes || len(a.RequestID) > maxJournalTextBytes || len(a.IdempotencyKey) > maxJournalTextBytes {
		return invalid("request", "has a door, request id or idempotency key of more than %d bytes", maxJournalTextBytes)
	}
	return firstError(checkPlain("request_id", a.RequestID), checkPlain("idempotency_key", a.IdempotencyKey),
		checkText("reason", a.Reason, MaxTextRunes))
}
