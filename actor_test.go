package rolecall_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

func TestWhatAnActorSaysIsBounded(t *testing.T) {
	s := newStage(t)
	long := strings.Repeat("x", 257)
	for _, tt := range []struct {
		name, field string
		change      func(*rolecall.Actor)
	}{
		{"a long door", "request", func(a *rolecall.Actor) { a.Door = long }},
		{"a long request id", "request", func(a *rolecall.Actor) { a.RequestID = long }},
		{"a long idempotency key", "request", func(a *rolecall.Actor) { a.IdempotencyKey = long }},
		{"a request id with a line break", "request_id", func(a *rolecall.Actor) { a.RequestID = "a\nb" }},
		{"an idempotency key with a line break", "idempotency_key", func(a *rolecall.Actor) { a.IdempotencyKey = "a\nb" }},
		{"a long reason", "reason", func(a *rolecall.Actor) { a.Reason = strings.Repeat("x", rolecall.MaxTextRunes+1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			by := rolecall.System("test")
			tt.change(&by)
			s.unchanged(func() {
				_, err := s.Write(t.Context(), by, rolecall.Create(user("alice")))
				var field *rolecall.FieldError
				if !errors.As(err, &field) || field.Field != tt.field || !errors.Is(err, rolecall.ErrInvalid) {
					t.Errorf("got %v, want an error that names %q", err, tt.field)
				}
			})
		})
	}
}
