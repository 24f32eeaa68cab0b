package rolecall

// An Assignment gives a subject a role: a pair of INCITS 359's UA, with a scope
// and a validity. The same role may be assigned twice in one scope by different
// sources, so that ending one source's assignment leaves the other's.
type Assignment struct {
	Subject SubjectID `json:"subject"`
	Role    RoleID    `json:"role"`
	Scope
	Source Source `json:"source"`
	Validity
	Reason string `json:"reason,omitempty"`
}

func (a *Assignment) Kind() Kind { return KindAssignment }

func (a *Assignment) Key() string {
	return key(a.Subject, string(a.Role), string(a.Tenant), a.Resource, string(a.Source))
}

func (a *Assignment) refs() []ref {
	return references(
		ref{"subject", kindSubject, string(a.Subject)},
		ref{"role", KindRole, string(a.Role)},
		ref{"tenant", KindTenant, string(a.Tenant)},
	)
}

func (a *Assignment) check() error {
	a.Source.normalize()
	a.Validity.normalize()
	return firstError(
		checkID("subject", string(a.Subject)),
		checkID("role", string(a.Role)),
		a.Scope.check(),
		a.Validity.check(),
		a.Source.check(),
		checkText("reason", a.Reason, MaxTextRunes),
	)
}

// A DirectGrant gives a subject one permission without a role.
type DirectGrant struct {
	Subject    SubjectID    `json:"subject"`
	Permission PermissionID `json:"permission"`
	Scope
	Source Source `json:"source"`
	Validity
	Reason string `json:"reason,omitempty"`
}

func (g *DirectGrant) Kind() Kind { return KindDirectGrant }

func (g *DirectGrant) Key() string {
	return key(g.Subject, string(g.Permission), string(g.Tenant), g.Resource, string(g.Source))
}

func (g *DirectGrant) refs() []ref {
	return references(
		ref{"subject", kindSubject, string(g.Subject)},
		ref{"permission", KindPermission, string(g.Permission)},
		ref{"tenant", KindTenant, string(g.Tenant)},
	)
}

func (g *DirectGrant) check() error {
	g.Source.normalize()
	g.Validity.normalize()
	return firstError(
		checkID("subject", string(g.Subject)),
		checkID("permission", string(g.Permission)),
		g.Scope.check(),
		g.Validity.check(),
		g.Source.check(),
		checkText("reason", g.Reason, MaxTextRunes),
	)
}
