//go:build otlp

package server

import (
	"context"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

var serviceName = attribute.String("service.name", "rolecall")

// The exporter takes OTEL_EXPORTER_OTLP_* and OTEL_TRACES_SAMPLER itself, the
// resource OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES. Without an endpoint,
// with OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER=none, there are no traces.
func init() {
	startTracing = func(ctx context.Context) (func(context.Context) error, error) {
		none := func(context.Context) error { return nil }
		if os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" ||
			os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
			return none, nil
		}
		exporter, err := otlptracehttp.New(ctx)
		if err != nil {
			return none, err
		}
		of, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithFromEnv())
		if err != nil {
			return none, err
		}
		if os.Getenv("OTEL_SERVICE_NAME") == "" {
			if named, err := resource.Merge(resource.NewSchemaless(serviceName), of); err == nil {
				of = named
			}
		}
		provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(of))
		otel.SetTracerProvider(provider)
		return provider.Shutdown, nil
	}
}
