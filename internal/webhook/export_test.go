package webhook

import "time"

// Quick makes everything that takes seconds take milliseconds.
func Quick(lease time.Duration) Option {
	return func(h *Hooks) {
		h.pace = pace{look: 20 * time.Millisecond, request: 2 * time.Second, lease: lease, first: 10 * time.Millisecond, most: 100 * time.Millisecond}
	}
}

var MayReach = way{}.mayReach
