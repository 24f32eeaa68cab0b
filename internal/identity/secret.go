package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/rolecall/rolecall"
)

// Bounds of a client secret's text.
const (
	clientSecretChars = 64
	minSecretBytes    = 32
	maxSecretBytes    = 256
)

// NewSecret returns a credential that proves a client to the token endpoint, for
// a write that makes it, and its text, which is not kept. A text that comes from
// another system is taken if it is long enough to be random: 32 to 256 visible
// ASCII characters. An empty one is made: 64 letters and digits.
func NewSecret(client rolecall.SubjectID, text string) (*rolecall.Credential, string, error) {
	if text == "" {
		text = rolecall.RandomText(clientSecretChars)
	}
	visible := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	if len(text) < minSecretBytes || len(text) > maxSecretBytes || !visible || strings.HasPrefix(text, KeyPrefix) {
		return nil, "", refuse("secret", "must be %d to %d visible ASCII characters, and not begin with %s", minSecretBytes, maxSecretBytes, KeyPrefix)
	}
	hash := sha256.Sum256([]byte(text))
	return &rolecall.Credential{
		ID: rolecall.CredentialID(rolecall.NewID("secret")), Subject: client, Type: rolecall.ClientSecret, Hash: hash[:],
	}, text, nil
}

// RotateSecret returns the operations that replace all secrets of a client by a
// new one, and the new one's text.
func RotateSecret(client rolecall.SubjectID) ([]rolecall.Op, string, error) {
	fresh, text, err := NewSecret(client, "")
	if err != nil {
		return nil, "", err
	}
	forget := rolecall.Plan(func(ctx context.Context, v *rolecall.View) (ops []rolecall.Op, err error) {
		old, err := rolecall.All[*rolecall.Credential](ctx, v, secretsOf(client))
		for _, c := range old {
			ops = append(ops, rolecall.Delete(c))
		}
		return ops, err
	})
	return []rolecall.Op{forget, rolecall.Create(fresh)}, text, nil
}

func secretsOf(client rolecall.SubjectID) rolecall.Query {
	return rolecall.Query{Kind: rolecall.KindCredential, Where: []rolecall.Condition{
		rolecall.Where("subject", client), rolecall.Where("type", rolecall.ClientSecret),
	}}
}

// VerifySecret returns the credential by which a client proves itself: one of
// its secrets or, since those are as good, one of its access keys. The caller
// must not change it. It is ErrBadCredentials if the text is none, or does not
// count now or from that remote address, or the client is unknown or blocked.
func (i *Identity) VerifySecret(ctx context.Context, client rolecall.SubjectID, text, from string) (*rolecall.Credential, error) {
	if strings.HasPrefix(text, KeyPrefix) {
		c, err := i.VerifyKey(ctx, text, from)
		if err == nil && c.Subject != client {
			return nil, ErrBadCredentials
		}
		return c, err
	}
	if client == "" || len(text) < minSecretBytes || len(text) > maxSecretBytes {
		return nil, ErrBadCredentials
	}
	known := i.lately(secretSum(client, text))
	if at := i.rc.Revision(); known == nil || known.revision < i.rc.ChangedAt(rolecall.KindCredential) {
		var err error
		if known, err = i.readSecret(ctx, client, text, known, at); err != nil {
			return nil, err
		}
	}
	return i.count(known, from)
}

// readSecret reads the secret of a client from the store, and remembers it.
func (i *Identity) readSecret(ctx context.Context, client rolecall.SubjectID, text string, known *knownKey, at rolecall.Revision) (*knownKey, error) {
	sum := sha256.Sum256([]byte(text))
	var secrets []*rolecall.Credential
	err := i.rc.View(ctx, reader, func(v *rolecall.View) (err error) {
		secrets, err = rolecall.All[*rolecall.Credential](ctx, v, secretsOf(client))
		return err
	})
	if err != nil {
		return nil, err
	}
	var found *rolecall.Credential
	for _, c := range secrets {
		if subtle.ConstantTimeCompare(c.Hash, sum[:]) == 1 {
			found = c
		}
	}
	if found == nil {
		return nil, ErrBadCredentials
	}
	return i.remember(ctx, secretSum(client, text), found, known, at)
}

// secretSum is what a verified secret is remembered by. It is no hash that
// VerifyKey looks for: the text of a key has no zero byte.
func secretSum(client rolecall.SubjectID, text string) [sha256.Size]byte {
	return sha256.Sum256([]byte(string(client) + "\x00" + text))
}
