package console

import (
	"context"
	"encoding/base64"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
)

// How much of a matrix is on one page. The filters lead to the rest, and the
// pagers.
const (
	matrixRows    = 60
	matrixColumns = 40
)

// A matrixPage is roles against the permissions of one API: a form, whose boxes
// are what roles are granted.
type matrixPage struct {
	*call
	API     *rolecall.API
	APIs    []option
	List    *listing // of the permissions
	Roles   []matrixRole
	Columns *columns
	Groups  []matrixGroup
	Grants  int    // on the page
	Was     string // which boxes are on, for who saves: see bitmap
	Save    control
}

// A matrixRole is a column.
type matrixRole struct {
	*rolecall.Role
	N     int
	Fixed bool // nobody may change what it gives
}

// columns say which roles of how many are on the page.
type columns struct {
	Total, From, To int
	First, Next     string // URLs, "" where there is none
}

// A matrixGroup is rows whose permissions begin alike.
type matrixGroup struct {
	Title string
	Rows  []matrixRow
}

// A matrixRow is a permission, and its cells.
type matrixRow struct {
	*rolecall.Permission
	N            int
	Prefix, Rest string // of its name
	Cells        template.HTML
}

func matrix(c *call) (any, error) {
	c.Title = "Access matrix"
	p := &matrixPage{call: c, Save: c.Do("Review changes", "/matrix/save").Primary()}
	if err := p.chooseAPI(); err != nil {
		return nil, err
	}
	if err := p.readRoles(); err != nil {
		return nil, err
	}
	// Whoever may see roles may see what they give, which includes the names.
	asReader := func(ctx context.Context, q rolecall.Query) (rolecall.Page, error) { return c.rc.List(ctx, reader, q) }
	list, records, err := c.pageFrom(asReader, rolecall.Query{
		Kind: rolecall.KindPermission, Where: []rolecall.Condition{rolecall.Where("api", p.API.ID)},
		Sort: "name", Limit: matrixRows, Total: true,
	})
	if err != nil {
		return nil, err
	}
	p.List = list
	return p, p.fill(as[*rolecall.Permission](records))
}

// chooseAPI finds the API that the URL names: else, of those of the project's own
// making, the first by name that knows a permission.
func (p *matrixPage) chooseAPI() error {
	page, err := p.rc.List(p.ctx, reader, rolecall.Query{Kind: rolecall.KindAPI, Sort: "name", Limit: maxHeld})
	if err != nil {
		return err
	}
	asked := rolecall.APIID(p.Value("api"))
	var made []*rolecall.API
	for _, a := range as[*rolecall.API](page.Records) {
		p.APIs = append(p.APIs, option{string(a.ID), a.Name})
		switch {
		case a.ID == asked:
			p.API = a
		case asked == "" && !rolecall.BuiltIn(a):
			made = append(made, a)
		}
	}
	for _, a := range made[:min(len(made), maxShown)] {
		page, err := p.rc.List(p.ctx, reader, rolecall.Query{Kind: rolecall.KindPermission, Where: []rolecall.Condition{rolecall.Where("api", a.ID)}, Limit: 1})
		if err != nil {
			return err
		}
		if len(page.Records) > 0 {
			p.API = a
			break
		}
	}
	if p.API == nil && len(made) > 0 {
		p.API = made[0]
	}
	if p.API == nil {
		if asked == "" {
			asked = rolecall.DefaultAPI
		}
		if p.API, err = rolecall.Find(p.ctx, p.rc, reader, &rolecall.API{ID: asked}); err != nil {
			return err
		}
	}
	return nil
}

// Is reports whether an API is the one that is shown.
func (p *matrixPage) Is(api string) bool { return string(p.API.ID) == api }

