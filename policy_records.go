package rolecall

// records calls visit with all that a policy keeps and v sees, in the order of
// Kinds. The records hold what a decision needs and nothing else: of users and
// clients the id and whether they are blocked, of assignments no source.
// Constraints bear on writes alone. The record is visit's to keep.
func (p *Policy) records(v *sight, visit func(Record) error) error {
	each := func(count uint32, f func(n uint32) error) error {
		for n := range count {
			if err := f(n); err != nil {
				return err
			}
		}
		return nil
	}
	apis, permissions, tenants, roles := p.apis.ids, p.permissions, p.tenants.ids, p.roles
	return inOrder(
		func() error {
			return each(apis.count, func(n uint32) error {
				if apis.of(n) == "" || !v.api(n) {
					return nil
				}
				return visit(&API{ID: APIID(apis.of(n)), Identifier: p.apis.identifiers.of(n)})
			})
		},
		func() error {
			return each(permissions.ids.count, func(n uint32) error {
				if permissions.ids.of(n) == "" || !v.permission(n) {
					return nil
				}
				api := APIID(apis.of(permissions.titles.space(n)))
				return visit(&Permission{ID: PermissionID(permissions.ids.of(n)), API: api, Name: permissions.titles.of(n)})
			})
		},
		func() error {
			return each(tenants.count, func(n uint32) error {
				if n == 0 || tenants.of(n) == "" || !v.tenant(n) {
					return nil
				}
				return visit(&Tenant{ID: TenantID(tenants.of(n))})
			})
		},
		func() error {
			return each(roles.ids.count, func(n uint32) error {
				if n == 0 || roles.ids.of(n) == "" || !v.role(n) {
					return nil
				}
				return visit(&Role{ID: RoleID(roles.ids.of(n)), Tenant: p.tenantID(roles.titles.space(n)), Name: roles.titles.of(n)})
			})
		},
		func() error {
			return each(roles.ids.count, func(n uint32) error { return p.inheritances(v, n, visit) })
		},
		func() error { return each(roles.ids.count, func(n uint32) error { return p.grants(v, n, visit) }) },
		func() error { return p.walk(v, KindUser, visit, p.visitSubject) },
		func() error { return p.walk(v, KindClient, visit, p.visitSubject) },
		func() error { return p.walk(v, KindGroup, visit, p.visitSubject) },
		func() error { return p.walk(v, "", visit, p.visitGroups) },
		func() error { return p.walk(v, "", visit, p.visitMemberships) },
		func() error { return p.walk(v, "", visit, p.visitAssignments) },
		func() error { return p.walk(v, "", visit, p.visitDirectGrants) },
		func() error { return p.eachSession(v, visit, p.visitSession) },
		func() error { return p.eachSession(v, visit, p.visitSessionRoles) },
	)
}

