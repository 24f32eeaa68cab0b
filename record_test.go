package rolecall

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestJSONIsRefusedUnlessItIsUTF8(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"a": "ß"}`:        true,
		`{"a": "\u0000"}`:   true,
		"{\"a\": \"\xff\"}": false,
		"{\"\xff\": 1}":     false,
		`{"a": 1`:           false,
	} {
		raw := func() json.RawMessage { return json.RawMessage(text) }
		for field, r := range map[string]Record{
			"attributes": &Tenant{ID: "t", Name: "t", Attributes: raw()},
			"value":      &Setting{Name: "s", Value: raw()},
			"public":     &SigningKey{ID: "k", Algorithm: "ES256", Public: raw()},
		} {
			err := r.check()
			if ok && err != nil {
				t.Errorf("%s %q: %v", field, text, err)
			}
			var named *FieldError
			if !ok && (!errors.Is(err, ErrInvalid) || !errors.As(err, &named) || named.Field != field) {
				t.Errorf("%s %q: got error %v, want one that names it", field, text, err)
			}
		}
	}
}
