package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall/internal/token"
)

// TestWhatATokenLetsItsBearerUse: nil is all that its subject holds, so whatever
// was made for an application must not come to that.
func TestWhatATokenLetsItsBearerUse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		claims map[string]any
		want   []string
	}{
		{"one's own", map[string]any{}, nil},
		{"an application's", map[string]any{"azp": "app", "scope": "rolecall:roles.read rolecall:users.read"}, []string{"rolecall:roles.read", "rolecall:users.read"}},
		{"an application's, without a scope", map[string]any{"azp": "app"}, []string{}},
		{"an application's of RFC 9068, without a scope", map[string]any{"client_id": "app"}, []string{}},
		{"a scope alone", map[string]any{"scope": "rolecall:roles.read"}, []string{"rolecall:roles.read"}},
		{"an empty scope", map[string]any{"scope": ""}, []string{}},
		{"a scope that is no text", map[string]any{"azp": "app", "scope": []any{"rolecall:roles.read"}}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, scopeOf(&token.Verified{Claims: tt.claims})); d != "" {
				t.Errorf("scopeOf (-want +got):\n%s", d)
			}
		})
	}
}
