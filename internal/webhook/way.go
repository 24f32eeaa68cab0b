package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rolecall/rolecall/internal/outbound"
)

// SignatureHeader holds the time of a request, in Unix seconds, and the
// HMAC-SHA256 of that, a dot, and the body, with the webhook's secret:
// t=1767225600,v1=5257a869…
const SignatureHeader = "Rolecall-Signature"

// sign returns the header of a body that is sent at a time.
func sign(secret []byte, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%x", at.Unix(), mac.Sum(nil))
}

// post sends a body, and returns the status of the answer. One that is not 2xx is
// an error. Errors name neither the URL nor what was answered.
func post(ctx context.Context, way outbound.Way, to string, secret, body []byte, timeout time.Duration) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, "POST", to, strings.NewReader(string(body)))
	if err != nil {
		return 0, errors.New("the URL is none")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Rolecall-Webhook/1")
	r.Header.Set(SignatureHeader, sign(secret, time.Now(), body))
	answer, err := way.Client(timeout).Do(r)
	if err != nil {
		return 0, outbound.Plainly(err)
	}
	defer answer.Body.Close()
	io.CopyN(io.Discard, answer.Body, 64<<10) // so that the other side can finish
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answer.StatusCode, fmt.Errorf("it answers %d", answer.StatusCode)
	}
	return answer.StatusCode, nil
}
