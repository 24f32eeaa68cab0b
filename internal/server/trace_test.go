package server

import (
	"testing"

	"go.opentelemetry.io/otel"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/rolecall/rolecall"
)

func TestRequestsAreSpansOfTheirCallersTrace(t *testing.T) {
	was := otel.GetTracerProvider()
	defer otel.SetTracerProvider(was)
	spans := tracetest.NewInMemoryExporter()
	otel.SetTracerProvider(sdk.NewTracerProvider(sdk.WithSyncer(spans)))
	s := start(t, Config{})
	key := keyOf(t, s, rolecall.RoleAuditor)
	spans.Reset()
	ask(s, "GET", "/api/v1/roles?search=secret", "Authorization", "Bearer "+key, "X-Request-ID", "req-1",
		"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	got := spans.GetSpans()
	if len(got) != 1 {
		t.Fatalf("%d spans, want one", len(got))
	}
	span := got[0]
	if span.Name != "GET native" || span.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || span.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("the span is %s %s under %s", span.Name, span.SpanContext.TraceID(), span.Parent.SpanID())
	}
	attributes := map[string]string{}
	for _, a := range span.Attributes {
		attributes[string(a.Key)] = a.Value.String()
	}
	want := map[string]string{
		"http.request.method": "GET", "url.path": "/api/v1/roles", "http.response.status_code": "200",
		"rolecall.door": "native", "rolecall.request_id": "req-1",
	}
	if len(attributes) != len(want) {
		t.Errorf("the attributes are %v", attributes)
	}
	for name, value := range want {
		if attributes[name] != value {
			t.Errorf("%s = %q, want %q", name, attributes[name], value)
		}
	}
}
