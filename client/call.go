package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/rolecall/rolecall"
)

// A call is one request to the server.
type call struct {
	method, path string // of the API, path segments escaped
	query        url.Values
	body         any // sent as JSON; nil for none
	mediaType    string
	key          string // for idempotency
	once         bool   // is not sent again once it may have arrived
	open         bool   // takes no access key
}

// maxReply is the most bytes of an answer that are read.
const maxReply = 64 << 20

// read makes a call that changes nothing, and decodes the answer into reply. It
// asks for what was written before.
func (c *Client) read(ctx context.Context, k call, reply any) error {
	if at := c.written.Load(); at > 0 {
		k.set("at_least", strconv.FormatInt(at, 10))
	}
	_, err := c.do(ctx, k, reply)
	return err
}

// ask reads, of a past revision if c is for one.
func (c *Client) ask(ctx context.Context, path string, question, reply any) error {
	k := call{method: "POST", path: path, body: question}
	if c.asOf != 0 {
		k.set("as_of", strconv.FormatInt(int64(c.asOf), 10))
	}
	return c.read(ctx, k, reply)
}

// write makes a call that changes something, on c's terms. It returns what came
// of it; a dry run leaves reply as it is.
func (c *Client) write(ctx context.Context, k call, reply any) (rolecall.Receipt, error) {
	k.key = c.terms.key()
	if c.terms.Reason != "" {
		k.set("reason", c.terms.Reason)
	}
	var dry struct {
		Gained    []rolecall.Effect `json:"gained"`
		Lost      []rolecall.Effect `json:"lost"`
		Truncated bool              `json:"truncated"`
	}
	if c.terms.DryRun {
		k.set("dry_run", "true")
		reply = &dry
	}
	header, err := c.do(ctx, k, reply)
	if err != nil {
		return rolecall.Receipt{}, err
	}
	at, _ := strconv.ParseInt(header.Get("Rolecall-Revision"), 10, 64)
	receipt := rolecall.Receipt{
		Revision: rolecall.Revision(at),
		Replayed: header.Get("Idempotency-Replayed") == "true",
		DryRun:   c.terms.DryRun, Gained: dry.Gained, Lost: dry.Lost, Truncated: dry.Truncated,
	}
	c.AtLeast(receipt.Revision)
	return receipt, nil
}

func (k *call) set(name, value string) {
	if k.query == nil {
		k.query = make(url.Values)
	}
	k.query.Set(name, value)
}

// do makes a call, several times if it has to, and decodes the answer into
// reply if that is not nil.
func (c *Client) do(ctx context.Context, k call, reply any) (http.Header, error) {
	var body []byte
	if k.body != nil {
		var err error
		if body, err = json.Marshal(k.body); err != nil {
			return nil, err
		}
	}
	for attempt := 1; ; attempt++ {
		header, err := c.attempt(ctx, k, body, reply)
		if err == nil || attempt >= c.attempts || !k.again(err) || ctx.Err() != nil {
			return header, err
		}
		select {
		case <-time.After(backoff(attempt, err)):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// again reports whether a call that failed may be sent again.
func (k call) again(err error) bool {
	if k.once {
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	return errors.Is(err, rolecall.ErrUnavailable) || errors.Is(err, rolecall.ErrStale)
}

// maxWait is the longest pause between two attempts.
const maxWait = 2 * time.Second

// backoff returns the pause after an attempt that failed: what the server asks
// for or, around 50 ms and then four times as long each time, a random one, so
// that many clients don't come back together.
func backoff(attempt int, err error) time.Duration {
	pause := 50 * time.Millisecond << (2 * min(attempt-1, 4))
	var problem *Error
	if errors.As(err, &problem) {
		pause = max(pause, problem.RetryAfter)
	}
	pause = min(pause, maxWait)
	return pause/2 + rand.N(pause)
}

func (c *Client) attempt(ctx context.Context, k call, body []byte, reply any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	address := c.base + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, k.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		if k.mediaType != "" {
			request.Header.Set("Content-Type", k.mediaType)
		}
	}
	if k.key != "" {
		request.Header.Set("Idempotency-Key", k.key)
	}
	if !k.open {
		c.authorize(request)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, unavailable(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxReply+1))
	if err == nil && len(text) > maxReply {
		return nil, fmt.Errorf("%s %s: the answer is longer than %d bytes", k.method, k.path, maxReply)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, problem(response, text)
	}
	if reply != nil {
		if err := json.Unmarshal(text, reply); err != nil {
			return nil, fmt.Errorf("%s %s: the answer is not what it should be: %w", k.method, k.path, err)
		}
	}
	return response.Header, nil
}

// unavailable says that err is why there is no answer.
func unavailable(err error) error { return fmt.Errorf("%w: %w", rolecall.ErrUnavailable, err) }
