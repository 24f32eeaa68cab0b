package console

import "github.com/rolecall/rolecall"

type userPage struct {
	*call
	User *rolecall.User
}

func user(c *call) (any, error) {
	u, err := look(c, &rolecall.User{ID: rolecall.SubjectID(c.id())})
	if err != nil {
		return nil, err
	}
	c.Title = nameOf(u).Label
	return &userPage{c, u}, nil
}
