package client

import (
	"context"
	"errors"
	"time"

	"github.com/rolecall/rolecall"
)

// A NewRole is an assignment to whoever is being made.
type NewRole struct {
	Role rolecall.RoleID `json:"role"`
	rolecall.Scope
	Source rolecall.Source `json:"source,omitempty"`
	rolecall.Validity
	Reason string `json:"reason,omitempty"`
}

// A NewUser is a user with all that it starts with.
type NewUser struct {
	rolecall.User
	LoginIDs     []string            `json:"login_ids,omitempty"` // what it signs in with; by default its e-mail address
	Password     string              `json:"password,omitempty"`
	PasswordHash string              `json:"password_hash,omitempty"` // instead: an Argon2id, bcrypt or PBKDF2 string, of an import
	Temporary    bool                `json:"temporary,omitempty"`     // the password has to be changed at the first sign-in
	Tenants      []rolecall.TenantID `json:"tenants,omitempty"`
	Roles        []NewRole           `json:"roles,omitempty"`
}

// CreateUser makes a user and all that it starts with, or nothing. A dry run
// returns no user.
func (c *Client) CreateUser(ctx context.Context, u NewUser) (*rolecall.User, rolecall.Receipt, error) {
	user := new(rolecall.User)
	receipt, err := c.write(ctx, call{method: "POST", path: "/users", body: u}, user)
	if err != nil || receipt.DryRun {
		return nil, receipt, err
	}
	return user, receipt, nil
}

// SetPassword sets a user's password. With temporary it has to be changed at
// the next sign-in.
func (c *Client) SetPassword(ctx context.Context, user rolecall.SubjectID, password string, temporary bool) (rolecall.Receipt, error) {
	return c.write(ctx, call{
		method: "PUT", path: collections[rolecall.KindUser].at(string(user)) + "/password",
		body: map[string]any{"password": password, "temporary": temporary},
	}, nil)
}

// ChangePassword replaces a password by proving it.
func (c *Client) ChangePassword(ctx context.Context, login, old, new string) error {
	_, err := c.do(ctx, call{method: "POST", path: "/password", once: true, open: true,
		body: map[string]string{"login": login, "password": old, "new_password": new}}, nil)
	return err
}

// A NewKey is an access key to be made.
type NewKey struct {
	ID          rolecall.CredentialID `json:"id,omitempty"` // made if it is empty
	Name        string                `json:"name"`
	Description string                `json:"description,omitempty"`
	Subject     rolecall.SubjectID    `json:"subject,omitempty"` // whose it is; by default a client of its own
	Roles       []NewRole             `json:"roles,omitempty"`   // for a client of its own
	ExpiresAt   time.Time             `json:"expires_at,omitzero"`
	Password    string                `json:"password,omitempty"` // one's own, for a key of one's own
}

// A Key is an access key that was just made. Nothing shows its Secret again.
type Key struct {
	rolecall.Credential
	Secret string `json:"secret"`
}

// String names the key, and does not show its secret.
func (k *Key) String() string { return "access key " + string(k.ID) }

// errSecretLost says that a key was made whose secret nobody knows.
var errSecretLost = errors.New("the key was made, but the answer with its secret was lost: rotate it")

// CreateKey makes an access key. A dry run returns no key.
func (c *Client) CreateKey(ctx context.Context, k NewKey) (*Key, rolecall.Receipt, error) {
	return c.newSecret(ctx, call{method: "POST", path: "/keys", body: k})
}

// RotateKey gives an access key a new secret. The old one ends at once.
func (c *Client) RotateKey(ctx context.Context, id rolecall.CredentialID) (*Key, rolecall.Receipt, error) {
	return c.newSecret(ctx, call{method: "POST", path: collections[rolecall.KindCredential].at(string(id)) + "/rotate"})
}

func (c *Client) newSecret(ctx context.Context, k call) (*Key, rolecall.Receipt, error) {
	key := new(Key)
	receipt, err := c.write(ctx, k, key)
	if err == nil && !receipt.DryRun && key.Secret == "" {
		err = errSecretLost
	}
	if err != nil || receipt.DryRun {
		return nil, receipt, err
	}
	return key, receipt, nil
}

