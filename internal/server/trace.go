package server

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/rolecall/rolecall/internal/api"
)

// startTracing sends spans where the standard OTEL_* variables say, and returns
// how to stop. A build without the tag otlp has no exporter: spans then go where
// the program that embeds the server has set up, or nowhere.
var startTracing = func(context.Context) (stop func(context.Context) error, err error) {
	return func(context.Context) error { return nil }, nil
}

// tracing reports whether somebody has said where spans go.
func tracing() bool { return otel.GetTracerProvider() != nowhere }

var nowhere = otel.GetTracerProvider()

var carriers = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// traced makes a span for each request, in the trace that its traceparent
// names. Names and attributes are those of OpenTelemetry's HTTP conventions.
// Paths have ids in them, which are not secret; queries are left out.
func traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !tracing() {
			next.ServeHTTP(w, r)
			return
		}
		ctx := carriers.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := otel.Tracer("github.com/rolecall/rolecall").Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
		if !span.IsRecording() {
			next.ServeHTTP(w, r)
			return
		}
		defer span.End()
		span.SetAttributes(
			attribute.String("http.request.method", r.Method), attribute.String("url.path", r.URL.Path),
			attribute.String("rolecall.request_id", api.WithRequestID(w, r)))
		next.ServeHTTP(w, r.WithContext(ctx))
		if seen := recorderOf(w); seen != nil {
			span.SetName(r.Method + " " + seen.door)
			span.SetAttributes(attribute.Int("http.response.status_code", seen.status()), attribute.String("rolecall.door", seen.door))
			if seen.status() >= 500 {
				span.SetStatus(codes.Error, "")
			}
		}
	})
}
