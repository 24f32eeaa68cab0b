package console

import "github.com/rolecall/rolecall"

type usersPage struct {
	*call
	List  *listing
	Users []*rolecall.User
}

func users(c *call) (any, error) {
	c.Title = "Users"
	p := &usersPage{call: c}
	var records []rolecall.Record
	var err error
	if p.List, records, err = c.page(c.usersQuery(), "name", "email", "id", "created_at"); err != nil {
		return nil, err
	}
	p.Users = as[*rolecall.User](records)
	return p, nil
}

// usersQuery selects the users that the URL asks for.
func (c *call) usersQuery() rolecall.Query {
	q := rolecall.Query{Kind: rolecall.KindUser, Tenant: c.Tenant}
	switch c.Value("state") {
	case "active":
		q.Where = append(q.Where, rolecall.Where("blocked", "false"))
	case "blocked":
		q.Where = append(q.Where, rolecall.Where("blocked", "true"))
	}
	return q
}