// DeleteKey deletes an access key, and the client that was made with it.
func (c *Client) DeleteKey(ctx context.Context, id rolecall.CredentialID) (rolecall.Receipt, error) {
	return c.write(ctx, call{method: "DELETE", path: collections[rolecall.KindCredential].at(string(id))}, nil)
}

// A NewInvitation asks somebody to join.
type NewInvitation struct {
	Email    string             `json:"email"`
	Tenant   rolecall.TenantID  `json:"tenant,omitempty"` // "" for the project
	Roles    []rolecall.RoleID  `json:"roles,omitempty"`  // that the invited get there
	Client   rolecall.SubjectID `json:"client,omitempty"` // the application that they begin at
	Inviter  string             `json:"inviter,omitempty"`
	Lifetime time.Duration      `json:"-"`              // in whole seconds; by default a week, at most 30 days
	Show     bool               `json:"show,omitempty"` // answers the link in place of mailing it
}

// An Invitation was just made.
type Invitation struct {
	rolecall.Invitation
	Roles []rolecall.RoleID `json:"roles"`
	Sent  bool              `json:"sent"` // a mail is on its way
	Link  string            `json:"link"` // where the invited accept, if no mail says so; nothing shows it again
}

// String names the invitation, and does not show its link.
func (i *Invitation) String() string { return "invitation " + string(i.ID) }

// Invite asks somebody to join. A dry run returns no invitation.
func (c *Client) Invite(ctx context.Context, n NewInvitation) (*Invitation, rolecall.Receipt, error) {
	made := new(Invitation)
	receipt, err := c.write(ctx, call{method: "POST", path: "/invitations", body: struct {
		NewInvitation
		Lifetime int `json:"lifetime,omitempty"`
	}{n, int(n.Lifetime / time.Second)}}, made)
	if err != nil || receipt.DryRun {
		return nil, receipt, err
	}
	return made, receipt, nil
}

// RotateSigningKey signs with a new key of algorithm from now on: RS256, ES256
// or EdDSA. The old one is published for overlap, or else for as long as what it
// signed may last.
func (c *Client) RotateSigningKey(ctx context.Context, algorithm string, overlap time.Duration) (rolecall.KeyID, error) {
	var made struct {
		ID rolecall.KeyID `json:"id"`
	}
	_, err := c.write(ctx, call{method: "POST", path: "/signing-keys/rotate",
		body: map[string]any{"algorithm": algorithm, "overlap": int(overlap / time.Second)}}, &made)
	return made.ID, err
}

// A TokenRequest asks for a token by a login id and a password or, without
// them, by the Client's own access key.
type TokenRequest struct {
	Login    string
	Password string

	API       string            // by identifier: whom the token is for; empty means the default API
	Tenant    rolecall.TenantID // what it says is held there too; empty means everywhere
	Lifetime  time.Duration     // in whole seconds; 0 means one hour
	Algorithm string            // RS256 (the default), ES256 or EdDSA
}

// A Token is a JSON Web Token, signed by the server.
type Token struct {
	AccessToken string
	ExpiresIn   time.Duration // from the answer on
}

// String does not show the token.
func (t *Token) String() string { return "token for " + t.ExpiresIn.String() }

// Token signs in and returns a token.
func (c *Client) Token(ctx context.Context, q TokenRequest) (*Token, error) {
	body := struct {
		Login     string            `json:"login,omitempty"`
		Password  string            `json:"password,omitempty"`
		AccessKey string            `json:"access_key,omitempty"`
		API       string            `json:"api,omitempty"`
		Tenant    rolecall.TenantID `json:"tenant,omitempty"`
		Lifetime  int               `json:"lifetime,omitempty"`
		Algorithm string            `json:"algorithm,omitempty"`
	}{q.Login, q.Password, "", q.API, q.Tenant, int(q.Lifetime / time.Second), q.Algorithm}
	if q.Login == "" && q.Password == "" {
		body.AccessKey = c.accessKey()
	}
	var reply struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	// Not sent twice: each wrong password counts.
	if _, err := c.do(ctx, call{method: "POST", path: "/token", body: body, once: true, open: true}, &reply); err != nil {
		return nil, err
	}
	return &Token{reply.AccessToken, time.Duration(reply.ExpiresIn) * time.Second}, nil
}
