package auth0

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// An object is something as this API shows it.
type object map[string]any

// set adds a member, unless it is an empty text.
func (o object) set(name, value string) {
	if value != "" {
		o[name] = value
	}
}

// A field is a member of objects that are kept as a T: how it is shown, and how
// it is set from what a caller sent. A nil show shows nothing, a nil set refuses
// the member.
type field[T any] struct {
	name string
	show func(T) any // nil leaves it out
	set  func(T, json.RawMessage) error
}

// apply sets in's members, in the order of their fields. Those that there is no
// field for are extra: null removes one. Secrets are not kept.
func apply[T any](to T, table []field[T], extra *members, in members) error {
	for _, f := range table {
		value, sent := in[f.name]
		switch {
		case !sent:
		case f.set == nil:
			return invalidBody.because("Payload validation error: 'Additional properties not allowed: %s'.", f.name)
		default:
			if err := f.set(to, value); err != nil {
				return err
			}
		}
	}
	for name, value := range in {
		if slices.ContainsFunc(table, func(f field[T]) bool { return f.name == name }) || isSecret(name) {
			continue
		}
		if *extra == nil {
			*extra = members{}
		}
		if (*extra)[name] = value; len(value) == 0 {
			delete(*extra, name)
		}
	}
	return nil
}

// isSecret reports whether a member is a secret of another system's, by its
// name: what stands in attributes and settings, and so in the journal, is no
// place for one.
func isSecret(name string) bool {
	return strings.Contains(strings.ToLower(name), "secret") ||
		within(name, "twilio_token", "signing_key", "decryptionKey", "bindPassword", "configuration", "encryption_key", "api_key")
}

// show returns what apply has set, over what is extra.
func show[T any](of T, table []field[T], extra members) object {
	o := object{}
	for name, value := range extra {
		o[name] = value
	}
	for _, f := range table {
		if f.show == nil {
			continue
		}
		if value := f.show(of); value != nil {
			o[f.name] = value
		}
	}
	return o
}

// scan reads a member into the value that to points to. Null is its zero value.
func scan(name string, value json.RawMessage, to any) error {
	reflect.ValueOf(to).Elem().SetZero()
	if len(value) == 0 {
		return nil
	}
	err := json.Unmarshal(value, to)
	if err == nil {
		return nil
	}
	what := reflect.TypeOf(to).Elem()
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		name, what = name+"."+wrong.Field, wrong.Type
	}
	return invalidBody.because("Payload validation error: '%s must be %s'.", name, kindOf(what))
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return "an array of which each is " + kindOf(t.Elem())
		}
	case reflect.Pointer:
		return kindOf(t.Elem())
	}
	return "an object"
}

// put makes a field's set of one that is given the value in its type.
func put[T, V any](name string, f func(T, V) error) func(T, json.RawMessage) error {
	return func(to T, value json.RawMessage) error {
		var v V
		if err := scan(name, value, &v); err != nil {
			return err
		}
		return f(to, v)
	}
}

// What this API keeps of a record and the core has no field for stands in the
// record's attributes, under this name. Other attributes stay as they are.
const moreKey = "auth0"

// more reads what this API keeps beside a record into a T.
func more[T any](a rolecall.Attributes) (kept T, err error) {
	all := members{}
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
	all := members{}
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
	if len(all) == 0 {
		return nil, nil
	}
	return json.Marshal(all)
}

// patched returns the members of old with those of changes; a null one removes.
func (old members) patched(changes members) members {
	all := members{}
	for _, some := range []members{old, changes} {
		for name, value := range some {
			if all[name] = value; len(value) == 0 || string(value) == "null" {
				delete(all, name)
			}
		}
	}
	return all
}

// stamp is a time as this API writes it, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// hexID returns 24 random hexadecimal digits: 96 bits.
func hexID() string {
	var id [12]byte
	rand.Read(id[:]) // never fails since Go 1.24
	return hex.EncodeToString(id[:])
}

// isField reports whether err is about a field of that name.
func isField(err error, name string) bool {
	var field *rolecall.FieldError
	return errors.As(err, &field) && field.Field == name
}

// within reports whether text is one of the words.
func within(text string, words ...string) bool { return slices.Contains(words, text) }

func oneOf(name, text string, words ...string) error {
	if within(text, words...) {
		return nil
	}
	return invalidBody.because("%s must be one of %s", name, strings.Join(words, ", "))
}
