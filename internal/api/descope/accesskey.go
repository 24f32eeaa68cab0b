package descope

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// An accessKey as this API shows it. The secret is shown beside it, once.
type accessKey struct {
	ID               string           `json:"id"`
	Name             string           `json:"name"`
	Description      string           `json:"description"`
	RoleNames        []string         `json:"roleNames"`
	KeyTenants       []keyTenant      `json:"keyTenants"`
	Status           string           `json:"status"` // active, inactive or expired
	CreatedTime      int64            `json:"createdTime"`
	ExpireTime       int64            `json:"expireTime"` // 0 is never
	CreatedBy        string           `json:"createdBy"`
	ClientID         string           `json:"clientId"`
	BoundUserID      string           `json:"boundUserId"`
	CustomClaims     customAttributes `json:"customClaims"`
	PermittedIPs     []string         `json:"permittedIps"`
	CustomAttributes customAttributes `json:"customAttributes"`
}

type keyTenant struct {
	TenantID   string   `json:"tenantId"`
	TenantName string   `json:"tenantName"`
	RoleNames  []string `json:"roleNames"`
}

// keyMore is what this API keeps beside the credential of an access key.
type keyMore struct {
	Description      string             `json:"description,omitempty"`
	CreatedBy        rolecall.SubjectID `json:"createdBy,omitempty"`
	CustomClaims     customAttributes   `json:"customClaims,omitempty"`
	CustomAttributes customAttributes   `json:"customAttributes,omitempty"`
}

// bound reports whether a key is a user's: then it has exactly what the user
// has. Any other has a client of its own.
func bound(k *rolecall.Credential) bool { return string(k.Subject) != string(k.ID) }

type keyReply struct {
	Cleartext string    `json:"cleartext,omitempty"`
	Key       accessKey `json:"key"`
}

// describeKeys returns keys as this API shows them.
func describeKeys(ctx context.Context, v *rolecall.View, keys []*rolecall.Credential) ([]accessKey, error) {
	subjects := make([]string, len(keys))
	for i, k := range keys {
		subjects[i] = string(k.Subject)
	}
	slices.Sort(subjects)
	holds, err := holdingsOf(ctx, v, slices.Compact(subjects))
	if err != nil {
		return nil, err
	}
	names, err := namesOf(ctx, v, holds)
	if err != nil {
		return nil, err
	}
	all := make([]accessKey, len(keys))
	for i, k := range keys {
		kept, err := more[keyMore](k.Attributes)
		if err != nil {
			return nil, err
		}
		from, err := identity.PermittedIPs(k)
		if err != nil {
			return nil, err
		}
		has := holds[k.Subject]
		all[i] = accessKey{
			ID: string(k.ID), Name: k.Name, Description: kept.Description, Status: keyStatus(k, v.Now()),
			RoleNames: called(names.roles, has[""]), KeyTenants: []keyTenant{},
			CreatedTime: seconds(k.CreatedAt), ExpireTime: seconds(k.ExpiresAt),
			CreatedBy: string(cmp.Or(kept.CreatedBy, rolecall.SystemSubject)), ClientID: string(k.Subject),
			CustomClaims: kept.CustomClaims.shown(), PermittedIPs: list(from), CustomAttributes: kept.CustomAttributes.shown(),
		}
		if bound(k) {
			all[i].BoundUserID = string(k.Subject)
		}
		for tenant, roles := range has {
			if tenant != "" {
				all[i].KeyTenants = append(all[i].KeyTenants, keyTenant{string(tenant), names.tenants[tenant], called(names.roles, roles)})
			}
		}
		slices.SortFunc(all[i].KeyTenants, func(a, b keyTenant) int { return cmp.Compare(a.TenantID, b.TenantID) })
	}
	return all, nil
}

func keyStatus(k *rolecall.Credential, now time.Time) string {
	switch {
	case k.Disabled:
		return "inactive"
	case !k.Validity.At(now):
		return "expired"
	}
	return "active"
}

// findKey returns the access key with an id.
func findKey(ctx context.Context, v *rolecall.View, id rolecall.CredentialID) (*rolecall.Credential, error) {
	if err := required("id", string(id)); err != nil {
		return nil, err
	}
	k, err := rolecall.Look(ctx, v, &rolecall.Credential{ID: id})
	if errors.Is(err, rolecall.ErrNotFound) || err == nil && k.Type != rolecall.AccessKey {
		return nil, noAccessKey.because("access key %q does not exist", id)
	}
	return k, err
}

