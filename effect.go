package rolecall

import (
	"cmp"
	"slices"
	"time"
)

// An Effect is a permission that a subject gains or loses by a write.
type Effect struct {
	Subject SubjectID `json:"subject"`
	PermissionRef
	Scope
	Validity
}

// maxEffects bounds each list of a dry run.
const maxEffects = 1000

// An entitlement is a set of permissions in one scope for one time.
type entitlement struct {
	Scope
	Validity
	set permissionSet
}

// entitlements returns what a subject's holdings give it, blocked or not.
func (p *Policy) entitlements(subject SubjectID) []entitlement {
	var all []entitlement
	for _, h := range p.counted(subject) {
		all = append(all, entitlement{h.Scope, h.Validity, p.gives(h)})
	}
	return all
}

// A cover is entitlements by their scopes: much may be compared with much.
type cover map[Scope][]entitlement

func coverOf(all []entitlement) cover {
	held := cover{}
	for _, e := range all {
		held[e.Scope] = append(held[e.Scope], e)
	}
	return held
}

// beyond returns the part of e that held does not cover from now on: what no
// entitlement of it gives in a scope as wide and for as long.
func (e entitlement) beyond(held cover, now time.Time) permissionSet {
	if !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt) {
		return nil
	}
	rest := slices.Clone(e.set)
	for _, wide := range e.Scope.wider() {
		for _, h := range held[wide] {
			if h.Validity.lasts(e.Validity, now) {
				rest.subtract(h.set)
			}
		}
	}
	return rest
}

// lasts reports whether v counts whenever other does, from now on.
func (v Validity) lasts(other Validity, now time.Time) bool {
	begun := v.StartsAt.IsZero() || !now.Before(v.StartsAt) || !other.StartsAt.IsZero() && !other.StartsAt.Before(v.StartsAt)
	return begun && (v.ExpiresAt.IsZero() || !other.ExpiresAt.IsZero() && !v.ExpiresAt.Before(other.ExpiresAt))
}

// effects lists who gains and who loses what between d's base and its edit.
func (d *draft) effects() (gained, lost []Effect, truncated bool) {
	before, after, renamed := d.base, d.edit.p, d.renamed()
	for _, s := range d.touched() {
		had, has := before.active(s, d.now), after.active(s, d.now)
		gained = append(gained, after.differences(s, has, without(had, renamed), d.now)...)
		lost = append(lost, before.differences(s, had, without(has, renamed), d.now)...)
		if len(gained) > maxEffects || len(lost) > maxEffects {
			truncated = true
			break
		}
	}
	return gained[:min(len(gained), maxEffects)], lost[:min(len(lost), maxEffects)], truncated
}

// renamed returns the permissions that get another name: who holds one loses
// the old name and gains the new.
func (d *draft) renamed() (set permissionSet) {
	for _, c := range d.changes {
		b, _ := c.Before.(*Permission)
		a, _ := c.After.(*Permission)
		if a != nil && b != nil && a.Name != b.Name {
			if number, ok := d.base.permissionNumber(a.ID); ok {
				set = set.with(single(uint32(number)))
			}
		}
	}
	return set
}

// without returns all, each less set.
func without(all []entitlement, set permissionSet) []entitlement {
	if set.empty() {
		return all
	}
	less := slices.Clone(all)
	for i := range less {
		less[i].set = slices.Clone(less[i].set)
		less[i].set.subtract(set)
	}
	return less
}

// active returns a subject's entitlements, none if it is blocked or unknown.
func (p *Policy) active(s SubjectID, now time.Time) []entitlement {
	if !p.Decide(Request{Subject: s, Any: KindUser}, now).Allowed {
		return nil
	}
	return p.entitlements(s)
}

// differences lists what subject has in some entitlements beyond others.
func (p *Policy) differences(subject SubjectID, some, others []entitlement, now time.Time) []Effect {
	var all []Effect
	held := coverOf(others)
	for _, e := range some {
		for number := range e.beyond(held, now).numbers() {
			_, ref := p.permissionRef(number)
			all = append(all, Effect{subject, ref, e.Scope, e.Validity})
		}
	}
	slices.SortFunc(all, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Tenant, b.Tenant),
			cmp.Compare(a.Resource, b.Resource), a.StartsAt.Compare(b.StartsAt), a.ExpiresAt.Compare(b.ExpiresAt))
	})
	return slices.Compact(all) // one permission may come by several ways
}

// touched lists, in order, the users and clients whose permissions d's changes
// may change.
func (d *draft) touched() []SubjectID {
	set := map[SubjectID]bool{}
	add := func(s SubjectID) bool { set[s] = true; return true }
	for _, c := range d.changes {
		for _, p := range []*Policy{d.base, d.edit.p} {
			switch r := c.record().(type) {
			case *Assignment:
				p.eachSubject(r.Subject, add)
			case *DirectGrant:
				p.eachSubject(r.Subject, add)
			case *GroupMember:
				p.eachSubject(r.Member, add)
			case *User:
				add(r.ID)
			case *Client:
				add(r.ID)
			case *Grant:
				p.eachHolder(r.Role, add)
			case *Inheritance:
				p.eachHolder(r.Senior, add)
			case *Permission:
				if c.Before != nil && c.After != nil {
					p.eachHolder("", add)
				}
			}
		}
	}
	all := make([]SubjectID, 0, len(set))
	for s := range set {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// eachSubject calls visit with s or, if it is a group, with its members.
func (p *Policy) eachSubject(s SubjectID, visit func(SubjectID) bool) {
	if p.exists(KindGroup, string(s)) {
		p.eachMember(s, visit)
		return
	}
	visit(s)
}
