package authzen

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// Bodies are read member by member rather than into structs. Members that are
// unknown must be ignored, but their names are compared exactly and none may
// come twice: a body that two readers could take differently is a way around
// the one that enforces. And an item of a batch must be read on its own, so
// that a mistake in it denies that item alone.

// members are those of a JSON object, by name: the text of each.
type members map[string]string

func readMembers(text string) (m members, err error) {
	err = api.Scan(text, func(s *api.Scanner) error {
		m, err = scanMembers(s)
		return err
	})
	return m, err
}

func scanMembers(s *api.Scanner) (members, error) {
	m := members{}
	return m, s.Object(func(name string) error {
		if m.has(name) {
			return api.Fault("", "is given twice")
		}
		value, err := s.Any()
		m[name] = value
		return err
	})
}

func (m members) has(name string) bool {
	_, ok := m[name]
	return ok
}

// read has a member read, if it is there. Its text is known to be JSON, so what
// is wrong with it as a whole is its type.
func (m members) read(name string, read func(*api.Scanner) error) error {
	if !m.has(name) {
		return nil
	}
	err := api.Scan(m[name], read)
	var e *rolecall.FieldError
	if errors.As(err, &e) && e.Field == "body" {
		return api.Fault(name, e.Rule)
	}
	return api.At(name, err)
}

// object reads a member that is an object. If it is absent, the members are nil.
func (m members) object(name string) (o members, err error) {
	err = m.read(name, func(s *api.Scanner) error {
		o, err = scanMembers(s)
		return err
	})
	return o, err
}

// text reads a member that is a string. If it is absent, the text is empty.
func (m members) text(name string) (text string, err error) {
	err = m.read(name, func(s *api.Scanner) error {
		text, err = s.String()
		return err
	})
	return text, err
}

// name reads a member that must be a string and not be empty.
func (m members) name(name string) (string, error) {
	text, err := m.text(name)
	if err == nil && text == "" {
		err = missing(name)
	}
	return text, err
}

func missing(name string) error { return api.Fault(name, "is required") }

// count reads a member that is a whole number and not negative. If it is
// absent, it is 0.
func (m members) count(name string) (n int, err error) {
	err = m.read(name, func(s *api.Scanner) error {
		whole, err := s.Integer(strconv.IntSize)
		if n = int(whole); err == nil && n < 0 {
			err = api.Fault("", "must not be negative")
		}
		return err
	})
	return n, err
}

// list reads a member that is an array of at most limit elements: the text of
// each. If it is absent, there are none.
func (m members) list(name string, limit int) (elements []string, err error) {
	err = m.read(name, func(s *api.Scanner) error {
		return s.Array(func(int) error {
			text, err := s.Any()
			elements = append(elements, text)
			return err
		})
	})
	if err == nil && len(elements) > limit {
		err = api.Fault(name, fmt.Sprintf("must have at most %d elements", limit))
	}
	return elements, err
}

// An entity is a subject or a resource.
type entity struct {
	Type string `json:"type"` // before the id: some readers compare the text
	ID   string `json:"id"`
}

// A part says how much of an entity has to be there.
type part bool

const (
	whole    part = true
	typeOnly part = false // of what is searched for: an id is not looked at
)

// entity reads a member that is a subject or a resource.
func (m members) entity(name string, p part) (e entity, err error) {
	o, err := m.required(name)
	if err != nil {
		return e, err
	}
	if e.Type, err = o.name("type"); err == nil && p == whole {
		e.ID, err = o.name("id")
	}
	return e, api.At(name, err)
}

// action reads the member action, and returns the action's name.
func (m members) action() (string, error) {
	o, err := m.required("action")
	if err != nil {
		return "", err
	}
	name, err := o.name("name")
	return name, api.At("action", err)
}

// required reads a member that must be an object, whose properties, if it has
// any, must be one too.
func (m members) required(name string) (members, error) {
	if !m.has(name) {
		return nil, missing(name)
	}
	o, err := m.object(name)
	if err == nil {
		_, err = o.object("properties")
		err = api.At(name, err)
	}
	return o, err
}

// explain reads the member context, an object of the caller's own. All that is
// looked at is whether it asks for reasons, and that decides nothing.
func (m members) explain() (bool, error) {
	o, err := m.object("context")
	return o["explain"] == "true", err
}
