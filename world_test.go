package rolecall

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// This file makes worlds, changes and questions up. There are few ids and
// names, and every kind uses the same, so that whatever can be mixed up is.

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	madeIDs       = []string{"a", "b", "c", "d", "e", "f"}
	madeResources = []string{"", "", "doc:1", "doc:2"}
	madeHours     = []time.Duration{-1, 0, 1, 2}

	// Edges are drawn more often than what they connect, and fit less often.
	madeKinds = []Kind{
		KindAPI, KindPermission, KindPermission, KindTenant, KindRole, KindRole, KindUser, KindUser, KindClient, KindGroup, KindGroup, KindGroup,
		KindInheritance, KindInheritance, KindGrant, KindGrant, KindGrant, KindGroupMember, KindGroupMember, KindGroupMember, KindGroupMember,
		KindMembership, KindAssignment, KindAssignment, KindAssignment, KindDirectGrant, KindSetting,
		KindSession, KindSession, KindSessionRole, KindSessionRole, KindSessionRole, KindConstraint, KindConstraintRole,
	}
)

func drawID[T ~string](t *rapid.T, what string) T {
	return T(rapid.SampledFrom(madeIDs).Draw(t, what))
}

// drawOptional draws "" half the time.
func drawOptional[T ~string](t *rapid.T, what string) T {
	if rapid.Bool().Draw(t, "no "+what) {
		return ""
	}
	return drawID[T](t, what)
}

func drawTime(t *rapid.T, what string) time.Time {
	return noon.Add(rapid.SampledFrom(madeHours).Draw(t, what) * time.Hour)
}

func drawScope(t *rapid.T) Scope {
	return Scope{drawOptional[TenantID](t, "tenant"), rapid.SampledFrom(madeResources).Draw(t, "resource")}
}

func drawValidity(t *rapid.T) (v Validity) {
	switch rapid.IntRange(0, 5).Draw(t, "validity") {
	case 0:
		v.StartsAt = drawTime(t, "starts")
	case 1:
		v.ExpiresAt = drawTime(t, "expires")
	case 2:
		v.StartsAt = drawTime(t, "starts")
		v.ExpiresAt = v.StartsAt.Add(time.Hour)
	}
	return v
}

func drawSource(t *rapid.T) Source {
	return rapid.SampledFrom([]Source{SourceManual, SourceSCIM}).Draw(t, "source")
}

// drawRecord makes up a record of a kind, whether it can be or not.
func drawRecord(t *rapid.T, kind Kind) Record {
	switch kind {
	case KindAPI:
		id := rapid.SampledFrom([]APIID{DefaultAPI, "a", "b"}).Draw(t, "id")
		return &API{ID: id, Identifier: "https://" + string(id), Name: "api"}
	case KindPermission:
		api := rapid.SampledFrom([]APIID{DefaultAPI, "a", "b"}).Draw(t, "api")
		id := rapid.IntRange(0, 200).Draw(t, "id") // more than a word or two of bits
		return &Permission{ID: PermissionID(fmt.Sprint(id)), API: api, Name: drawID[string](t, "name")}
	case KindTenant:
		return &Tenant{ID: drawID[TenantID](t, "id"), Name: "tenant"}
	case KindRole:
		return &Role{ID: drawID[RoleID](t, "id"), Tenant: drawOptional[TenantID](t, "tenant"), Name: drawID[string](t, "name")}
	case KindInheritance:
		return &Inheritance{drawID[RoleID](t, "senior"), drawID[RoleID](t, "junior")}
	case KindUser:
		return &User{ID: drawID[SubjectID](t, "id"), Blocked: rapid.IntRange(0, 5).Draw(t, "blocked") == 0}
	case KindClient:
		return &Client{ID: drawID[SubjectID](t, "id"), Name: "client", Blocked: rapid.IntRange(0, 5).Draw(t, "blocked") == 0}
	case KindGroup:
		return &Group{ID: drawID[SubjectID](t, "id"), Name: drawID[string](t, "name")}
	case KindGroupMember:
		return &GroupMember{drawID[SubjectID](t, "group"), drawID[SubjectID](t, "member"), drawSource(t)}
	case KindMembership:
		return &Membership{drawID[TenantID](t, "tenant"), drawID[SubjectID](t, "subject"), drawSource(t)}
	case KindAssignment:
		return &Assignment{Subject: drawID[SubjectID](t, "subject"), Role: drawID[RoleID](t, "role"), Scope: drawScope(t), Source: drawSource(t), Validity: drawValidity(t)}
	case KindSetting:
		return &Setting{}
	case KindSession:
		return &Session{ID: drawID[SessionID](t, "id"), Subject: drawID[SubjectID](t, "subject"), Tenant: drawOptional[TenantID](t, "tenant"), Validity: drawValidity(t)}
	case KindSessionRole:
		return &SessionRole{drawID[SessionID](t, "session"), drawID[RoleID](t, "role")}
	case KindConstraint:
		return &Constraint{ID: drawID[ConstraintID](t, "id"), Name: "constraint", Type: rapid.SampledFrom([]ConstraintType{Static, Dynamic}).Draw(t, "type"),
			Tenant: drawOptional[TenantID](t, "tenant"), MaxAllowed: rapid.IntRange(1, 3).Draw(t, "max_allowed")}
	case KindConstraintRole:
		return &ConstraintRole{drawID[ConstraintID](t, "constraint"), drawID[RoleID](t, "role")}
	}
	panic("drawn with what is there: " + kind)
}

