package client

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/rolecall/rolecall"
)

// A SignInEvent is one entry of the sign-in log: somebody signed in or out, or
// tried to. It is forgotten when it is old, or one of too many.
type SignInEvent struct {
	ID   int64     `json:"id"`  // grows from one to the next
	Seq  int64     `json:"seq"` // of the journal's last entry before it
	Time time.Time `json:"time"`

	Event   string `json:"event"`             // sign_in, sign_out, code, refresh, client_credentials …
	Failure string `json:"failure,omitempty"` // why it did not go well: wrong_password, unknown_user …; "" if it did
	Detail  string `json:"detail,omitempty"`

	Subject  rolecall.SubjectID `json:"subject,omitempty"`
	Login    string             `json:"login,omitempty"` // the login id that was given
	Client   rolecall.SubjectID `json:"client,omitempty"`
	Tenant   rolecall.TenantID  `json:"tenant,omitempty"`
	Audience string             `json:"audience,omitempty"`
	Address  string             `json:"address,omitempty"`
	Agent    string             `json:"agent,omitempty"`
	Door     string             `json:"door,omitempty"`

	Repeats int64 `json:"repeats,omitempty"` // how many like it came before it and were not written down
}

// A SignInQuery selects events. Zero fields select everything.
type SignInQuery struct {
	Subject rolecall.SubjectID
	Client  rolecall.SubjectID
	Tenant  rolecall.TenantID
	Event   string
	Failed  *bool
	From    time.Time // this time or later
	To      time.Time // before this time
	Newest  bool      // newest first
	Limit   int       // the most of a page; 0 means the server's default
	Cursor  string    // the next of the page before
}

// SignIns returns a page of the sign-in log, and the cursor of the next, "" after
// the last. It takes rolecall:audit.read: in q.Tenant if that is set, everywhere
// otherwise.
func (c *Client) SignIns(ctx context.Context, q SignInQuery) (events []SignInEvent, next string, err error) {
	k := call{method: "GET", path: "/audit/sign-ins", query: make(url.Values)}
	for name, value := range map[string]string{
		"subject": string(q.Subject), "client": string(q.Client), "tenant": string(q.Tenant), "event": q.Event, "cursor": q.Cursor,
	} {
		if value != "" {
			k.query.Set(name, value)
		}
	}
	for name, value := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !value.IsZero() {
			k.query.Set(name, value.UTC().Format(time.RFC3339Nano))
		}
	}
	if q.Failed != nil {
		k.query.Set("failed", strconv.FormatBool(*q.Failed))
	}
	if q.Newest {
		k.query.Set("newest", "true")
	}
	if q.Limit != 0 {
		k.query.Set("limit", strconv.Itoa(q.Limit))
	}
	var reply struct {
		Items []SignInEvent `json:"items"`
		Next  string        `json:"next"`
	}
	err = c.read(ctx, k, &reply)
	return reply.Items, reply.Next, err
}
