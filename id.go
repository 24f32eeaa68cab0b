package rolecall

import (
	"crypto/rand"
	"strings"
	"unicode/utf8"
)

// One type per identifier, so that they can't be swapped. An id is opaque,
// immutable and compared by byte; one that comes from outside is kept as it is.
type (
	SubjectID     string // a user's, a client's or a group's: they share one space
	APIID         string
	PermissionID  string
	RoleID        string
	TenantID      string
	ConstraintID  string
	SessionID     string
	InvitationID  string
	CredentialID  string
	ClientGrantID string
	KeyID         string // a signing key's, the "kid" of RFC 7517
)

// Limits on what is stored, in the units their names say.
const (
	MaxIDBytes          = 255
	MaxNameRunes        = 200
	MaxTextRunes        = 1000  // descriptions and reasons
	MaxAttributesBytes  = 16384 // of JSON
	MaxResourceBytes    = 512
	maxJournalTextBytes = 255 // of a door or a request id
)

// NewID returns prefix, an underscore, and 16 random letters and digits: 95 bits.
func NewID(prefix string) string { return prefix + "_" + RandomText(16) }

// RandomText returns n random characters of A-Z, a-z and 0-9, from crypto/rand.
func RandomText(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, 0, n)
	var pool [64]byte
	for {
		rand.Read(pool[:]) // never fails since Go 1.24
		for _, b := range pool {
			if int(b) >= 256-256%len(alphabet) { // keeps every character equally likely
				continue
			}
			if text = append(text, alphabet[int(b)%len(alphabet)]); len(text) == n {
				return string(text)
			}
		}
	}
}

// checkID reports what is wrong with an id, which may come from outside.
func checkID(field, id string) error {
	switch {
	case id == "":
		return invalid(field, "is required")
	case len(id) > MaxIDBytes:
		return invalid(field, "must be at most %d bytes", MaxIDBytes)
	}
	return checkPlain(field, id)
}

// checkName reports what is wrong with a human name.
func checkName(field, name string) error {
	switch {
	case name == "":
		return invalid(field, "is required")
	case strings.TrimSpace(name) == "":
		return invalid(field, "must not be blank")
	}
	return checkText(field, name, MaxNameRunes)
}

// checkText reports what is wrong with an optional line of text.
func checkText(field, text string, maxRunes int) error {
	if utf8.RuneCountInString(text) > maxRunes {
		return invalid(field, "must be at most %d characters", maxRunes)
	}
	return checkPlain(field, text)
}

// checkPlain refuses what can't be told apart or shown: bytes that aren't UTF-8,
// and control characters. Keys rely on it: a tab separates their parts.
func checkPlain(field, text string) error {
	if !utf8.ValidString(text) {
		return invalid(field, "must be valid UTF-8")
	}
	for _, r := range text {
		if r < 0x20 || r == 0x7f {
			return invalid(field, "must not contain control characters")
		}
	}
	return nil
}
