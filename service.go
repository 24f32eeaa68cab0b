package rolecall

import "context"

// An Option changes how a Service works.
type Option func(*Service)

// A Service is a project in use: it decides, and it is the only way to change anything.
type Service struct{}

// New starts a Service over an open store.
func New(ctx context.Context, store Store, options ...Option) (*Service, error) { panic("soon") }
