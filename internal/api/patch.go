package api

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"time"
)

// Patch changes the struct that v points to by a JSON merge patch (RFC 7396).
// Members that the patch leaves out stay, also those within a member that is an
// object, and null empties one. It reads as Decode does.
func Patch(text string, v any) error {
	return Scan(text, func(s *Scanner) error { return patch(s, reflect.ValueOf(v).Elem()) })
}

func patch(s *Scanner, v reflect.Value) error {
	fields := FieldsOf(v.Type())
	seen := make([]bool, len(fields.list))
	return s.Object(func(name string) error {
		i, ok := fields.byName[name]
		switch {
		case !ok:
			return wrong(ruleUnknown)
		case seen[i]:
			return wrong(ruleTwice)
		}
		seen[i] = true
		field := v.FieldByIndex(fields.list[i].Index)
		if s.Peek() == 'n' {
			field.SetZero()
			return s.word("null")
		}
		if kept, ok := field.Addr().Interface().(*json.RawMessage); ok {
			change, err := s.Any()
			if err == nil {
				*kept = mergePatch(*kept, json.RawMessage(change))
			}
			return err
		}
		if within := object(field); within.IsValid() {
			return patch(s, within)
		}
		field.SetZero()
		return decode(s, field)
	})
}

// object returns the struct whose members a field's JSON form is made of, or
// nothing if that is no object. What was not there is made.
func object(field reflect.Value) reflect.Value {
	if field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.Struct {
		if field.IsNil() {
			field.Set(reflect.New(field.Type().Elem()))
		} else { // it may be somebody else's, too
			same := reflect.New(field.Type().Elem())
			same.Elem().Set(field.Elem())
			field.Set(same)
		}
		field = field.Elem()
	}
	if field.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	switch field.Addr().Interface().(type) {
	case *time.Time, encoding.TextUnmarshaler:
		return reflect.Value{}
	}
	return field
}

// mergePatch is the function MergePatch of RFC 7396 section 2. change is JSON;
// target may be empty.
func mergePatch(target, change json.RawMessage) json.RawMessage {
	merged, err := json.Marshal(merge(number(target), number(change)))
	if err != nil {
		panic("api: " + err.Error()) // what was read from JSON can be written
	}
	return merged
}

func merge(target, change any) any {
	members, ok := change.(map[string]any)
	if !ok {
		return change
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for name, value := range members {
		if value == nil {
			delete(object, name)
		} else {
			object[name] = merge(object[name], value)
		}
	}
	return object
}

// number reads JSON without giving up digits of its numbers.
func number(text json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.Decode(&v) // of nothing, nothing
	return v
}
