package native

import (
	"testing"
	"time"

	"github.com/rolecall/rolecall/internal/api/apitest"
)

// ${root} is the owner's access key.
func TestTranscripts(t *testing.T) {
	apitest.Transcripts(t, Prefix, func(t *testing.T) (apitest.Server, map[string]string) {
		s := newServer(t)
		return transcribed{s}, map[string]string{"root": s.root}
	})
}

// transcribed is a server as transcripts use it.
type transcribed struct{ *server }

func (s transcribed) Send(t testing.TB, method, target, body string, headers ...string) apitest.Response {
	r := s.send(t, method, target, body, headers...)
	return apitest.Response{Status: r.status, Header: r.header, Body: r.body}
}

func (s transcribed) Later(d time.Duration) { s.clock.Move(d) }
func (s transcribed) Log() string           { return s.log.String() }
