// Package state is what the OpenID provider keeps of sign-ins, and what it asks
// of a store for that. It stands apart from the package oidc, so that a store
// links neither pages nor a web server.
package state

import (
	"context"
	"encoding/json"
	"time"

	"github.com/rolecall/rolecall"
)

// A Store keeps the state of sign-ins. It is not policy, so it stands beside the
// journal. Of every secret it has the SHA-256 alone.
type Store interface {
	// AddInteraction keeps a new interaction, and may forget those that had
	// expired when it was made.
	AddInteraction(ctx context.Context, i *Interaction) error
	// FindInteraction returns the interaction with a hash, expired or not, or an
	// error that is ErrNotFound.
	FindInteraction(ctx context.Context, hash []byte) (*Interaction, error)
	// SaveInteraction replaces the Data of an interaction. One that does not
	// exist is ErrNotFound.
	SaveInteraction(ctx context.Context, i *Interaction) error
	// EndInteraction forgets an interaction. It succeeds once: after that, it is
	// ErrNotFound.
	EndInteraction(ctx context.Context, hash []byte) error
	// ForgetInteractions forgets those that expire first, if there are more than most.
	ForgetInteractions(ctx context.Context, most int) error

	// AddGrant keeps a new grant and its first token, and may forget grants and
	// tokens that had expired when it was made. A login or a client that does not
	// exist is ErrNotFound. A grant is forgotten with either.
	AddGrant(ctx context.Context, g *Grant, first *Token) error
	// AddTokens keeps more tokens of a grant, and lets it last until then at least.
	// One that has ended or does not exist is ErrNotFound, and keeps none. A token
	// that is there already is the new grant's from then on: an access token that
	// says the same in the same second is the same text.
	AddTokens(ctx context.Context, grant string, until time.Time, tokens ...*Token) error
	// FindToken returns a token and its grant, ended or not, or an error that is
	// ErrNotFound.
	FindToken(ctx context.Context, hash []byte) (*Token, *Grant, error)
	// UseToken is FindToken, and sets UsedAt in the same step if the token was not
	// used before: of all who use it, one alone is the first.
	UseToken(ctx context.Context, hash []byte, at time.Time) (t *Token, g *Grant, first bool, err error)
	// KeepToken moves the time when a token expires.
	KeepToken(ctx context.Context, hash []byte, until time.Time) error
	// EndGrant ends a grant, and with it its tokens. One that has ended, or that
	// does not exist, stays as it is.
	EndGrant(ctx context.Context, id string, at time.Time) error
	// MoveGrants hands the grants of a login to another.
	MoveGrants(ctx context.Context, from, to string) error

	// Consent returns the scope of an audience that a user allowed a client, nil
	// if none. AddConsent sets it.
	Consent(ctx context.Context, c Consent) (scope []string, err error)
	AddConsent(ctx context.Context, c Consent, scope []string, at time.Time) error
}

// An Interaction is what a browser does on our pages, step by step. Whoever
// holds its id and the cookie of its browser may go on with it.
type Interaction struct {
	ID      string          // in forms and addresses; not kept
	Hash    []byte          // of ID
	Browser []byte          // the hash of the browser's cookie
	Data    json.RawMessage // what it is about

	CreatedAt time.Time
	ExpiresAt time.Time
}

// A Grant is what one sign-in gave to one client. All tokens of a family hang on
// it, and it hangs on a login: it counts while both do.
type Grant struct {
	ID     string
	Login  string
	Client rolecall.SubjectID
	Data   GrantData

	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // zero if it goes on
}

// GrantData is what a grant is for.
type GrantData struct {
	Subject  rolecall.SubjectID `json:"subject"`
	Scope    []string           `json:"scope,omitempty"`    // as it was asked for
	Audience string             `json:"audience,omitempty"` // "" for /userinfo alone
	Tenant   rolecall.TenantID  `json:"tenant,omitempty"`
	OrgName  string             `json:"org_name,omitempty"` // what tokens call the tenant
	Nonce    string             `json:"nonce,omitempty"`
	AuthTime time.Time          `json:"auth_time"`
	Type     rolecall.GrantType `json:"type"` // how it began
}

// A TokenKind says what a token of the store is for.
type TokenKind string

const (
	CodeToken    TokenKind = "code"    // an authorization code
	RefreshToken TokenKind = "refresh" // a refresh token
	AccessToken  TokenKind = "access"  // an access token that /userinfo takes
)

// A Token is a text that somebody was given, to be used once or until it expires.
type Token struct {
	Hash  []byte
	Kind  TokenKind
	Grant string
	Code  CodeData // of a CodeToken

	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero if it was not
}

// CodeData is what an authorization code is bound to.
type CodeData struct {
	RedirectURI string `json:"redirect_uri,omitempty"`
	Challenge   string `json:"challenge,omitempty"` // RFC 7636, S256
}

// A Consent names what a user allows a client to get.
type Consent struct {
	Subject  rolecall.SubjectID
	Client   rolecall.SubjectID
	Audience string
}
