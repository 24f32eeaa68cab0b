package webhook

import (
	"time"

	"github.com/rolecall/rolecall/internal/outbound"
)

// Quick makes pauses that take seconds take milliseconds, and a process deliver
// for lease after it last said so. A request may take long: a busy machine is not
// an endpoint that does not answer.
func Quick(lease time.Duration) Option {
	return func(h *Hooks) {
		h.pace = pace{look: 20 * time.Millisecond, request: time.Minute, lease: lease, first: 10 * time.Millisecond, most: 100 * time.Millisecond}
	}
}

// Works reports whether h has a worker for a webhook.
func (h *Hooks) Works(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, works := h.behind[id]
	return works
}

var MayReach = outbound.Way{}.MayReach