func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Policy) inheritances(v *sight, senior uint32, visit func(Record) error) error {
	if senior == 0 || p.roles.ids.of(senior) == "" || !v.role(senior) {
		return nil
	}
	for _, junior := range (*p.roles.all.at(senior)).juniors {
		if v.role(junior) {
			if err := visit(&Inheritance{RoleID(p.roles.ids.of(senior)), RoleID(p.roles.ids.of(junior))}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Policy) grants(v *sight, role uint32, visit func(Record) error) error {
	if role == 0 || p.roles.ids.of(role) == "" || !v.role(role) {
		return nil
	}
	for n := range (*p.roles.all.at(role)).grants.numbers() {
		if v.permission(uint32(n)) {
			if err := visit(&Grant{RoleID(p.roles.ids.of(role)), PermissionID(p.permissions.ids.of(uint32(n)))}); err != nil {
				return err
			}
		}
	}
	return nil
}

type visitSubject func(v *sight, s subject, id SubjectID, visit func(Record) error) error

// walk calls f with every subject of a kind, or of any, that v sees.
func (p *Policy) walk(v *sight, kind Kind, visit func(Record) error, f visitSubject) error {
	for n := range p.subjects.count {
		s := p.subjects.at(n)
		if len(s.record) == 0 || kind != "" && s.kind() != kind || !v.subject(s) {
			continue
		}
		if err := f(v, s, SubjectID(s.name()), visit); err != nil {
			return err
		}
	}
	return nil
}

func (p *Policy) visitSubject(_ *sight, s subject, id SubjectID, visit func(Record) error) error {
	return visit(p.subjectRecord(s, id))
}

func (p *Policy) subjectRecord(s subject, id SubjectID) Record {
	switch s.kind() {
	case KindUser:
		return &User{ID: id, Blocked: s.blocked()}
	case KindClient:
		return &Client{ID: id, Blocked: s.blocked()}
	}
	return &Group{ID: id, Name: p.groups.titles.of(s.extra.group)}
}

func (p *Policy) visitGroups(v *sight, s subject, id SubjectID, visit func(Record) error) error {
	for in := s.row().groups(); len(in) >= 8; in = in[8:] {
		if n := in.at(0).role(); v.group(n) {
			if err := visit(&GroupMember{Group: p.subjects.id(p.groups.at(n).subject), Member: id}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Policy) visitMemberships(v *sight, s subject, id SubjectID, visit func(Record) error) error {
	for row := s.row(); len(row) >= 8; row = row[8:] {
		if pair := row.at(0); pair.tenant() != inGroup && pair.role() == 0 && v.member(pair.tenant()) {
			if err := visit(&Membership{Tenant: p.tenantID(pair.tenant()), Subject: id}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Policy) visitAssignments(v *sight, s subject, id SubjectID, visit func(Record) error) error {
	for row := s.row(); len(row) >= 8; row = row[8:] {
		if pair := row.at(0); pair.tenant() != inGroup && pair.role() != 0 && v.held(pair.tenant()) && v.role(pair.role()) {
			a := &Assignment{Subject: id, Role: RoleID(p.roles.ids.of(pair.role())), Scope: Scope{Tenant: p.tenantID(pair.tenant())}}
			if err := visit(a); err != nil {
				return err
			}
		}
	}
	if s.extra == nil {
		return nil
	}
	for i := range s.extra.specials {
		if one := &s.extra.specials[i]; one.role != 0 && v.special(one) {
			a := &Assignment{
				Subject: id, Role: RoleID(p.roles.ids.of(one.role)),
				Scope: Scope{p.tenantID(one.tenant), one.resource}, Validity: one.validity(),
			}
			if err := visit(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Policy) visitDirectGrants(v *sight, s subject, id SubjectID, visit func(Record) error) error {
	if s.extra == nil {
		return nil
	}
	for i := range s.extra.specials {
		if one := &s.extra.specials[i]; one.role == 0 && v.special(one) {
			g := &DirectGrant{
				Subject: id, Permission: PermissionID(p.permissions.ids.of(one.permission)),
				Scope: Scope{p.tenantID(one.tenant), one.resource}, Validity: one.validity(),
			}
			if err := visit(g); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachSession calls f with every session that v sees.
func (p *Policy) eachSession(v *sight, visit func(Record) error, f func(*sight, SessionID, *session, func(Record) error) error) error {
	for n := range p.sessions.ids.count {
		if id := p.sessions.ids.of(n); id != "" && v.session(n) {
			if err := f(v, SessionID(id), *p.sessions.all.at(n), visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Policy) visitSession(_ *sight, id SessionID, s *session, visit func(Record) error) error {
	bounds := special{from: s.from, until: s.until}
	return visit(&Session{ID: id, Subject: p.subjects.id(s.subject), Tenant: p.tenantID(s.tenant), Validity: bounds.validity()})
}

func (p *Policy) visitSessionRoles(v *sight, id SessionID, s *session, visit func(Record) error) error {
	for _, role := range s.roles {
		if v.role(role) {
			if err := visit(&SessionRole{id, RoleID(p.roles.ids.of(role))}); err != nil {
				return err
			}
		}
	}
	return nil
}
