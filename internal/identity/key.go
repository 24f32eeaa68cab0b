package identity

import (
	"context"
	"time"

	"github.com/rolecall/rolecall"
)

// A NewKey is an access key to be made.
type NewKey struct {
	ID          rolecall.CredentialID // "key_" and letters and digits; made if empty
	Name        string
	Description string // of the key's own client
	// Subject is whom the key is for. If it is empty, the key gets a client of
	// its own, which has the key's id and name.
	Subject   rolecall.SubjectID
	Roles     []rolecall.Assignment // that Subject gets; their Subject is filled in
	ExpiresAt time.Time             // zero means never
}

// A Key is an access key that was just made.
type Key struct {
	// Secret is the text to present. It is not kept, so nobody sees it again:
	// it is empty when Receipt is that of an earlier write, or of a dry run.
	Secret     string
	Credential *rolecall.Credential
	Client     *rolecall.Client // the key's own, if it has one
	Receipt    rolecall.Receipt
}

// CreateKey makes an access key, in one write by by.
func (i *Identity) CreateKey(ctx context.Context, by rolecall.Actor, k NewKey) (*Key, error) {
	panic("soon")
}

// RotateKey gives an access key a new secret. The old one stops working at once.
func (i *Identity) RotateKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (*Key, error) {
	panic("soon")
}

// DisableKey makes an access key stop working until EnableKey.
func (i *Identity) DisableKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (rolecall.Receipt, error) {
	panic("soon")
}

// EnableKey makes a disabled access key work again.
func (i *Identity) EnableKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (rolecall.Receipt, error) {
	panic("soon")
}

// DeleteKey deletes an access key, and the client that it was made with.
func (i *Identity) DeleteKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (rolecall.Receipt, error) {
	panic("soon")
}

// VerifyKey returns the credential whose secret is presented, which the caller
// must not change. It is ErrBadCredentials if there is none, or it does not
// count now: expired, disabled, or its subject blocked.
func (i *Identity) VerifyKey(ctx context.Context, secret string) (*rolecall.Credential, error) {
	panic("soon")
}

// KeyPrefix begins the text of every access key, which tells it from a token.
const KeyPrefix = "rck_"
