package oidc

import (
	"net/http"
	"time"

	"github.com/rolecall/rolecall/internal/identity"
)

// Anybody can begin interactions, and never end them: a request to /authorize is
// enough. So one address can leave only so many, and all together, too. Of those
// that are too many for all, the oldest are forgotten, and whoever was at one of
// them begins again.

// WithInteractions bounds the interactions that have begun and not ended: for each
// remote address, and about how many the store keeps.
func WithInteractions(address identity.Limit, most int) Option {
	return func(p *Provider) { p.begun, p.most = identity.NewLimiter(address, 1<<14), most }
}

const (
	// maxInteraction is how much one may keep, in bytes, sealed.
	maxInteraction = 16 << 10
	// lookEvery is how often it is looked how many there are: after so many more.
	lookEvery = 500
)

// mayBegin reports, as an error, that a request's address has begun too many
// interactions, or one that is too large. Now and then it has the oldest forgotten.
func (p *Provider) mayBegin(r *http.Request, size int, now time.Time) error {
	if size > maxInteraction {
		return refuse(http.StatusRequestURITooLong, "invalid_request", "The request is too long.")
	}
	if err := p.begun.Take(r.RemoteAddr, now); err != nil {
		return err
	}
	if p.count.Add(1)%max(1, min(lookEvery, int64(p.most))) == 0 {
		return p.store.ForgetInteractions(r.Context(), p.most)
	}
	return nil
}
