package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// maxBulk bounds how many records one write changes from a selection.
const maxBulk = 10_000

// A whole is all that a list shows, on every page: what a file holds, and what
// a selection can mean.
type whole struct {
	query   func(*call) rolecall.Query // as the URL says, without its search
	one     string
	many    string
	columns []string // of a file, as in JSON

	bulk  string        // the route that changes a selection, "" if there is none
	of    rolecall.Kind // what has the {id} of that route
	key   []string      // the parts of a record's key, as in JSON; none if it is its id
	deeds []deed
}

// A deed is what can be done to all records of a selection.
type deed struct {
	do    string // what a form sends
	label string // on the button, and at the head of the question
	text  string // more about it
	done  string // what was done to them
	gives bool   // it takes nothing away
	steps func(c *call, r rolecall.Record) (steps, error)
}

func deletes(text string) []deed {
	return []deed{{do: "delete", label: "Delete", text: text, done: "deleted", steps: gone}}
}

func removes(label, text, done string) []deed {
	return []deed{{do: "remove", label: label, text: text, done: done, steps: gone}}
}

// wholes has one for each kind that has a list.
var wholes = map[rolecall.Kind]whole{
	rolecall.KindUser: {query: (*call).usersQuery, one: "user", many: "users",
		columns: []string{"id", "name", "email", "email_verified", "phone", "blocked", "created_at", "updated_at"},
		bulk:    "/bulk/users", deeds: append([]deed{
			{do: "block", label: "Block", text: "They may nothing, and can't sign in, until they are unblocked.", done: "blocked", steps: block(true)},
			{do: "unblock", label: "Unblock", done: "unblocked", gives: true, steps: block(false)},
		}, deletes("All that they hold, their passwords and keys go with them. The audit log stays.")...)},
	rolecall.KindGroup: {query: (*call).groupsQuery, one: "group", many: "groups", columns: []string{"id", "name", "description", "created_at"},
		bulk: "/bulk/groups", deeds: deletes(goneToo)},
	rolecall.KindRole: {query: (*call).rolesQuery, one: "role", many: "roles", columns: []string{"id", "tenant", "name", "description", "default", "private", "created_at"},
		bulk: "/bulk/roles", deeds: deletes(goneToo)},
	rolecall.KindPermission: {query: (*call).permissionsQuery, one: "permission", many: "permissions", columns: []string{"id", "api", "name", "description", "created_at"},
		bulk: "/bulk/permissions", deeds: deletes(goneToo)},
	rolecall.KindAPI: {query: (*call).apisQuery, one: "API", many: "APIs", columns: []string{"id", "identifier", "name", "description", "created_at"}},
	rolecall.KindTenant: {query: (*call).tenantsQuery, one: "tenant", many: "tenants", columns: []string{"id", "name", "created_at"},
		bulk: "/bulk/tenants", deeds: deletes(goneToo)},
	rolecall.KindAssignment: {query: (*call).assignmentsQuery, one: "assignment", many: "assignments",
		columns: []string{"subject", "role", "tenant", "resource", "source", "starts_at", "expires_at", "reason"},
		bulk:    "/bulk/assignments", key: heldKey("role"), deeds: removes("Unassign", "", "ended")},
	rolecall.KindDirectGrant: {query: (*call).grantsQuery, one: "grant", many: "grants",
		columns: []string{"subject", "permission", "tenant", "resource", "source", "starts_at", "expires_at", "reason"},
		bulk:    "/bulk/grants", key: heldKey("permission"), deeds: removes("Revoke", "", "revoked")},
	rolecall.KindCredential: {query: (*call).keysQuery, one: "key", many: "keys", columns: []string{"id", "name", "subject", "disabled", "starts_at", "expires_at", "created_at"},
		bulk: "/bulk/keys", deeds: []deed{
			{do: "disable", label: "Disable", text: "Requests with them are refused until they are enabled.", done: "disabled", steps: disable(true)},
			{do: "enable", label: "Enable", done: "enabled", gives: true, steps: disable(false)},
			{do: "delete", label: "Delete", text: "They stop working at once. Clients that were made with them go too.", done: "deleted", steps: deleteKeyOf},
		}},
	rolecall.KindGroupMember: {query: within(rolecall.KindGroupMember, "group"), one: "member", many: "members",
		bulk: "/groups/{id}/bulk", of: rolecall.KindGroup, key: []string{"group", "member"},
		deeds: removes("Remove", "They stay, without what the group gave them.", "removed")},
	rolecall.KindMembership: {query: within(rolecall.KindMembership, "tenant"), one: "member", many: "members",
		bulk: "/tenants/{id}/bulk", of: rolecall.KindTenant, key: []string{"tenant", "subject"},
		deeds: removes("Remove", "Roles that are assigned in the tenant stay: unassign them too.", "removed")},
	rolecall.KindGrant: {query: within(rolecall.KindGrant, "role"), one: "permission", many: "permissions",
		bulk: "/roles/{id}/bulk", of: rolecall.KindRole, key: []string{"role", "permission"},
		deeds: removes("Remove", "", "removed")},
}

