package rolecall

import "time"

// Reference is the reference model, for tests from outside the package.
type Reference struct{ world }

func NewReference() Reference                               { return Reference{newWorld()} }
func (r Reference) Apply(before, after Record)              { r.apply(before, after) }
func (r Reference) Clone() Reference                        { return Reference{r.clone()} }
func (r Reference) Allowed(req Request, now time.Time) bool { return r.allowed(req, now) }
func (r Reference) HasTenant(id TenantID) bool {
	return id == "" || r.world[KindTenant][string(id)] != nil
}
func DecodeRecord(k Kind, data []byte) (Record, error) { return decodeRecord(k, data) }

func (r Reference) Roles(subject SubjectID, asked Scope, now time.Time) []RoleID {
	return r.effectiveRoles(subject, asked, now)
}
