package descope

// license serves GET /v1/mgmt/license, which SDKs ask for when they start.
func (c *call) license(*none) (reply struct {
	RateLimitTier string `json:"rateLimitTier"`
}, err error) {
	reply.RateLimitTier = "tier1"
	return reply, nil
}