// readRoles reads the columns: in a tenant its roles, else the project's.
func (p *matrixPage) readRoles() error {
	q := rolecall.Query{
		Kind: rolecall.KindRole, Tenant: p.Tenant, Search: p.Value("roles"), Sort: "name", Limit: matrixColumns, Total: true, After: p.Value("columns"),
	}
	if p.Tenant == "" {
		q.Where = []rolecall.Condition{rolecall.Where("tenant", "")}
	}
	page, err := p.view.List(p.ctx, q)
	if err != nil {
		return err
	}
	for _, r := range as[*rolecall.Role](page.Records) {
		fixed := rolecall.BuiltIn(r)
		if fixed && p.API.ID != rolecall.AdminAPI { // it gives nothing of any other API, and never will
			page.Total--
			continue
		}
		p.Roles = append(p.Roles, matrixRole{r, len(p.Roles), fixed})
	}
	at := 1
	if q.After != "" {
		at, _ = strconv.Atoi(p.Value("column"))
	}
	at = max(at, 1)
	p.Columns = &columns{Total: page.Total, From: at, To: at + len(p.Roles) - 1}
	here := listing{c: p.call}
	if q.After != "" {
		p.Columns.First = here.url("columns", "", "column", "")
	}
	if page.Next != "" {
		p.Columns.Next = here.url("columns", page.Next, "column", strconv.Itoa(p.Columns.To+1))
	}
	return nil
}

// fill makes the rows of permissions.
func (p *matrixPage) fill(permissions []*rolecall.Permission) error {
	policy := p.rc.Policy()
	var rows []rolecall.PermissionID
	for _, one := range permissions {
		rows = append(rows, one.ID)
	}
	var roles []rolecall.RoleID
	for _, r := range p.Roles {
		roles = append(roles, r.ID)
	}
	cells := policy.Matrix(rows, roles)
	var on []bool
	for i, one := range permissions {
		row := matrixRow{Permission: one, N: i}
		row.Prefix, row.Rest = cutPrefix(one.Name)
		var html strings.Builder
		for j, cell := range cells[i] {
			on = append(on, cell.Granted)
			if cell.Granted {
				p.Grants++
			}
			from := ""
			if cell.Inherited {
				var err error
				if from, err = p.inheritedFrom(policy, roles[j], one.ID); err != nil {
					return err
				}
			}
			writeCell(&html, i, j, cell, from, p.Roles[j].Fixed || p.Save.Missing != "")
		}
		row.Cells = template.HTML(html.String())
		title := groupTitle(row.Prefix)
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Title != title {
			p.Groups = append(p.Groups, matrixGroup{Title: title})
		}
		group := &p.Groups[len(p.Groups)-1]
		group.Rows = append(group.Rows, row)
	}
	p.Was = bitmap(on)
	return nil
}

// writeCell writes one cell. There are thousands, for which html/template takes
// longer than for all else; the text from is the only one that isn't ours.
func writeCell(to *strings.Builder, row, column int, cell rolecall.Cell, from string, fixed bool) {
	r, c := strconv.Itoa(row), strconv.Itoa(column)
	to.WriteString(`<td><input type="checkbox" name="c" value="` + r + "." + c + `" aria-labelledby="p` + r + " r" + c + `"`)
	if cell.Granted {
		to.WriteString(" checked")
	}
	if cell.Inherited {
		to.WriteString(` class="i" aria-describedby="inherited" title="` + template.HTMLEscapeString(from) + `"`)
	}
	if fixed {
		to.WriteString(" disabled")
	}
	to.WriteString("></td>")
}

func (p *matrixPage) inheritedFrom(policy *rolecall.Policy, role rolecall.RoleID, permission rolecall.PermissionID) (string, error) {
	var labels []string
	for _, id := range policy.InheritedFrom(role, permission) {
		if err := p.learn(rolecall.KindRole, string(id)); err != nil {
			return "", err
		}
		labels = append(labels, p.Name(rolecall.KindRole, id).Label)
	}
	return "inherited from " + strings.Join(labels, ", "), nil
}

// cutPrefix cuts a permission's name after what groups it: "invoices:read"
// after the colon. A name without one is all Rest.
func cutPrefix(name string) (prefix, rest string) {
	if at := strings.IndexAny(name, ":./"); at > 0 && at < len(name)-1 {
		return name[:at+1], name[at+1:]
	}
	return "", name
}

// groupTitle is a prefix as a heading: "Invoices".
func groupTitle(prefix string) string {
	if prefix == "" {
		return "Other"
	}
	prefix = prefix[:len(prefix)-1]
	if first := prefix[0]; 'a' <= first && first <= 'z' {
		return string(first-'a'+'A') + prefix[1:]
	}
	return prefix
}

