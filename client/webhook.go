package client

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// A WebhookEvent tells what one write changed. The same event may come again,
// with the same ID; those of one webhook come in the order of revisions.
type WebhookEvent struct {
	ID        string            `json:"id"`
	Type      string            `json:"type"` // changes or test
	Webhook   string            `json:"webhook"`
	Project   string            `json:"project"`
	Revision  rolecall.Revision `json:"revision"`
	Time      time.Time         `json:"time"`
	Changes   []WebhookChange   `json:"changes"`
	Truncated bool              `json:"truncated,omitempty"` // there are more changes than these
}

// A WebhookChange says which record was changed, by whom.
type WebhookChange struct {
	Seq     int64              `json:"seq"`
	Change  string             `json:"change"` // created, changed or deleted
	Kind    rolecall.Kind      `json:"kind"`
	Key     string             `json:"key"`
	Subject rolecall.SubjectID `json:"subject,omitempty"`
	Tenant  rolecall.TenantID  `json:"tenant,omitempty"`
	Actor   rolecall.SubjectID `json:"actor"`
	Door    string             `json:"door"`
}

// ErrBadSignature means that a request does not come from the server, or was
// altered, or sent again by somebody.
var ErrBadSignature = errors.New("the webhook's signature is not valid")

// WebhookTolerance is how far the time in a signature may be from now.
const WebhookTolerance = 5 * time.Minute

const (
	signatureHeader = "Rolecall-Signature"
	maxWebhookBody  = 4 << 20
)

// ReadWebhook returns the event of a request that a server of ours made with a
// webhook's secret. Any other request is ErrBadSignature:
//
//	http.HandleFunc("POST /rolecall", func(w http.ResponseWriter, r *http.Request) {
//		event, err := client.ReadWebhook(r, secret)
//		if err != nil { http.Error(w, "no", http.StatusUnauthorized); return }
//		…
//	})
func ReadWebhook(r *http.Request, secret string) (*WebhookEvent, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWebhookBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxWebhookBody || len(r.Header[signatureHeader]) != 1 {
		return nil, ErrBadSignature
	}
	return VerifyWebhook(r.Header.Get(signatureHeader), body, secret, time.Now())
}

// VerifyWebhook returns the event in body if signature, the header
// Rolecall-Signature, is of secret, body and a time that is within
// WebhookTolerance of now. Otherwise it is ErrBadSignature.
func VerifyWebhook(signature string, body []byte, secret string, now time.Time) (*WebhookEvent, error) {
	if secret == "" {
		return nil, ErrBadSignature // which anybody knows
	}
	var at int64
	var sums [][]byte
	timed := false
	for part := range strings.SplitSeq(signature, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || timed {
				return nil, ErrBadSignature
			}
			at, timed = n, true
		case "v1":
			if sum, err := hex.DecodeString(value); err == nil {
				sums = append(sums, sum)
			}
		}
	}
	if !timed {
		return nil, ErrBadSignature
	}
	if off := now.Sub(time.Unix(at, 0)); off > WebhookTolerance || off < -WebhookTolerance {
		return nil, fmt.Errorf("it was signed %v ago: %w", off.Round(time.Second), ErrBadSignature)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at)
	mac.Write(body)
	want := mac.Sum(nil)
	for _, sum := range sums {
		if hmac.Equal(sum, want) {
			e := new(WebhookEvent)
			if err := json.Unmarshal(body, e); err != nil {
				return nil, fmt.Errorf("the webhook's event is not what it should be: %w", err)
			}
			return e, nil
		}
	}
	return nil, ErrBadSignature
}

