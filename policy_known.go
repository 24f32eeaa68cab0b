package rolecall

// KindOf returns what a subject is: KindUser, KindClient or KindGroup, and ""
// if there is no such subject.
func (p *Policy) KindOf(id SubjectID) Kind {
	s, _, ok := p.subjects.find(string(id))
	if !ok {
		return ""
	}
	return s.kind()
}

// Knows reports whether there is a permission with a name. An empty API is the
// default API.
func (p *Policy) Knows(ref PermissionRef) bool {
	api, ok := p.api(ref.API)
	if ok {
		_, ok = p.permissions.titles.find(api, ref.Name)
	}
	return ok
}