// showKey answers with an access key.
func (c *call) showKey(id rolecall.CredentialID, cleartext string) (keyReply, error) {
	reply := keyReply{Cleartext: cleartext}
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		k, err := findKey(ctx, v, id)
		if err != nil {
			return err
		}
		all, err := describeKeys(ctx, v, []*rolecall.Credential{k})
		if err == nil {
			reply.Key = all[0]
		}
		return err
	})
}

// createKey serves POST /v1/mgmt/accesskey/create.
func (c *call) createKey(in *struct {
	Name             string             `json:"name"`
	Description      string             `json:"description"`
	ExpireTime       int64              `json:"expireTime"`
	RoleNames        []string           `json:"roleNames"`
	KeyTenants       []place            `json:"keyTenants"`
	UserID           rolecall.SubjectID `json:"userId"`
	CustomClaims     customAttributes   `json:"customClaims"`
	PermittedIPs     []string           `json:"permittedIps"`
	CustomAttributes customAttributes   `json:"customAttributes"`
}) (none keyReply, err error) {
	if err := required("name", in.Name); err != nil {
		return none, err
	}
	if err := claims(in.CustomClaims).check(); err != nil {
		return none, err
	}
	if in.UserID != "" && len(in.RoleNames)+len(in.KeyTenants) > 0 {
		return none, invalidArgument.because("a key that is bound to a user has the user's roles and tenants, and takes none of its own")
	}
	k := identity.NewKey{Name: in.Name, PermittedIPs: in.PermittedIPs}
	if in.ExpireTime != 0 {
		k.ExpiresAt = time.Unix(in.ExpireTime, 0)
	}
	if k.Attributes, err = withMore(nil, keyMore{
		Description: in.Description, CreatedBy: c.by.Subject,
		CustomClaims: in.CustomClaims.set(), CustomAttributes: in.CustomAttributes.set(),
	}); err != nil {
		return none, err
	}
	if in.UserID != "" {
		if err := c.view(func(ctx context.Context, v *rolecall.View) error {
			u, err := findUser(ctx, v, string(in.UserID))
			if err == nil {
				k.Subject = u.ID
			}
			return err
		}); err != nil {
			return none, err
		}
	}
	if in.UserID == "" { // an empty list of a user's key takes nothing from the user
		k.Also = func(subject rolecall.SubjectID) rolecall.Op {
			return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
				return settle(ctx, v, subject, in.RoleNames, in.KeyTenants)
			})
		}
	}
	key, err := c.identity.CreateKey(c.r.Context(), c.by, k)
	if err != nil {
		return none, err
	}
	return c.showKey(key.Credential.ID, key.Secret)
}

type keyRef struct {
	ID rolecall.CredentialID `json:"id"`
}

// loadKey serves GET /v1/mgmt/accesskey.
func (c *call) loadKey(in *keyRef) (keyReply, error) { return c.showKey(in.ID, "") }

// searchKeys serves POST /v1/mgmt/accesskey/search.
func (c *call) searchKeys(in *struct {
	TenantIDs        []string         `json:"tenantIds"`
	BoundUserID      string           `json:"boundUserId"`
	CreatingUser     string           `json:"creatingUser"`
	CustomAttributes customAttributes `json:"customAttributes"`
}) (reply struct {
	Keys []accessKey `json:"keys"`
}, err error) {
	return reply, c.view(func(ctx context.Context, v *rolecall.View) error {
		found, err := rolecall.All[*rolecall.Credential](ctx, v, rolecall.Query{
			Kind: rolecall.KindCredential, Sort: "name", Where: []rolecall.Condition{rolecall.Where("type", rolecall.AccessKey)},
		})
		if err == nil {
			reply.Keys, err = describeKeys(ctx, v, found)
		}
		reply.Keys = slices.DeleteFunc(list(reply.Keys), func(k accessKey) bool {
			in1 := func(t keyTenant) bool { return slices.Contains(in.TenantIDs, t.TenantID) }
			return len(in.TenantIDs) > 0 && !slices.ContainsFunc(k.KeyTenants, in1) ||
				in.BoundUserID != "" && in.BoundUserID != k.BoundUserID ||
				in.CreatingUser != "" && in.CreatingUser != k.CreatedBy ||
				!k.CustomAttributes.match(in.CustomAttributes)
		})
		return err
	})
}