// A Webhook is where a server tells of changes, and how that goes.
type Webhook struct {
	ID          string            `json:"id,omitempty"` // made if it is left out
	URL         string            `json:"url"`
	Description string            `json:"description,omitempty"`
	Kinds       []rolecall.Kind   `json:"kinds,omitempty"`  // only changes to records of these kinds
	Tenant      rolecall.TenantID `json:"tenant,omitempty"` // only what concerns this tenant
	Disabled    bool              `json:"disabled,omitempty"`

	// What follows, the server says.
	RotatedAt time.Time         `json:"rotated_at,omitzero"`
	Revision  rolecall.Revision `json:"revision,omitempty"` // told up to here
	Failures  int               `json:"failures,omitempty"` // in a row
	NextAt    time.Time         `json:"next_at,omitzero"`   // of the next try, after a failure
	TriedAt   time.Time         `json:"tried_at,omitzero"`
	Error     string            `json:"error,omitempty"` // of the last try
}

// AddWebhook makes a webhook, and returns its secret, which nothing shows again.
// It takes rolecall:settings.write.
func (c *Client) AddWebhook(ctx context.Context, w Webhook) (made *Webhook, secret string, receipt rolecall.Receipt, err error) {
	w.RotatedAt, w.Revision, w.Failures, w.NextAt, w.TriedAt, w.Error = time.Time{}, 0, 0, time.Time{}, time.Time{}, ""
	return c.webhookSecret(ctx, call{method: "POST", path: "/webhooks", body: w})
}

// RotateWebhook gives a webhook a new secret.
func (c *Client) RotateWebhook(ctx context.Context, id string) (made *Webhook, secret string, receipt rolecall.Receipt, err error) {
	return c.webhookSecret(ctx, call{method: "POST", path: webhookPath(id) + "/rotate"})
}

func webhookPath(id string) string { return "/webhooks/" + url.PathEscape(id) }

var errWebhookSecretLost = errors.New("the webhook was made, but the answer with its secret was lost: rotate it")

func (c *Client) webhookSecret(ctx context.Context, k call) (*Webhook, string, rolecall.Receipt, error) {
	var reply struct {
		Webhook
		Secret string `json:"secret"`
	}
	receipt, err := c.write(ctx, k, &reply)
	if err == nil && !receipt.DryRun && reply.Secret == "" {
		err = errWebhookSecretLost
	}
	if err != nil || receipt.DryRun {
		return nil, "", receipt, err
	}
	return &reply.Webhook, reply.Secret, receipt, nil
}

// Webhooks returns every webhook. It takes rolecall:settings.read.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var reply struct {
		Items []Webhook `json:"items"`
	}
	err := c.read(ctx, call{method: "GET", path: "/webhooks"}, &reply)
	return reply.Items, err
}

// ChangeWebhook changes fields of a webhook, as JSON spells them: url, description,
// kinds and tenant. Its secret stays. What it returns is the webhook, without how it
// does, nil after a dry run.
func (c *Client) ChangeWebhook(ctx context.Context, id string, fields map[string]any) (*Webhook, rolecall.Receipt, error) {
	var changed Webhook
	receipt, err := c.write(ctx, call{method: "PATCH", path: webhookPath(id), body: fields}, &changed)
	if err != nil || receipt.DryRun {
		return nil, receipt, err
	}
	return &changed, receipt, nil
}

// EnableWebhook makes a webhook be told again, from where it was, or no more.
func (c *Client) EnableWebhook(ctx context.Context, id string, enabled bool) (rolecall.Receipt, error) {
	path := webhookPath(id) + "/disable"
	if enabled {
		path = webhookPath(id) + "/enable"
	}
	return c.write(ctx, call{method: "POST", path: path}, nil)
}

// DeleteWebhook ends a webhook.
func (c *Client) DeleteWebhook(ctx context.Context, id string) (rolecall.Receipt, error) {
	return c.write(ctx, call{method: "DELETE", path: webhookPath(id)}, nil)
}

// A WebhookTest is what came of a test.
type WebhookTest struct {
	Delivered bool   `json:"delivered"`
	Status    int    `json:"status"` // of the answer
	Error     string `json:"error"`
	Took      int64  `json:"took_ms"`
}

// TestWebhook makes the server send a webhook an event of type test, once. That
// it is not taken is no error.
func (c *Client) TestWebhook(ctx context.Context, id string) (t WebhookTest, err error) {
	_, err = c.do(ctx, call{method: "POST", path: webhookPath(id) + "/test", once: true}, &t)
	return t, err
}
