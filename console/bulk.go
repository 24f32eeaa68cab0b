package console

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/rolecall/rolecall"
)

// maxBulk bounds how many records one write changes from a selection.
const maxBulk = 10_000

// A selection is what was chosen in a list of users: some of them, or all that
// its URL selects, the ones on other pages too.
type selection struct {
	ids   []string
	all   bool
	count int
	query url.Values // of the list, for all
}

// chosen returns the selection that a form sent.
func (c *call) chosen() (selection, error) {
	s := selection{ids: slices.Clone(c.Values("id")), all: c.Value("all") != ""}
	slices.Sort(s.ids)
	s.ids = slices.Compact(s.ids) // a form says again what is in its URL
	s.count = len(s.ids)
	if !s.all {
		return s, nil
	}
	s.query = url.Values{}
	for _, name := range []string{"q", "state", "tenant_of", "group_of"} {
		if v := c.Value(name); v != "" {
			s.query.Set(name, v)
		}
	}
	q := c.usersQuery()
	q.Search = c.Value("q")
	q.Limit = rolecall.MaxPage
	s.ids = nil
	for {
		page, err := c.view.List(c.ctx, q)
		if err != nil {
			return s, err
		}
		for _, r := range page.Records {
			s.ids = append(s.ids, r.Key())
		}
		if len(s.ids) > maxBulk {
			return s, &rolecall.FieldError{Field: "selection", Rule: fmt.Sprintf("must be at most %s users", number(maxBulk)), Kind: rolecall.ErrInvalid}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	s.count = len(s.ids)
	return s, nil
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
	chosen, err := c.chosen()
	if err != nil {
		return nil, err
	}
	if len(chosen.ids) == 0 {
		return nil, &rolecall.FieldError{Field: "selection", Rule: "is empty: choose some users first", Kind: rolecall.ErrInvalid}
	}
	what := many(len(chosen.ids), "user", "users")
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

// usersCSV sends the users that the list shows, on all its pages.
func usersCSV(c *call) (any, error) {
	q := c.usersQuery()
	q.Search, q.Limit = c.Value("q"), rolecall.MaxPage
	out := c.csv("users.csv", "id", "name", "email", "email_verified", "phone", "blocked", "created_at", "updated_at")
	for {
		page, err := c.view.List(c.ctx, q)
		if err != nil {
			return nil, out.end(err)
		}
		for _, u := range as[*rolecall.User](page.Records) {
			out.row(string(u.ID), u.Name, u.Email, text(u.EmailVerified), u.Phone, text(u.Blocked), clock(u.CreatedAt), clock(u.UpdatedAt))
		}
		if q.After = page.Next; q.After == "" {
			return nil, out.end(nil)
		}
	}
}