const goneToo = "What they gave is gone with them. The audit log stays."

func heldKey(what string) []string { return []string{"subject", what, "tenant", "resource", "source"} }

// within selects the records of the thing with the {id} of the path.
func within(kind rolecall.Kind, field string) func(*call) rolecall.Query {
	return func(c *call) rolecall.Query {
		return rolecall.Query{Kind: kind, Tenant: c.Tenant, Where: []rolecall.Condition{rolecall.Where(field, c.id())}}
	}
}

// each calls visit with all that a list shows, a thousand at a time.
func (c *call) each(kind rolecall.Kind, visit func([]rolecall.Record) error) error {
	q := wholes[kind].query(c)
	q.Search, q.Limit = c.Value("q"), rolecall.MaxPage
	for {
		page, err := c.view.List(c.ctx, q)
		if err != nil {
			return err
		}
		if err := visit(page.Records); err != nil {
			return err
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

// filters are the parameters by which lists are narrowed.
var filters = []string{"q", "state", "of", "api", "source", "who", "what", "in"}

// A selection is what was chosen in a list: some rows, or all that its URL
// selects, the ones on other pages too.
type selection struct {
	ids   []string
	all   bool
	query url.Values // of the list, for all
}

// chosen returns the selection that a form sent.
func (c *call) chosen(kind rolecall.Kind) (selection, error) {
	s := selection{ids: slices.Clone(c.Values("id")), all: c.Value("all") != ""}
	slices.Sort(s.ids)
	s.ids = slices.Compact(s.ids) // a form says again what is in its URL
	if !s.all {
		return s, nil
	}
	s.query = url.Values{}
	for _, name := range filters {
		if v := c.Value(name); v != "" {
			s.query.Set(name, v)
		}
	}
	s.ids = nil
	err := c.each(kind, func(records []rolecall.Record) error {
		for _, r := range records {
			if !rolecall.BuiltIn(r) { // those can't be changed, and would keep the others from it
				s.ids = append(s.ids, r.Key())
			}
		}
		if len(s.ids) > maxBulk {
			return &rolecall.FieldError{Field: "selection", Rule: fmt.Sprintf("must be at most %s %s", number(maxBulk), wholes[kind].many), Kind: rolecall.ErrInvalid}
		}
		return nil
	})
	return s, err
}

// fields says the selection again, in another form.
func (s selection) fields() (all []field) {
	if s.all {
		all = append(all, field{Name: "all", Type: "hidden", Value: "yes"})
		for name := range s.query {
			all = append(all, field{Name: name, Type: "hidden", Value: s.query.Get(name)})
		}
		return all
	}
	for _, id := range s.ids {
		all = append(all, field{Name: "id", Type: "hidden", Value: id})
	}
	return all
}

// bulk does one thing to all chosen records of a kind.
func bulk(kind rolecall.Kind) func(*call) (*change, error) {
	return func(c *call) (*change, error) {
		w := wholes[kind]
		at := slices.IndexFunc(w.deeds, func(d deed) bool { return d.do == c.Value("do") })
		if at < 0 {
			return nil, &rolecall.FieldError{Field: "do", Rule: "is not offered for " + w.many, Kind: rolecall.ErrInvalid}
		}
		chosen, err := c.chosen(kind)
		if err == nil && len(chosen.ids) == 0 {
			err = &rolecall.FieldError{Field: "selection", Rule: "is empty: choose some " + w.many + " first", Kind: rolecall.ErrInvalid}
		}
		if err != nil {
			return nil, err
		}
		d, what := w.deeds[at], many(len(chosen.ids), w.one, w.many)
		m := &change{Verb: d.label, Text: d.text, Danger: !d.gives, said: what + " " + d.done + ".", then: c.backOr(c.Link(cmp.Or(pagesOf[w.of], listOf[kind]), c.id()))}
		if w.of != "" {
			if err := c.learn(w.of, c.id()); err != nil {
				return nil, err
			}
			what += " of " + c.Name(w.of, c.id()).Label
		}
		m.Title = d.label + " " + what + "?"
		for _, id := range chosen.ids {
			r, err := withKey(kind, id)
			if err == nil && w.of != "" && !strings.HasPrefix(id, c.id()+"\t") {
				err = errKey
			}
			if err != nil {
				return nil, err
			}
			all, err := d.steps(c, r)
			if err != nil {
				return nil, err
			}
			m.steps = append(m.steps, all...)
		}
		return m, nil
	}
}

func gone(_ *call, r rolecall.Record) (steps, error) { return steps{remove(r)}, nil }

func block(on bool) func(*call, rolecall.Record) (steps, error) {
	return func(_ *call, r rolecall.Record) (steps, error) {
		return steps{setBlocked(r.(*rolecall.User).ID, on)}, nil
	}
}

func setBlocked(id rolecall.SubjectID, blocked bool) step {
	return modify(&rolecall.User{ID: id}, map[string]any{"blocked": blocked}, func(u *rolecall.User) { u.Blocked = blocked })
}

func disable(on bool) func(*call, rolecall.Record) (steps, error) {
	return func(c *call, r rolecall.Record) (steps, error) {
		k, err := c.accessKey(r.(*rolecall.Credential).ID)
		if err != nil {
			return nil, err
		}
		return steps{setDisabled(k.ID, on)}, nil
	}
}

// deleteKeyOf deletes a key as package identity does.
func deleteKeyOf(c *call, r rolecall.Record) (steps, error) {
	k, err := c.accessKey(r.(*rolecall.Credential).ID)
	if err != nil {
		return nil, err
	}
	all := steps{remove(k)}
	if c.identity != nil && string(k.Subject) == string(k.ID) {
		all = append(all, remove(&rolecall.Client{ID: k.Subject}))
	}
	return all, nil
}

var errKey = &rolecall.FieldError{Field: "selection", Rule: "names something that can't be in it", Kind: rolecall.ErrInvalid}

// withKey returns a record that is known by its key alone.
func withKey(kind rolecall.Kind, key string) (rolecall.Record, error) {
	fields := map[string]string{"id": key}
	if names := wholes[kind].key; names != nil {
		parts := strings.Split(key, "\t")
		if len(parts) != len(names) {
			return nil, errKey
		}
		clear(fields)
		for i, name := range names {
			fields[name] = parts[i]
		}
	}
	r := rolecall.NewRecord(kind)
	data, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(data, r) // ids are text, whatever their type
	}
	return r, err
}

// A picking is the form for what is chosen in a table: part "pick" of its rows,
// and the bar below it.
type picking struct {
	ID      string // of the form, that the boxes belong to
	URL     string
	All     string // what all of them are called
	Fields  []hidden
	Choices []choice
}

// A choice is a button of that form: it does something, or leads to another form.
type choice struct {
	control
	Do string
}

// picking returns the form for a kind's records on this page.
func (c *call) picking(kind rolecall.Kind, all string) *picking {
	w := wholes[kind]
	p := &picking{ID: "pick-" + string(kind), URL: c.Link(w.bulk, c.id()), All: all, Fields: []hidden{{"back", c.Back()}}}
	if kind == rolecall.KindUser {
		p.Choices = append(p.Choices, choice{control: c.Do("Assign a role", "/assign")})
	}
	for _, d := range w.deeds {
		do := c.Do(d.label, w.bulk, c.id())
		if !d.gives {
			do = do.Danger()
		}
		p.Choices = append(p.Choices, choice{do.Tiny(), d.do})
	}
	return p
}

// Pick is the form for what is chosen in a list, nil if nothing can be done to many.
func (l *listing) Pick() *picking {
	if wholes[l.query.Kind].bulk == "" {
		return nil
	}
	all := "All that match"
	if l.Search == "" {
		all = "All " + l.Count()
	}
	if l.First() != "" || l.Next() != "" {
		all += ", on every page"
	}
	p := l.c.picking(l.query.Kind, all)
	p.Fields = append(p.Fields, l.Filters()...)
	return p
}

// asCSV sends all that a list shows, on all its pages.
func asCSV(kind rolecall.Kind) func(*call) (any, error) {
	return func(c *call) (any, error) {
		w := wholes[kind]
		out := c.csv(strings.ToLower(w.many)+".csv", w.columns...)
		err := c.each(kind, func(records []rolecall.Record) error {
			for _, r := range records {
				fields, err := fieldsOf(r)
				if err != nil {
					return err
				}
				row := make([]string, len(w.columns))
				for i, column := range w.columns {
					if v := fields[column]; v != nil {
						row[i] = text(v)
					}
				}
				out.row(row...)
			}
			return nil
		})
		return nil, out.end(err)
	}
}

// fieldsOf returns a record's fields, as in JSON.
func fieldsOf(r rolecall.Record) (fields map[string]any, err error) {
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	return fields, err
}
