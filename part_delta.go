package rolecall

// between returns what turns what before sees into what after sees, if changes
// turned the one's policy into the other's. It is false if that is more than
// these changes and the coming and going of single users and clients; whoever
// follows needs a new snapshot then.
func between(before, after *sight, changes []Change) ([]Change, bool) {
	if !before.limited {
		return changes, true
	}
	if !sameCatalogue(before, after, changes) {
		return nil, false
	}
	seen := func(kind Kind, id string) bool { return before.sees(kind, id) || after.sees(kind, id) }
	var come, gone []Change
	moved := map[SubjectID]bool{}
	for _, id := range touched(changes) {
		was, is := before.sees(kindSubject, string(id)), after.sees(kindSubject, string(id))
		if was == is || moved[id] {
			continue
		}
		v := after
		if was {
			v = before
		}
		s, _, _ := v.p.subjects.find(string(id))
		if s.kind() == KindGroup {
			return nil, false // and with it all that are in it
		}
		moved[id] = true
		if r := v.p.subjectRecord(s, id); is {
			come = append(come, Change{nil, r})
		} else {
			gone = append(gone, Change{r, nil})
		}
	}
	if len(moved) > 0 && (before.sessionsOf(moved) || after.sessionsOf(moved)) {
		return nil, false // which come and go with them
	}
	kept := come
	for _, c := range changes {
		if r := c.record(); isSubject(r.Kind()) {
			if id := SubjectID(r.Key()); !moved[id] && seen(kindSubject, string(id)) {
				kept = append(kept, c)
			}
		} else if before.includes(r, seen) {
			kept = append(kept, c)
		}
	}
	return append(kept, gone...), true
}

func isSubject(kind Kind) bool { return kind == KindUser || kind == KindClient || kind == KindGroup }

// includes reports whether a record that is no subject is in v's part, if all
// that it names is seen as seen says.
func (v *sight) includes(r Record, seen func(Kind, string) bool) bool {
	switch r := r.(type) {
	case *Membership:
		if v.byAPI {
			return false
		}
	case *GroupMember:
		return seen(KindGroup, string(r.Group)) && seen(kindSubject, string(r.Member))
	case *API, *Permission, *Tenant, *Role, *Session:
		return seen(r.Kind(), r.Key())
	}
	for _, ref := range r.refs() {
		if !seen(ref.kind, ref.id) {
			return false
		}
	}
	return true
}

// touched lists the subjects that changes are about.
func touched(changes []Change) (ids []SubjectID) {
	for _, c := range changes {
		switch r := c.record().(type) {
		case *User, *Client, *Group:
			ids = append(ids, SubjectID(r.Key()))
		case *GroupMember:
			ids = append(ids, r.Group, r.Member)
		case *Membership:
			ids = append(ids, r.Subject)
		case *Assignment:
			ids = append(ids, r.Subject)
		case *DirectGrant:
			ids = append(ids, r.Subject)
		case *Session:
			ids = append(ids, r.Subject)
		}
	}
	return ids
}

// sameCatalogue reports whether the roles that both know are seen by both, and
// what stayed stayed where it was: by a change of that, anything that was held
// all along may come into view.
func sameCatalogue(before, after *sight, changes []Change) bool {
	same := true
	deleted := map[ref]bool{}
	for _, c := range changes {
		r := c.record()
		switch r.Kind() {
		case KindInheritance, KindGrant:
			same = false
			continue
		case KindSession:
		case KindAPI, KindRole, KindPermission, KindTenant:
			same = false
		default:
			continue
		}
		switch like := (ref{kind: r.Kind(), id: r.Key()}); {
		case c.After == nil:
			deleted[like] = true
		case c.Before == nil && deleted[like], c.Before != nil && home(c.Before) != home(c.After):
			return false
		}
	}
	if same || !before.byAPI { // which roles a tenant sees, the roles' own tenants say
		return true
	}
	return before.rolesIn(after) && after.rolesIn(before)
}

// rolesIn reports whether other sees every role that v sees.
func (v *sight) rolesIn(other *sight) bool {
	for n := range v.p.roles.ids.count {
		if id := v.p.roles.ids.of(n); n != 0 && id != "" && v.role(n) && !other.sees(KindRole, id) {
			return false
		}
	}
	return true
}

// home returns what a permission, role or session belongs to.
func home(r Record) string {
	switch r := r.(type) {
	case *Permission:
		return string(r.API)
	case *Role:
		return string(r.Tenant)
	case *Session:
		return key(r.Subject, string(r.Tenant))
	}
	return ""
}
