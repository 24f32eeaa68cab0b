package descope

import (
	"github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/token"
)

// publicKeys serves GET /v2/keys/{projectId}: the keys that verify tokens of
// this API. One of the SDKs can't read those of other algorithms.
func (c *call) publicKeys(*none) (any, error) {
	if c.last != c.rc.Project() {
		return nil, api.ErrNoRoute
	}
	return c.keys.JWKS(c.r.Context(), token.RS256)
}
