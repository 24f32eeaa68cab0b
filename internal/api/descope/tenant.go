package descope

import (
	"context"
	"errors"

	"github.com/rolecall/rolecall"
)

// findTenant returns the tenant with an id.
func findTenant(ctx context.Context, v *rolecall.View, id rolecall.TenantID) (*rolecall.Tenant, error) {
	t, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: id})
	if errors.Is(err, rolecall.ErrNotFound) {
		err = noTenant.because("tenant %q does not exist", id)
	}
	return t, err
}
