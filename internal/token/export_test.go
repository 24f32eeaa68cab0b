package token

import "context"

// VerifyAnew is Verify of a token that is not remembered.
func VerifyAnew(k *Keys, ctx context.Context, raw string, want Expect) (*Verified, error) {
	if set := k.set.Load(); set != nil {
		set.verified.mu.Lock()
		clear(set.verified.young)
		set.verified.mu.Unlock()
	}
	return k.Verify(ctx, raw, want)
}
