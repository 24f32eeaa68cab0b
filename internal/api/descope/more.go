package descope

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/rolecall/rolecall"
)

// What this API keeps of a record and the core has no field for stands in the
// record's attributes, under this name. Other attributes stay as they are.
const moreKey = "descope"

// more reads what this API keeps beside a record into a T.
func more[T any](a rolecall.Attributes) (kept T, err error) {
	all := map[string]json.RawMessage{}
	if len(a) > 0 {
		err = json.Unmarshal(a, &all)
	}
	if own := all[moreKey]; err == nil && len(own) > 0 {
		err = json.Unmarshal(own, &kept)
	}
	if err != nil {
		return kept, fmt.Errorf("attributes.%s: %v: %w", moreKey, err, rolecall.ErrCorrupt)
	}
	return kept, nil
}

// withMore returns a with kept in the place of what this API kept there.
func withMore[T any](a rolecall.Attributes, kept T) (rolecall.Attributes, error) {
	all := map[string]json.RawMessage{}
	if len(a) > 0 {
		if err := json.Unmarshal(a, &all); err != nil {
			return nil, fmt.Errorf("attributes: %v: %w", err, rolecall.ErrCorrupt)
		}
	}
	own, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	if all[moreKey] = own; string(own) == "{}" {
		delete(all, moreKey)
	}
	return json.Marshal(all)
}

// customAttributes are an application's own, by name.
type customAttributes map[string]json.RawMessage

// shown returns a as answers have it: never null, and no member is.
func (a customAttributes) shown() customAttributes {
	if a == nil {
		return customAttributes{}
	}
	return a
}

// set returns a without its null members.
func (a customAttributes) set() customAttributes {
	kept := customAttributes{}
	for name, value := range a {
		if !isNull(value) {
			kept[name] = value
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// patched returns a with the members of changes; a null one removes.
func (a customAttributes) patched(changes customAttributes) customAttributes {
	all := customAttributes{}
	for name, value := range a {
		all[name] = value
	}
	for name, value := range changes {
		all[name] = value
	}
	return all.set()
}

// match reports whether a has every member of wanted.
func (a customAttributes) match(wanted customAttributes) bool {
	for name, value := range wanted.set() {
		if !sameJSON(a[name], value) {
			return false
		}
	}
	return true
}

func isNull(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

// sameJSON reports whether two texts are one value, however they are spaced.
func sameJSON(a, b json.RawMessage) bool {
	var one, other bytes.Buffer
	return json.Compact(&one, a) == nil && json.Compact(&other, b) == nil && bytes.Equal(one.Bytes(), other.Bytes())
}
