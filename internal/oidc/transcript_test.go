package oidc_test

import (
	"strings"
	"testing"
	"time"

	doors "github.com/rolecall/rolecall/internal/api"
	"github.com/rolecall/rolecall/internal/api/apitest"
)

// A conversation is a browser, and whatever else speaks in a transcript.
type conversation struct{ *browser }

func (c conversation) Later(d time.Duration) { c.later(d) }
func (c conversation) Log() string           { return c.log.String() }

// Send makes a request. What is no JSON is a form.
func (c conversation) Send(t testing.TB, method, target, body string, headers ...string) apitest.Response {
	for i := 0; i < len(headers); i += 2 {
		headers[i+1] = strings.ReplaceAll(headers[i+1], "${url}", c.URL)
	}
	if strings.HasPrefix(body, "{") {
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	a := c.send(method, target, body, headers...)
	return apitest.Response{Status: a.Status, Header: a.Header, Body: a.Body}
}

// ${url} is where the provider is, ${secret} a client's, ${challenge} that of ${verifier}.
func TestTranscripts(t *testing.T) {
	apitest.Transcripts(t, "", func(t *testing.T) (apitest.Server, map[string]string) {
		w := newWorld(t)
		w.Config.Handler = doors.RequestIDs(w.Config.Handler)
		return conversation{w.browser()}, map[string]string{
			"url": w.URL, "secret": secret, "challenge": challenge(), "verifier": verifier, "password": strings.ReplaceAll(password, " ", "+"),
		}
	})
}
