package identity

import (
	"context"
	"errors"
	"fmt"
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

	// Password is the maker's own: it takes the place of rolecall:credentials.write
	// for a key of one's own. From is the address that it came from.
	Password, From string

	Attributes   rolecall.Attributes // of the credential
	PermittedIPs []string            // from where it counts; none means everywhere
	// Also returns what to do in the same write, once there is a subject, nil if
	// there is nothing.
	Also func(subject rolecall.SubjectID) rolecall.Op
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

// CreateKey makes an access key, in one write by by. With a wrong password of
// by's it fails as SignIn does.
func (i *Identity) CreateKey(ctx context.Context, by rolecall.Actor, k NewKey) (*Key, error) {
	if k.ID == "" {
		k.ID = rolecall.CredentialID(rolecall.NewID("key"))
	} else if err := checkKeyID(k.ID); err != nil {
		return nil, err
	}
	if k.Password != "" {
		if k.Subject != by.Subject {
			return nil, refuse("password", "is for a key of one's own")
		}
		if err := i.proveSelf(ctx, by.Subject, k.Password, k.From); err != nil {
			return nil, err
		}
		by = rolecall.Proven(by)
	}
	text := newKeyText(k.ID)
	hash, _ := hashKey(text)

	var ops []rolecall.Op
	key := &Key{Credential: &rolecall.Credential{
		ID: k.ID, Subject: k.Subject, Type: rolecall.AccessKey, Name: k.Name, Hash: hash[:],
		Attributes: k.Attributes, Validity: rolecall.Validity{ExpiresAt: k.ExpiresAt},
	}}
	if err := SetPermittedIPs(key.Credential, k.PermittedIPs); err != nil {
		return nil, err
	}
	if k.Subject == "" {
		key.Client = &rolecall.Client{ID: rolecall.SubjectID(k.ID), Name: k.Name, Description: k.Description}
		key.Credential.Subject = key.Client.ID
		ops = append(ops, rolecall.Create(key.Client))
	}
	ops = append(ops, rolecall.Create(key.Credential))
	for _, role := range k.Roles {
		role.Subject = key.Credential.Subject
		ops = append(ops, rolecall.Put(&role))
	}
	if k.Also != nil {
		ops = append(ops, k.Also(key.Credential.Subject))
	}
	if err := i.writeKey(ctx, by, key, text, ops...); err != nil {
		return nil, err
	}
	return key, nil
}

// RotateKey gives an access key a new secret. The old one stops working at once.
func (i *Identity) RotateKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (*Key, error) {
	text := newKeyText(id)
	hash, _ := hashKey(text)
	key := &Key{Credential: &rolecall.Credential{ID: id}}
	err := i.writeKey(ctx, by, key, text, changeKey(id, func(c *rolecall.Credential) { c.Hash = hash[:] }))
	if err != nil {
		return nil, err
	}
	return key, nil
}

// writeKey makes a write that gives key the secret text, and fills key in.
func (i *Identity) writeKey(ctx context.Context, by rolecall.Actor, key *Key, text string, ops ...rolecall.Op) (err error) {
	if key.Receipt, err = i.rc.Write(ctx, by, ops...); err != nil {
		return whole(err)
	}
	if !key.Receipt.Replayed && !key.Receipt.DryRun {
		key.Secret = text
	}
	key.Credential = stored(key.Receipt, key.Credential)
	if key.Client != nil {
		key.Client = stored(key.Receipt, key.Client)
	}
	return nil
}

// DisableKey makes an access key stop working until EnableKey.
func (i *Identity) DisableKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (rolecall.Receipt, error) {
	return i.rc.Write(ctx, by, changeKey(id, func(c *rolecall.Credential) { c.Disabled = true }))
}

// EnableKey makes a disabled access key work again.
func (i *Identity) EnableKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (rolecall.Receipt, error) {
	return i.rc.Write(ctx, by, changeKey(id, func(c *rolecall.Credential) { c.Disabled = false }))
}

// DeleteKey deletes an access key, and the client that it was made with.
func (i *Identity) DeleteKey(ctx context.Context, by rolecall.Actor, id rolecall.CredentialID) (rolecall.Receipt, error) {
	key, err := rolecall.Find(ctx, i.rc, reader, &rolecall.Credential{ID: id})
	switch {
	case errors.Is(err, rolecall.ErrNotFound):
		return rolecall.Receipt{}, noKey(id)
	case err != nil:
		return rolecall.Receipt{}, err
	case key.Type != rolecall.AccessKey:
		return rolecall.Receipt{}, noKey(id)
	}
	ops := []rolecall.Op{rolecall.Delete(key)}
	if string(key.Subject) == string(key.ID) {
		ops = append(ops, rolecall.Delete(&rolecall.Client{ID: key.Subject}))
	}
	receipt, err := i.rc.Write(ctx, by, ops...)
	return receipt, whole(err)
}

// changeKey changes the access key with an id.
func changeKey(id rolecall.CredentialID, change func(*rolecall.Credential)) rolecall.Op {
	return rolecall.Modify(&rolecall.Credential{ID: id}, func(c *rolecall.Credential) error {
		if c.Type != rolecall.AccessKey {
			return noKey(id)
		}
		change(c)
		return nil
	})
}

func noKey(id rolecall.CredentialID) error {
	return &rolecall.FieldError{Field: "key", Rule: fmt.Sprintf("%q does not exist", id), Kind: rolecall.ErrNotFound}
}

// MayActAs reports whether by may act as a subject: whether it could make an
// access key for it.
func (i *Identity) MayActAs(ctx context.Context, by rolecall.Actor, subject rolecall.SubjectID) error {
	by.DryRun = true
	_, err := i.CreateKey(ctx, by, NewKey{Name: "any", Subject: subject})
	return err
}
