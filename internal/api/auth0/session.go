package auth0

import (
	"context"

	"github.com/rolecall/rolecall"
)

// listSessions serves GET /users/{id}/sessions: logins that go on.
func listSessions(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	user, err := c.visibleUser()
	if err == nil {
		err = c.may(readCredentials)
	}
	if err != nil {
		return reply{}, err
	}
	logins, err := c.identity.Logins(c.r.Context(), user.ID)
	if err != nil {
		return reply{}, err
	}
	shown := []object{}
	for _, l := range logins {
		device := object{"initial_ip": l.Address, "last_ip": l.Address}
		device["initial_user_agent"], device["last_user_agent"] = l.Agent, l.Agent
		shown = append(shown, object{
			"id": l.ID, "user_id": l.Subject, "created_at": stamp(l.CreatedAt), "updated_at": stamp(l.RefreshedAt),
			"authenticated_at": stamp(l.CreatedAt), "expires_at": stamp(l.ExpiresAt), "device": device, "clients": []object{},
		})
	}
	found, err := part(p, shown, keyOf)
	if err != nil {
		return reply{}, err
	}
	p.checkpoint, p.take = true, defaultPage // it has no other form
	return c.answer(p, "sessions", found.items, found.total, found.next, nil)
}

// visibleUser returns the user that the path names, if the caller may see it.
func (c *call) visibleUser() (user *rolecall.User, err error) {
	return user, c.view(func(ctx context.Context, v *rolecall.View) error {
		user, err = findUser(ctx, v, c.named["id"])
		return err
	})
}

// endSessions serves DELETE /users/{id}/sessions and /users/{id}/refresh-tokens:
// a refresh token ends with its login.
func endSessions(c *call) (reply, error) {
	user, err := c.visibleUser()
	if err == nil {
		err = c.may(writeCredentials)
	}
	if err == nil {
		err = c.identity.EndLogins(c.r.Context(), user.ID)
	}
	return reply{202, object{}}, err
}

// may reports whether the caller lacks a permission of the AdminAPI, for what
// is no record and so not Write's to refuse.
func (c *call) may(permission string) error {
	return c.rc.May(c.by, permission, rolecall.Scope{})
}
