package token

import (
	"context"

	"github.com/rolecall/rolecall/internal/recent"
)

// VerifyAnew is Verify of a token that is not remembered.
func VerifyAnew(k *Keys, ctx context.Context, raw string, want Expect) (*Verified, error) {
	if set := k.set.Load(); set != nil {
		set.verified = recent.New[Verified]()
	}
	return k.Verify(ctx, raw, want)
}
