package token

import (
	"context"
	"time"

	"github.com/rolecall/rolecall"
)

// A TokenRequest asks for a token that says what a subject holds.
type TokenRequest struct {
	Subject  rolecall.SubjectID
	API      string            // by identifier, the token's audience; "" means the default API
	Tenant   rolecall.TenantID // "" asks for what is held everywhere
	Lifetime time.Duration     // DefaultLifetime if 0, at most MaxLifetime
	// Until, if set, is when what the subject was recognised by expires: the
	// token does so by then too.
	Until time.Time
	// Algorithm is RS256 if empty.
	Algorithm string
}

// Lifetimes of tokens.
const (
	DefaultLifetime = time.Hour
	MaxLifetime     = 24 * time.Hour
)

// TokenFor returns a token for a request, and when it expires: no later than
// anything that it says.
func (k *Keys) TokenFor(ctx context.Context, req TokenRequest) (raw string, expires time.Time, err error) {
	panic("soon")
}
