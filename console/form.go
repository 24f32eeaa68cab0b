package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A formPage is a form in the usual shape: one field under another, and a button.
type formPage struct {
	*call
	Text   string // above the fields
	Fields []field
	Verb   string // on the button
}

// form makes a page that is a form. Its template is "form".
func (c *call) form(title, verb string, fields ...field) *formPage {
	c.Title = title
	for i := range fields {
		f := &fields[i]
		if f.Name != "" && f.Type != "hidden" && (c.r.Method == http.MethodPost || c.r.Form.Has(f.Name)) {
			if f.Value = c.r.Form.Get(f.Name); f.Type == "checks" {
				f.Value = strings.Join(c.r.Form[f.Name], " ")
			}
		}
		if f.Type == "password" { // it is typed again
			f.Value = ""
		}
		f.Wrong = c.Problem != nil && c.Problem.Field != "" && (c.Problem.Field == f.Name || c.Problem.Field == f.Is)
	}
	if back := c.Value("back"); back != "" {
		fields = append(fields, field{Name: "back", Type: "hidden", Value: back})
	}
	return &formPage{call: c, Fields: fields, Verb: verb}
}

// Cancel leads back to where the form was opened.
func (p *formPage) Cancel() string { return p.backOr(p.Link("/")) }

// A field is one input of a form.
type field struct {
	Name, Label, Hint string
	Value             string
	// Type is an input's of HTML, or: "" text, "area", "check", "checks" for several
	// of its options, "select", "pick" for the name or id of a record, "hidden",
	// "fixed" for what is only shown.
	Type     string
	Pick     rolecall.Kind // of "pick"
	Options  []option      // of "select" and "checks", and to begin with of "pick"
	Required bool
	Is       string // the name of the field in records, if it is another
	Max      int
	Wrong    bool
	Data     string // an autocomplete token
}

// An option is one of a field's.
type option struct{ Value, Label string }

// Checked reports whether a check is on.
func (f field) Checked() bool { return f.Value == "yes" }

// Chosen reports whether one of the options of checks, which hold no spaces, is on.
func (f field) Chosen(value string) bool { return slices.Contains(strings.Fields(f.Value), value) }

func checked(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

func textField(name, label, value string) field {
	return field{Name: name, Label: label, Value: value, Max: rolecall.MaxNameRunes}
}

func areaField(name, label, value string) field {
	return field{Name: name, Label: label, Value: value, Type: "area", Max: rolecall.MaxTextRunes}
}

func checkField(name, label string, on bool) field {
	return field{Name: name, Label: label, Type: "check", Value: checked(on)}
}

// pickField takes the name or id of a record, and suggests the first few.
func (c *call) pickField(name, label string, kind rolecall.Kind, value string) field {
	f := field{Name: name, Label: label, Type: "pick", Pick: kind, Value: value}
	kinds := []rolecall.Kind{kind}
	if kind == kindSubject {
		kinds = []rolecall.Kind{rolecall.KindUser, rolecall.KindGroup}
	}
	for _, k := range kinds {
		rows, _, err := c.find(k, "", 20)
		if err != nil {
			continue // then it suggests nothing
		}
		for _, n := range rows {
			f.Options = append(f.Options, option{n.ID, n.full()})
		}
	}
	return f
}

// full is a name with what tells it from others.
func (n named) full() string {
	if n.More != "" {
		return n.Label + " · " + n.More
	}
	return n.Label
}

// required marks a field that must be filled in.
func required(f field) field { f.Required = true; return f }

// hinted puts a hint under a field's label.
func hinted(f field, hint string) field { f.Hint = hint; return f }

// whenFields are the validity of an assignment, a grant or a key.
func whenFields(starts bool) []field {
	expires := field{Name: "expires_at", Label: "Until", Type: "datetime-local", Hint: "UTC; empty is for ever"}
	if !starts {
		return []field{expires}
	}
	return []field{{Name: "starts_at", Label: "From", Type: "datetime-local", Hint: "UTC; empty is now"}, expires}
}

// moment reads a time as an input sends it, in UTC.
func (c *call) moment(name string) (time.Time, error) {
	text := c.Value(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, &rolecall.FieldError{Field: name, Rule: "must be a time like 2027-01-31 09:00", Kind: rolecall.ErrInvalid}
}

func (c *call) validity() (v rolecall.Validity, err error) {
	if v.StartsAt, err = c.moment("starts_at"); err == nil {
		v.ExpiresAt, err = c.moment("expires_at")
	}
	return v, err
}

// resolve returns the record of a kind that a form names in a field: by its id
// or, where that is nobody's, by a name that is one record's alone.
func (c *call) resolve(field string, kind rolecall.Kind, text string) (named, error) {
	if text == "" {
		return named{}, &rolecall.FieldError{Field: field, Rule: "is required", Kind: rolecall.ErrInvalid}
	}
	kinds := []rolecall.Kind{kind}
	if kind == kindSubject {
		kinds = []rolecall.Kind{rolecall.KindUser, rolecall.KindGroup, rolecall.KindClient}
	}
	for _, k := range kinds {
		records, err := c.selected(k, rolecall.Where("id", text))
		if err != nil {
			return named{}, err
		}
		if len(records) == 1 {
			return nameOf(records[0]), nil
		}
	}
	var all []named
	for _, k := range kinds {
		for _, by := range namesOf[k] {
			records, err := c.selected(k, rolecall.Where(by, text))
			if err != nil {
				return named{}, err
			}
			for _, r := range records {
				if n := nameOf(r); !slices.Contains(all, n) {
					all = append(all, n)
				}
			}
		}
	}
	switch len(all) {
	case 0:
		return named{}, &rolecall.FieldError{Field: field, Rule: fmt.Sprintf("%q does not exist here", text), Kind: rolecall.ErrInvalid}
	case 1:
		return all[0], nil
	}
	return named{}, &rolecall.FieldError{Field: field, Rule: fmt.Sprintf("%q is the name of several: choose one by its id", text), Kind: rolecall.ErrInvalid}
}

// namesOf lists the fields that a record can be named by.
var namesOf = map[rolecall.Kind][]string{
	rolecall.KindUser: {"email", "name"}, rolecall.KindGroup: {"name"}, rolecall.KindClient: {"name"},
	rolecall.KindRole: {"name"}, rolecall.KindTenant: {"name"}, rolecall.KindPermission: {"name"},
	rolecall.KindAPI: {"identifier", "name"}, rolecall.KindCredential: {"name"},
}

// selected returns a few records of a kind that can be named here.
func (c *call) selected(kind rolecall.Kind, where ...rolecall.Condition) ([]rolecall.Record, error) {
	q := rolecall.Query{Kind: kind, Where: where, Limit: 5}
	if kind == rolecall.KindRole {
		records, _, err := c.roles(q)
		return records, err
	}
	if kind == rolecall.KindPermission || kind == rolecall.KindAPI {
		page, err := c.rc.List(c.ctx, reader, q) // names alone, which every decision asks for
		return page.Records, err
	}
	if q.Tenant = c.Tenant; q.Tenant != "" && !ofTenants[kind] {
		return nil, nil
	}
	page, err := c.view.List(c.ctx, q)
	return page.Records, err
}

// backOr is where the form that was sent says to return to, or a page.
func (c *call) backOr(to string) string {
	if back := c.Value("back"); back != "" {
		return c.local(back)
	}
	return to
}