// bitmap packs boxes that are on or off into text: a form without a script sends
// the boxes that are on, and so can't say which of them somebody has changed.
func bitmap(on []bool) string {
	bits := make([]byte, (len(on)+7)/8)
	for i, yes := range on {
		if yes {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return base64.RawURLEncoding.EncodeToString(bits)
}

// saveMatrix gives and takes what was changed in the matrix, in one write.
func saveMatrix(c *call) (*change, error) {
	gives, takes := c.staged()
	// The question sends the changes on, and not all boxes.
	c.r.PostForm = map[string][]string{"back": {c.Value("back")}, "give": joined(gives), "take": joined(takes)}
	m := &change{Verb: "Save", Danger: len(takes) > 0, then: c.backOr(c.Link("/matrix")), said: "Nothing was to be changed."}
	n := len(gives) + len(takes)
	if n == 0 {
		return m, nil
	}
	m.Title, m.said = "Save "+many(n, "change", "changes")+" to what roles give?", many(n, "change is", "changes are")+" saved."
	var told []string
	for _, side := range []struct {
		all  []rolecall.Grant
		verb string
		step func(rolecall.Record) step
	}{{gives, " gives ", put}, {takes, " no longer gives ", remove}} {
		for _, g := range side.all {
			m.steps = append(m.steps, side.step(&g))
			if len(told) < maxTold {
				if err := firstOf(c.learn(rolecall.KindRole, string(g.Role)), c.learn(rolecall.KindPermission, string(g.Permission))); err != nil {
					return nil, err
				}
				told = append(told, c.Name(rolecall.KindRole, g.Role).Label+side.verb+c.Name(rolecall.KindPermission, g.Permission).Label)
			}
		}
	}
	m.Text = strings.Join(told, "; ") + "."
	if n > len(told) {
		m.Text = strings.TrimSuffix(m.Text, ".") + "; and " + many(n-len(told), "more change", "more changes") + "."
	}
	return m, nil
}

// maxTold bounds the changes that a question tells one by one.
const maxTold = 8

// staged returns what the form changes: what its fields give and take say or,
// without a script, the boxes that are not as they were.
func (c *call) staged() (gives, takes []rolecall.Grant) {
	gives, takes = split(c.Values("give")), split(c.Values("take"))
	was, err := base64.RawURLEncoding.DecodeString(c.Value("was"))
	roles, permissions := c.Values("role"), c.Values("permission")
	if err != nil || len(was) != (len(roles)*len(permissions)+7)/8 {
		return gives, takes
	}
	now := make([]bool, len(roles)*len(permissions))
	for _, cell := range c.Values("c") {
		row, column, _ := strings.Cut(cell, ".")
		i, err1 := strconv.Atoi(row)
		j, err2 := strconv.Atoi(column)
		if err1 == nil && err2 == nil && i >= 0 && i < len(permissions) && j >= 0 && j < len(roles) {
			now[i*len(roles)+j] = true
		}
	}
	for n, on := range now {
		g := rolecall.Grant{Role: rolecall.RoleID(roles[n%len(roles)]), Permission: rolecall.PermissionID(permissions[n/len(roles)])}
		switch before := was[n/8]>>(n%8)&1 != 0; {
		case rolecall.BuiltIn(&g): // its boxes can't be used, and so are not sent
		case on && !before:
			gives = append(gives, g)
		case before && !on:
			takes = append(takes, g)
		}
	}
	return gives, takes
}

// split reads pairs of a role and a permission, and joined writes them. Ids hold
// no tabs.
func split(pairs []string) (all []rolecall.Grant) {
	for _, pair := range slices.Compact(slices.Sorted(slices.Values(pairs))) {
		if role, permission, ok := strings.Cut(pair, "\t"); ok {
			all = append(all, rolecall.Grant{Role: rolecall.RoleID(role), Permission: rolecall.PermissionID(permission)})
		}
	}
	return all
}

func joined(all []rolecall.Grant) (pairs []string) {
	for _, g := range all {
		pairs = append(pairs, g.Key())
	}
	return pairs
}
