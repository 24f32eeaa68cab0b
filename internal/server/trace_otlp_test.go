//go:build otlp

package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A build with the tag otlp sends spans to OTEL_EXPORTER_OTLP_ENDPOINT.
func TestSpansAreExported(t *testing.T) {
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got <- r.Method + " " + r.URL.Path }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	s := start(t, Config{})
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(running) }()
	answer, err := http.Get(s.URL() + "healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	select {
	case request := <-got:
		if request != "POST /v1/traces" {
			t.Errorf("the collector gets %s", request)
		}
	default:
		t.Error("the collector gets nothing")
	}
}
