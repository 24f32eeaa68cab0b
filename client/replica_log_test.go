package client_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

// A server that stays away is one line of the log, however often it is tried.
func TestAReplicaLogsOnceThatNobodyIsThere(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer away.Close()
	var text strings.Builder
	_, err := client.Replicate(t.Context(), away.URL, "rcs_key", client.Attempts(4), client.Log(slog.New(slog.NewTextHandler(&text, nil))))
	if !errors.Is(err, rolecall.ErrUnavailable) {
		t.Errorf("Replicate() = %v, want it unavailable", err)
	}
	if n := strings.Count(text.String(), "the feed ended"); n != 1 || tries.Load() != 4 {
		t.Errorf("after %d tries the end of the feed is logged %d times in\n%s", tries.Load(), n, text.String())
	}
}
