package client_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall/client"
)

// A signature is the header of body at a time by secret, as the docs say it is made.
func signature(secret, body string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%x", at.Unix(), mac.Sum(nil))
}

func TestForgedWebhooks(t *testing.T) {
	const secret, body = "whs_secret", `{"id":"hook_1.7","type":"changes","revision":7,"changes":[]}`
	now := time.Now()
	good := signature(secret, body, now)
	for _, tt := range []struct {
		name, signature, body, secret string
		ok                            bool
	}{
		{"the server's", good, body, secret, true},
		{"one that was on its way for a while", signature(secret, body, now.Add(-4*time.Minute)), body, secret, true},
		{"one of several signatures", good + ",v1=00ff,v2=xyz", body, secret, true},
		{"none", "", body, secret, false},
		{"by another secret", signature("whs_other", body, now), body, secret, false},
		{"of another body", good, strings.Replace(body, "7", "8", 1), secret, false},
		{"of a longer body", good, body + " ", secret, false},
		{"sent again later", signature(secret, body, now.Add(-6*time.Minute)), body, secret, false},
		{"from the future", signature(secret, body, now.Add(6*time.Minute)), body, secret, false},
		{"with another time", strings.Replace(good, "t=", "t=1", 1), body, secret, false},
		{"without a time", good[strings.Index(good, "v1="):], body, secret, false},
		{"with two times", good + ",t=1", body, secret, false},
		{"cut off", good[:len(good)-2], body, secret, false},
		{"without a sum", good[:strings.Index(good, ",")], body, secret, false},
		{"without a secret", signature("", body, now), body, "", false},
		{"signed and no JSON", signature(secret, "hello", now), "hello", secret, false},
	} {
		e, err := client.VerifyWebhook(tt.signature, []byte(tt.body), tt.secret, now)
		if (err == nil) != tt.ok || tt.ok && e.Revision != 7 || !tt.ok && e != nil {
			t.Errorf("%s: %+v, %v", tt.name, e, err)
		}
		if !tt.ok && tt.body != "hello" && !errors.Is(err, client.ErrBadSignature) {
			t.Errorf("%s: %v, want ErrBadSignature", tt.name, err)
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(tt.body))
		if tt.signature != "" {
			r.Header.Set("Rolecall-Signature", tt.signature)
		}
		if _, err := client.ReadWebhook(r, tt.secret); (err == nil) != tt.ok {
			t.Errorf("%s, as a request: %v", tt.name, err)
		}
	}
}
