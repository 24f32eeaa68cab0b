package client

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/rolecall/rolecall"
)

// Audit returns journal entries. It takes rolecall:audit.read: in q.Tenant if
// that is set, everywhere otherwise.
func (c *Client) Audit(ctx context.Context, q rolecall.EntryQuery) ([]*rolecall.Entry, error) {
	k := call{method: "GET", path: "/audit", query: make(url.Values)}
	for name, value := range map[string]string{
		"actor": string(q.Actor), "kind": string(q.Kind), "key": q.Key, "subject": string(q.Subject), "tenant": string(q.Tenant),
	} {
		if value != "" {
			k.query.Set(name, value)
		}
	}
	for name, value := range map[string]int64{
		"after": q.After, "revision": int64(q.Revision), "since": int64(q.Since), "through": int64(q.Through), "limit": int64(q.Limit),
	} {
		if value != 0 {
			k.query.Set(name, strconv.FormatInt(value, 10))
		}
	}
	for name, value := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !value.IsZero() {
			k.query.Set(name, value.UTC().Format(time.RFC3339Nano))
		}
	}
	if q.Newest {
		k.query.Set("newest", "true")
	}
	var reply struct {
		Items []*rolecall.Entry `json:"items"`
	}
	err := c.read(ctx, k, &reply)
	return reply.Items, err
}

// VerifyAudit makes the server read its whole journal, and returns its head, or
// an error that is ErrCorrupt and names what was altered. Give ctx and [Timeout]
// the time that this takes.
func (c *Client) VerifyAudit(ctx context.Context) (head rolecall.Head, err error) {
	err = c.read(ctx, call{method: "GET", path: "/audit/verify"}, &head)
	return head, err
}
