package console

import "github.com/rolecall/rolecall"

type comparePage struct {
	*call
	A, B               *rolecall.Role // nil until both are chosen
	Roles              []option
	OnlyA, Both, OnlyB []given
}

// compare shows what each of two roles gives, and the other does not.
func compare(c *call) (any, error) {
	c.Title = "Compare roles"
	p := &comparePage{call: c}
	suggested := c.pickField("a", "", rolecall.KindRole, "")
	p.Roles = suggested.Options
	if c.Value("a") == "" || c.Value("b") == "" {
		return p, nil
	}
	h, err := c.hierarchy()
	if err != nil {
		return nil, err
	}
	var gives [2][]given
	for i, name := range []string{"a", "b"} {
		n, err := c.resolve(name, rolecall.KindRole, c.Value(name))
		if err != nil {
			c.Problem = problemOf(err)
			return p, nil
		}
		r, err := look(c, &rolecall.Role{ID: rolecall.RoleID(n.ID)})
		if err != nil {
			return nil, err
		}
		if i == 0 {
			p.A = r
		} else {
			p.B = r
		}
		if gives[i], err = c.given(h, r); err != nil {
			return nil, err
		}
	}
	has := func(all []given, id string) bool {
		for _, g := range all {
			if g.Permission.ID == id {
				return true
			}
		}
		return false
	}
	for _, g := range gives[0] {
		if has(gives[1], g.Permission.ID) {
			p.Both = append(p.Both, g)
		} else {
			p.OnlyA = append(p.OnlyA, g)
		}
	}
	for _, g := range gives[1] {
		if !has(gives[0], g.Permission.ID) {
			p.OnlyB = append(p.OnlyB, g)
		}
	}
	return p, nil
}
