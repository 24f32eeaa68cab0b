package auth0

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// userSorts are the fields by which the store puts users in order.
var userSorts = map[string]string{
	"": "", "user_id": "", "email": "email", "name": "name", "created_at": "created_at", "updated_at": "updated_at",
}

// listUsers serves GET /users.
func listUsers(c *call) (answer reply, err error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	order, desc, err := sorting(c.text("sort"))
	if err != nil {
		return reply{}, err
	}
	var q search
	if text := c.text("q"); strings.TrimSpace(text) != "" {
		if q, err = parseSearch(text); err != nil {
			return reply{}, err
		}
	}
	by, simple := userSorts[order]
	return answer, c.view(func(ctx context.Context, v *rolecall.View) error {
		if q != nil || !simple {
			answer, err = c.searchUsers(ctx, v, p, q, order, desc)
			return err
		}
		found, err := fetch[*rolecall.User](ctx, v, p, rolecall.Query{Kind: rolecall.KindUser, Sort: by, Desc: desc})
		if err != nil {
			return err
		}
		all, err := c.describeUsers(ctx, v, found.items)
		if err == nil {
			answer, err = c.answer(p, "users", all, found.total, found.next, object{"length": len(all)})
		}
		return err
	})
}

// sorting reads field:1 or field:-1.
func sorting(text string) (field string, desc bool, err error) {
	if text == "" {
		return "", false, nil
	}
	field, direction, _ := strings.Cut(text, ":")
	if field == "" || direction != "1" && direction != "-1" {
		return "", false, invalidQuery.because("sort must be a field, a colon, and 1 or -1")
	}
	return field, direction == "-1", nil
}

// searchUsers answers with the users that q matches, all if it is nil. It reads
// every user, unless q asks for one e-mail address or id.
func (c *call) searchUsers(ctx context.Context, v *rolecall.View, p paging, q search, order string, desc bool) (reply, error) {
	query := rolecall.Query{Kind: rolecall.KindUser}
	if id, ok := asks(q, "user_id"); ok {
		query.Where = append(query.Where, rolecall.Where("id", id))
	} else if email, ok := asks(q, "email"); ok {
		query.Where = append(query.Where, rolecall.Condition{Field: "email", Op: rolecall.In, Values: texts([]string{email, identity.NormalLogin(email)})})
	}
	users, err := rolecall.All[*rolecall.User](ctx, v, query)
	if err != nil {
		return reply{}, err
	}
	shown, err := c.describeUsers(ctx, v, users)
	if err != nil {
		return reply{}, err
	}
	var matching []object
	for _, o := range shown {
		seen, err := searched(o)
		if err != nil {
			return reply{}, err
		}
		if q == nil || q.match(seen) {
			matching = append(matching, o)
		}
	}
	if order != "" {
		slices.SortStableFunc(matching, func(a, b object) int {
			n := compare(sortText(a[order]), sortText(b[order]))
			if desc {
				return -n
			}
			return n
		})
	}
	found, err := part(p, matching, func(o object) string { return string(o["user_id"].(rolecall.SubjectID)) })
	if err != nil {
		return reply{}, err
	}
	return c.answer(p, "users", found.items, found.total, found.next, object{"length": len(found.items)})
}

func sortText(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