// drawWorldRecord makes up a record that refers to permissions of w, whose ids are many.
func drawWorldRecord(t *rapid.T, w world, kind Kind) Record {
	if kind != KindGrant && kind != KindDirectGrant {
		return drawRecord(t, kind)
	}
	permissions := slices.Collect(each[*Permission](w))
	if len(permissions) == 0 {
		return nil
	}
	permission := rapid.SampledFrom(permissions).Draw(t, "permission").ID
	if kind == KindGrant {
		return &Grant{drawID[RoleID](t, "role"), permission}
	}
	return &DirectGrant{Subject: drawID[SubjectID](t, "subject"), Permission: permission, Scope: drawScope(t), Source: drawSource(t), Validity: drawValidity(t)}
}

// fits reports whether r may be in w, beside all but the record with its key.
func (w world) fits(r Record) bool {
	for _, ref := range r.refs() {
		if !slices.ContainsFunc(w.records(), func(other Record) bool { return w.is(other, ref) }) {
			return false
		}
	}
	switch r := r.(type) {
	case *User, *Client, *Group:
		if kind, _ := w.subject(SubjectID(r.Key())); kind != "" && kind != r.Kind() {
			return false
		}
		if g, ok := r.(*Group); ok {
			for other := range each[*Group](w) {
				if other.Name == g.Name && other.ID != g.ID {
					return false
				}
			}
		}
	case *Permission:
		id := w.permission(r.API, r.Name)
		return id == "" || id == r.ID
	case *Role:
		for other := range each[*Role](w) {
			if other.Name == r.Name && other.Tenant == r.Tenant && other.ID != r.ID {
				return false
			}
		}
	case *Inheritance:
		return !w.closure(r.Junior)[r.Senior]
	case *GroupMember:
		return r.Group != r.Member && !w.groupsOf(r.Group)[r.Member]
	case *Membership:
		kind, _ := w.subject(r.Subject)
		return kind != KindGroup
	case *Session:
		kind, _ := w.subject(r.Subject)
		was, ok := w[KindSession][string(r.ID)].(*Session)
		return kind != KindGroup && (!ok || was.Subject == r.Subject && was.Tenant == r.Tenant)
	case *Constraint:
		was, ok := w[KindConstraint][string(r.ID)].(*Constraint)
		return !ok || was.Tenant == r.Tenant
	}
	return true
}

// drawChange makes up something that may happen to w: nothing, a record that
// comes or changes, or one that goes with all that refers to it.
func drawChange(t *rapid.T, w world, deletes bool) []Change {
	kind := rapid.SampledFrom(madeKinds).Draw(t, "kind")
	if there := w[kind]; deletes && len(there) > 0 && rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
		keys := make([]string, 0, len(there))
		for key := range there {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		var all []Change
		for _, r := range w.withDependents(there[rapid.SampledFrom(keys).Draw(t, "key")]) {
			all = append(all, Change{r, nil})
		}
		return all
	}
	r := drawWorldRecord(t, w, kind)
	if r == nil || !w.fits(r) {
		return nil
	}
	before := w[kind][r.Key()]
	if api, ok := r.(*Permission); ok && before != nil && before.(*Permission).API != api.API {
		return nil
	}
	if role, ok := r.(*Role); ok && before != nil && before.(*Role).Tenant != role.Tenant {
		return nil
	}
	return []Change{{before, r}}
}

// drawWorld makes up a world by n changes to an empty one, some of which don't fit.
func drawWorld(t *rapid.T, n int) world {
	w := newWorld()
	w.apply(nil, &API{ID: DefaultAPI, Identifier: "https://default", Name: "api"})
	for range n {
		for _, c := range drawChange(t, w, false) {
			w.apply(c.Before, c.After)
		}
	}
	return w
}

// drawRequest makes up a question, about what is there or not.
func drawRequest(t *rapid.T) Request {
	r := Request{
		Subject:  drawID[SubjectID](t, "subject"),
		Tenant:   drawOptional[TenantID](t, "tenant"),
		Resource: rapid.SampledFrom(madeResources).Draw(t, "resource"),
	}
	if rapid.IntRange(0, 3).Draw(t, "in session") == 0 {
		r.Session = drawID[SessionID](t, "session")
	}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		r.Role = drawID[string](t, "role")
	case 1:
		r.Group = drawID[string](t, "group")
	case 2:
		r.Any = rapid.SampledFrom([]Kind{KindPermission, KindRole, KindGroup, KindUser}).Draw(t, "any")
	case 3: // often wrong
		r.Permission, r.Role, r.Any = drawOptional[string](t, "permission"), drawOptional[string](t, "role"), drawOptional[Kind](t, "any")
	default:
		r.Permission = drawID[string](t, "permission")
		r.API = rapid.SampledFrom([]string{"", "", "https://a", "https://b", "https://default", "a"}).Draw(t, "api")
	}
	return r
}
