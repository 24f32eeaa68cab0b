package console

import (
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
}

// wholes has one for each kind that has a list.
var wholes = map[rolecall.Kind]whole{
	rolecall.KindUser: {(*call).usersQuery, "user", "users",
		[]string{"id", "name", "email", "email_verified", "phone", "blocked", "created_at", "updated_at"}},
	rolecall.KindGroup:      {(*call).groupsQuery, "group", "groups", []string{"id", "name", "description", "created_at"}},
	rolecall.KindRole:       {(*call).rolesQuery, "role", "roles", []string{"id", "tenant", "name", "description", "default", "private", "created_at"}},
	rolecall.KindPermission: {(*call).permissionsQuery, "permission", "permissions", []string{"id", "api", "name", "description", "created_at"}},
	rolecall.KindAPI:        {(*call).apisQuery, "API", "APIs", []string{"id", "identifier", "name", "description", "created_at"}},
	rolecall.KindTenant:     {(*call).tenantsQuery, "tenant", "tenants", []string{"id", "name", "created_at"}},
	rolecall.KindAssignment: {(*call).assignmentsQuery, "assignment", "assignments",
		[]string{"subject", "role", "tenant", "resource", "source", "starts_at", "expires_at", "reason"}},
	rolecall.KindDirectGrant: {(*call).grantsQuery, "grant", "grants",
		[]string{"subject", "permission", "tenant", "resource", "source", "starts_at", "expires_at", "reason"}},
	rolecall.KindCredential: {(*call).keysQuery, "key", "keys", []string{"id", "name", "subject", "disabled", "starts_at", "expires_at", "created_at"}},
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
var filters = []string{"q", "state", "of", "api", "source"}

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

// chosenSome returns the selection, which must not be empty, and what it is called.
func (c *call) chosenSome(kind rolecall.Kind) (selection, string, error) {
	s, err := c.chosen(kind)
	if err == nil && len(s.ids) == 0 {
		err = &rolecall.FieldError{Field: "selection", Rule: "is empty: choose some " + wholes[kind].many + " first", Kind: rolecall.ErrInvalid}
	}
	return s, many(len(s.ids), wholes[kind].one, wholes[kind].many), err
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

// bulkUsers does one thing to all chosen users.
func bulkUsers(c *call) (*change, error) {
	chosen, what, err := c.chosenSome(rolecall.KindUser)
	if err != nil {
		return nil, err
	}
	m := &change{then: c.backOr(c.Link("/users")), Danger: true}
	var each func(id rolecall.SubjectID) step
	switch c.Value("do") {
	case "block":
		m.Title, m.Verb, m.said = "Block "+what+"?", "Block", what+" blocked."
		m.Text = "They may nothing, and can't sign in, until they are unblocked."
		each = func(id rolecall.SubjectID) step { return setBlocked(id, true) }
	case "unblock":
		m.Title, m.Verb, m.said, m.Danger = "Unblock "+what+"?", "Unblock", what+" unblocked.", false
		each = func(id rolecall.SubjectID) step { return setBlocked(id, false) }
	case "delete":
		m.Title, m.Verb, m.said = "Delete "+what+"?", "Delete", what+" deleted."
		m.Text = "All that they hold, their passwords and keys go with them. The audit log stays."
		each = func(id rolecall.SubjectID) step { return remove(&rolecall.User{ID: id}) }
	default:
		return nil, &rolecall.FieldError{Field: "do", Rule: "must be block, unblock or delete", Kind: rolecall.ErrInvalid}
	}
	for _, id := range chosen.ids {
		m.steps = append(m.steps, each(rolecall.SubjectID(id)))
	}
	return m, nil
}

func setBlocked(id rolecall.SubjectID, blocked bool) step {
	return modify(&rolecall.User{ID: id}, map[string]any{"blocked": blocked}, func(u *rolecall.User) { u.Blocked = blocked })
}

// bulkDelete deletes all chosen records of a kind.
func bulkDelete(kind rolecall.Kind) func(*call) (*change, error) {
	return func(c *call) (*change, error) {
		chosen, what, err := c.chosenSome(kind)
		if err != nil {
			return nil, err
		}
		m := &change{
			Title: "Delete " + what + "?", Text: "What they gave is gone with them. The audit log stays.", Verb: "Delete", Danger: true,
			then: c.backOr(c.Link(listOf[kind])), said: what + " deleted.",
		}
		for _, id := range chosen.ids {
			m.steps = append(m.steps, remove(withID(kind, id)))
		}
		return m, nil
	}
}

// withID returns a record that is known by its id alone.
func withID(kind rolecall.Kind, id string) rolecall.Record {
	r := rolecall.NewRecord(kind)
	text, _ := json.Marshal(map[string]string{"id": id})
	json.Unmarshal(text, r) // an id is text, whatever its type
	return r
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
