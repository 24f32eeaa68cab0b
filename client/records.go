package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
)

// A collection is where the server keeps the records of a kind.
type collection struct {
	path string
	key  []string // the fields that a record's key is made of; nil for an id in the path
}

var collections = map[rolecall.Kind]collection{
	rolecall.KindAPI:         {path: "/apis"},
	rolecall.KindPermission:  {path: "/permissions"},
	rolecall.KindRole:        {path: "/roles"},
	rolecall.KindInheritance: {"/inheritances", []string{"senior", "junior"}},
	rolecall.KindGrant:       {"/grants", []string{"role", "permission"}},
	rolecall.KindTenant:      {path: "/tenants"},
	rolecall.KindUser:        {path: "/users"},
	rolecall.KindClient:      {path: "/clients"},
	rolecall.KindGroup:       {path: "/groups"},
	rolecall.KindGroupMember: {"/group-members", []string{"group", "member"}},
	rolecall.KindMembership:  {"/memberships", []string{"tenant", "subject"}},
	rolecall.KindAssignment:  {"/assignments", []string{"subject", "role", "tenant", "resource", "source"}},
	rolecall.KindDirectGrant: {"/direct-grants", []string{"subject", "permission", "tenant", "resource", "source"}},
	rolecall.KindLoginID:     {"/login-ids", []string{"login"}},
	rolecall.KindCredential:  {path: "/keys"}, // access keys; passwords are not shown
	rolecall.KindSigningKey:  {path: "/signing-keys"},
	rolecall.KindSetting:     {path: "/settings"},
	rolecall.KindClientGrant: {path: "/client-grants"},
	rolecall.KindInvitation:  {path: "/invitations"}, // made by inviting

	rolecall.KindConstraint:     {path: "/constraints"},
	rolecall.KindConstraintRole: {"/constraint-roles", []string{"constraint", "role"}},
	rolecall.KindSession:        {path: "/sessions"},
	rolecall.KindSessionRole:    {"/session-roles", []string{"session", "role"}},
	rolecall.KindInvitationRole: {"/invitation-roles", []string{"invitation", "role"}},
}

func collectionOf(kind rolecall.Kind) (collection, error) {
	c, ok := collections[kind]
	if !ok {
		return c, &rolecall.FieldError{Field: "kind", Rule: "must be one of the known kinds", Kind: rolecall.ErrInvalid}
	}
	return c, nil
}

// at returns the path of a record with an id.
func (c collection) at(id string) string {
	if id == "." || id == ".." { // which would mean a folder
		return c.path + "/" + strings.ReplaceAll(id, ".", "%2E")
	}
	return c.path + "/" + url.PathEscape(id)
}

// Get returns the record of a kind with a key.
func (c *Client) Get(ctx context.Context, kind rolecall.Kind, key string) (rolecall.Record, error) {
	in, err := collectionOf(kind)
	if err != nil {
		return nil, err
	}
	if in.key == nil {
		r := rolecall.NewRecord(kind)
		if err := c.read(ctx, call{method: "GET", path: in.at(key)}, r); err != nil {
			return nil, err
		}
		return r, nil
	}
	parts := strings.Split(key, "\t")
	if len(parts) != len(in.key) {
		return nil, &rolecall.FieldError{Field: "key", Rule: "must have the parts " + strings.Join(in.key, ", "), Kind: rolecall.ErrInvalid}
	}
	q := rolecall.Query{Kind: kind}
	for i, name := range in.key {
		q.Where = append(q.Where, rolecall.Where(name, parts[i]))
	}
	page, err := c.List(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, r := range page.Records {
		if r.Key() == key {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s %q: %w", kind, strings.ReplaceAll(key, "\t", " "), rolecall.ErrNotFound)
}

// Find returns the record with like's key:
//
//	role, err := client.Find(ctx, rc, &rolecall.Role{ID: "editor"})
func Find[R rolecall.Record](ctx context.Context, c *Client, like R) (R, error) {
	found, err := c.Get(ctx, like.Kind(), like.Key())
	if err != nil {
		var none R
		return none, err
	}
	return found.(R), nil
}

// List returns a page of records. Page.Next goes into q.After to get the next
// one: it is a cursor for this query. Conditions may be Equal and In only.
func (c *Client) List(ctx context.Context, q rolecall.Query) (rolecall.Page, error) {
	in, err := collectionOf(q.Kind)
	if err != nil {
		return rolecall.Page{}, err
	}
	k := call{method: "GET", path: in.path, query: make(url.Values)}
	for _, condition := range q.Where {
		if condition.Op != rolecall.Equal && condition.Op != rolecall.In {
			return rolecall.Page{}, &rolecall.FieldError{Field: condition.Field, Rule: "can only be compared by = and in, over HTTP", Kind: rolecall.ErrInvalid}
		}
		for _, value := range condition.Values {
			k.query.Add(condition.Field, value)
		}
	}
	for name, value := range map[string]string{
		"tenant": string(q.Tenant), "group": string(q.Group), "search": q.Search, "cursor": q.After, "sort": q.Sort,
	} {
		if value != "" {
			k.query.Set(name, value)
		}
	}
	if q.Desc {
		k.query.Set("sort", "-"+q.Sort)
	}
	if q.Limit != 0 {
		k.query.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Total {
		k.query.Set("total", "true")
	}
	var reply struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next"`
		Total int               `json:"total"`
	}
	if err := c.read(ctx, k, &reply); err != nil {
		return rolecall.Page{}, err
	}
	page := rolecall.Page{Next: reply.Next, Total: reply.Total}
	for _, item := range reply.Items {
		r, err := decode(q.Kind, item)
		if err != nil {
			return rolecall.Page{}, err
		}
		page.Records = append(page.Records, r)
	}
	return page, nil
}

// All returns every record of type R that q selects, fetching pages of q.Limit
// as it goes. It ends with the first error.
//
//	for role, err := range client.All[*rolecall.Role](ctx, rc, rolecall.Query{}) {
func All[R rolecall.Record](ctx context.Context, c *Client, q rolecall.Query) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var none R
		q.Kind = none.Kind()
		for {
			page, err := c.List(ctx, q)
			if err != nil {
				yield(none, err)
				return
			}
			for _, r := range page.Records {
				if !yield(r.(R), nil) {
					return
				}
			}
			if q.After = page.Next; q.After == "" {
				return
			}
		}
	}
}

func decode(kind rolecall.Kind, text []byte) (rolecall.Record, error) {
	r := rolecall.NewRecord(kind)
	if r == nil {
		return nil, fmt.Errorf("the server answers with the unknown kind %q", kind)
	}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("the server's %s is not one: %w", kind, err)
	}
	return r, nil
}
