package mail

import "time"

// RetryAfter sets the times between attempts.
func (o *Outbox) RetryAfter(times ...time.Duration) { o.retries = times }
