package rolecall

import "slices"

// A Cell says how a role comes by a permission.
type Cell struct {
	Granted   bool // it is granted to the role itself
	Inherited bool // a role that it inherits from gives it
}

// Matrix returns how each of roles comes by each of permissions: a row for each
// permission, and in it a cell for each role. What does not exist gives nothing.
func (p *Policy) Matrix(permissions []PermissionID, roles []RoleID) [][]Cell {
	type column struct {
		own       permissionSet
		inherited permissionSet
	}
	columns := make([]column, len(roles))
	for i, id := range roles {
		n, ok := p.number(KindRole, string(id))
		if !ok {
			continue
		}
		role := *p.roles.all.at(n)
		columns[i].own = role.grants
		for _, junior := range role.juniors {
			columns[i].inherited = columns[i].inherited.with(p.roles.closed(junior))
		}
	}
	rows := make([][]Cell, len(permissions))
	for i, id := range permissions {
		rows[i] = make([]Cell, len(roles))
		n, ok := p.number(KindPermission, string(id))
		if !ok {
			continue
		}
		for j := range rows[i] {
			rows[i][j] = Cell{columns[j].own.has(n), columns[j].inherited.has(n)}
		}
	}
	return rows
}

// InheritedFrom returns the roles from which a role inherits a permission: those
// that it is granted to themselves, in byte order of ids.
func (p *Policy) InheritedFrom(role RoleID, permission PermissionID) (from []RoleID) {
	n, ok := p.number(KindRole, string(role))
	number, known := p.number(KindPermission, string(permission))
	if !ok || !known {
		return nil
	}
	for _, below := range (*p.roles.all.at(n)).below {
		if (*p.roles.all.at(below)).grants.has(number) {
			from = append(from, RoleID(p.roles.ids.of(below)))
		}
	}
	slices.Sort(from)
	return from
}

// Gives returns how many permissions a role gives, inherited ones too.
func (p *Policy) Gives(role RoleID) (count int) {
	if n, ok := p.number(KindRole, string(role)); ok {
		for range p.roles.closed(n).numbers() {
			count++
		}
	}
	return count
}
