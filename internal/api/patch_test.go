package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
)

// RFC 7396 merges objects at any depth: who changes one member of an object keeps the others.
func TestPatchMergesWithinStructs(t *testing.T) {
	type inner struct {
		Yes  bool     `json:"yes"`
		List []string `json:"list,omitempty"`
	}
	type outer struct {
		In  inner     `json:"in"`
		Ptr *inner    `json:"ptr,omitempty"`
		At  time.Time `json:"at,omitzero"`
	}
	for _, tt := range []struct{ from, patch, want string }{
		{`{"in":{"yes":true,"list":["a"]}}`, `{"in":{"yes":false}}`, `{"in":{"yes":false,"list":["a"]}}`},
		{`{"in":{"yes":true,"list":["a"]}}`, `{"in":{"list":null}}`, `{"in":{"yes":true}}`},
		{`{"in":{"yes":true,"list":["a"]}}`, `{"in":null}`, `{"in":{"yes":false}}`},
		{`{"in":{"yes":true},"ptr":{"yes":true,"list":["a"]}}`, `{"ptr":{"list":["b"]}}`, `{"in":{"yes":true},"ptr":{"yes":true,"list":["b"]}}`},
		{`{"in":{"yes":true}}`, `{"ptr":{"yes":true},"at":"2030-01-02T03:04:05Z"}`, `{"in":{"yes":true},"ptr":{"yes":true},"at":"2030-01-02T03:04:05Z"}`},
		{`{"in":{"yes":true},"ptr":{"yes":true}}`, `{"ptr":null}`, `{"in":{"yes":true}}`},
	} {
		var v outer
		if err := json.Unmarshal([]byte(tt.from), &v); err != nil {
			t.Fatal(err)
		}
		before, kept := v.Ptr, inner{}
		if before != nil {
			kept = *before
		}
		if err := Patch(tt.patch, &v); err != nil {
			t.Fatalf("Patch(%s): %v", tt.patch, err)
		}
		got, _ := json.Marshal(v)
		if string(got) != tt.want {
			t.Errorf("%s patched with %s = %s, want %s", tt.from, tt.patch, got, tt.want)
		}
		if before != nil && !reflect.DeepEqual(*before, kept) {
			t.Errorf("Patch(%s) changed what others hold: %v", tt.patch, *before)
		}
	}
	var got *rolecall.FieldError
	if err := Patch(`{"in":{"nom":1}}`, new(outer)); !errors.As(err, &got) || got.Field != "in.nom" {
		t.Errorf("an unknown inner member = %v, want in.nom named", err)
	}
}