// updateKey serves POST /v1/mgmt/accesskey/update: the name, and of the rest
// what it is given.
func (c *call) updateKey(in *struct {
	ID               rolecall.CredentialID `json:"id"`
	Name             string                `json:"name"`
	Description      *string               `json:"description"`
	RoleNames        []string              `json:"roleNames"`
	KeyTenants       []place               `json:"keyTenants"`
	CustomClaims     customAttributes      `json:"customClaims"`
	PermittedIPs     []string              `json:"permittedIps"`
	CustomAttributes customAttributes      `json:"customAttributes"`
}) (none keyReply, err error) {
	_, err = c.write(rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		k, err := findKey(ctx, v, in.ID)
		if err == nil {
			err = required("name", in.Name)
		}
		if err == nil {
			err = claims(in.CustomClaims).check()
		}
		if err == nil && bound(k) && len(in.RoleNames)+len(in.KeyTenants) > 0 {
			err = invalidArgument.because("a key that is bound to a user has the user's roles and tenants, and takes none of its own")
		}
		if err != nil {
			return nil, err
		}
		kept, err := more[keyMore](k.Attributes)
		if err != nil {
			return nil, err
		}
		k.Name = in.Name
		if in.Description != nil {
			kept.Description = *in.Description
		}
		if in.PermittedIPs != nil {
			if err := identity.SetPermittedIPs(k, in.PermittedIPs); err != nil {
				return nil, err
			}
		}
		if in.CustomClaims != nil {
			kept.CustomClaims = in.CustomClaims.set()
		}
		if in.CustomAttributes != nil {
			kept.CustomAttributes = in.CustomAttributes.set()
		}
		if k.Attributes, err = withMore(k.Attributes, kept); err != nil {
			return nil, err
		}
		ops := []rolecall.Op{rolecall.Update(k)}
		if bound(k) {
			return ops, nil
		}
		holds, err := settle(ctx, v, k.Subject, in.RoleNames, in.KeyTenants)
		return append(ops, holds...), err
	}))
	if err != nil {
		return none, err
	}
	return c.showKey(in.ID, "")
}

// disable returns the operation that makes a key stop or start working.
func (ref keyRef) disable(yes bool) rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		k, err := findKey(ctx, v, ref.ID)
		if err != nil {
			return nil, err
		}
		k.Disabled = yes
		return []rolecall.Op{rolecall.Update(k)}, nil
	})
}

func (ref keyRef) activate() rolecall.Op   { return ref.disable(false) }
func (ref keyRef) deactivate() rolecall.Op { return ref.disable(true) }

// delete deletes the key's own client, too.
func (ref keyRef) delete() rolecall.Op {
	return rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		k, err := findKey(ctx, v, ref.ID)
		if err != nil {
			return nil, err
		}
		if !bound(k) {
			return []rolecall.Op{rolecall.Delete(&rolecall.Client{ID: k.Subject})}, nil
		}
		return []rolecall.Op{rolecall.Delete(k)}, nil
	})
}

type keyRefs struct {
	IDs []rolecall.CredentialID `json:"ids"`
}

func (in *keyRefs) all() (refs []keyRef) {
	for _, id := range in.IDs {
		refs = append(refs, keyRef{id})
	}
	return refs
}

// activateKey serves POST /v1/mgmt/accesskey/activate.
func (c *call) activateKey(in *keyRef) (none, error) { return c.do(in.activate()) }

// deactivateKey serves POST /v1/mgmt/accesskey/deactivate.
func (c *call) deactivateKey(in *keyRef) (none, error) { return c.do(in.deactivate()) }

// deleteKey serves POST /v1/mgmt/accesskey/delete.
func (c *call) deleteKey(in *keyRef) (none, error) { return c.do(in.delete()) }

// activateKeys serves POST /v1/mgmt/accesskey/activate/batch.
func (c *call) activateKeys(in *keyRefs) (none, error) {
	return each(c, "ids", in.all(), keyRef.activate)
}

// deactivateKeys serves POST /v1/mgmt/accesskey/deactivate/batch.
func (c *call) deactivateKeys(in *keyRefs) (none, error) {
	return each(c, "ids", in.all(), keyRef.deactivate)
}

// deleteKeys serves POST /v1/mgmt/accesskey/delete/batch.
func (c *call) deleteKeys(in *keyRefs) (none, error) {
	return each(c, "ids", in.all(), keyRef.delete)
}

// rotateKey serves POST /v1/mgmt/accesskey/rotate. Only an active key is rotated.
func (c *call) rotateKey(in *keyRef) (none keyReply, err error) {
	if err := c.view(func(ctx context.Context, v *rolecall.View) error {
		k, err := findKey(ctx, v, in.ID)
		if err == nil && keyStatus(k, v.Now()) != "active" {
			err = invalidArgument.because("only an active access key can be rotated")
		}
		return err
	}); err != nil {
		return none, err
	}
	key, err := c.identity.RotateKey(c.r.Context(), c.by, in.ID)
	if err != nil {
		return none, err
	}
	return c.showKey(in.ID, key.Secret)
}
