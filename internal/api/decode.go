package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rolecall/rolecall"
)

// Decode reads a JSON object into v, a pointer to a struct, by the json tags
// that encoding/json writes it by. Unlike encoding/json it takes names exactly
// as they are spelt, and refuses unknown members, members given twice, and null.
// Errors are those of a [Scanner].
func Decode(text string, v any) error {
	return Scan(text, func(s *Scanner) error { return decode(s, reflect.ValueOf(v).Elem()) })
}

// DecodeLenient reads as Decode does, for doors whose callers send more than is
// documented: unknown members are passed over, a member that is given twice
// counts as it stands last, and null is absent.
func DecodeLenient(text string, v any) error {
	return Scan(text, func(s *Scanner) error {
		s.lenient = true
		return decode(s, reflect.ValueOf(v).Elem())
	})
}

func decode(s *Scanner, v reflect.Value) error {
	if s.lenient && s.Peek() == 'n' {
		v.SetZero()
		return s.word("null")
	}
	switch to := v.Addr().Interface().(type) {
	case *time.Time:
		text, err := s.String()
		if err != nil {
			return err
		}
		*to, err = parseTime(text)
		return err
	case *json.RawMessage:
		text, err := s.Any()
		*to = json.RawMessage(text)
		return err
	case encoding.TextUnmarshaler:
		text, err := s.String()
		if err == nil && to.UnmarshalText([]byte(text)) != nil {
			return wrong("is malformed")
		}
		return err
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return decode(s, v.Elem())
	case reflect.String:
		text, err := s.String()
		v.SetString(text)
		return err
	case reflect.Bool:
		yes, err := s.Bool()
		v.SetBool(yes)
		return err
	case reflect.Int, reflect.Int64:
		n, err := s.Integer(v.Type().Bits())
		v.SetInt(n)
		return err
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return s.Array(func(i int) error {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			return decode(s, v.Index(i))
		})
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		return s.Object(func(name string) error {
			element := reflect.New(v.Type().Elem()).Elem()
			err := decode(s, element)
			v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), element)
			return err
		})
	case reflect.Struct:
		fields := FieldsOf(v.Type())
		seen := make([]bool, len(fields.list))
		return s.Object(func(name string) error {
			i, ok := fields.byName[name]
			switch {
			case !ok && s.lenient:
				return s.skip()
			case !ok:
				return wrong(ruleUnknown)
			case seen[i] && !s.lenient:
				return wrong(ruleTwice)
			}
			seen[i] = true
			return decode(s, v.FieldByIndex(fields.list[i].Index))
		})
	}
	panic("api: no JSON form for " + v.Type().String()) // a mistake in a door's types; every route's are tested
}

func parseTime(text string) (t time.Time, err error) {
	if t.UnmarshalText([]byte(text)) != nil {
		return time.Time{}, wrong("must be a time as in RFC 3339, like 2006-01-02T15:04:05Z")
	}
	return t.UTC(), nil
}

// ParseText reads a value that stands outside JSON, such as a query parameter,
// into v, of one of the types that decode knows and that are not composed.
func ParseText(text string, v reflect.Value) error {
	if to, ok := v.Addr().Interface().(*time.Time); ok {
		t, err := parseTime(text)
		*to = t
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return nil
	case reflect.Bool:
		if text != "true" && text != "false" {
			return wrong("must be true or false")
		}
		v.SetBool(text == "true")
		return nil
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil || n < 0 {
			return wrong("must be a whole number that is not negative")
		}
		v.SetInt(n)
		return nil
	case reflect.Slice:
		element := reflect.New(v.Type().Elem()).Elem()
		if err := ParseText(text, element); err != nil {
			return err
		}
		v.Set(reflect.Append(v, element))
		return nil
	}
	panic("api: no text form for " + v.Type().String())
}

// A Field is a member of a struct's JSON form.
type Field struct {
	Name  string
	Type  reflect.Type
	Index []int // for reflect.Value.FieldByIndex
	Omit  bool  // left out when it is zero
}

// Fields are the members of a struct's JSON form, in its order.
type Fields struct {
	list   []Field
	byName map[string]int
}

// All returns the fields in their order. The slice must not be changed.
func (f *Fields) All() []Field { return f.list }

// Named returns the field with a name.
func (f *Fields) Named(name string) (Field, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Field{}, false
	}
	return f.list[i], true
}

var fieldsOf sync.Map // of *Fields by reflect.Type: each type's are found once

// FieldsOf returns the members of a struct type's JSON form.
func FieldsOf(t reflect.Type) *Fields {
	if known, ok := fieldsOf.Load(t); ok {
		return known.(*Fields)
	}
	fields := &Fields{byName: map[string]int{}}
	for _, f := range reflect.VisibleFields(t) {
		tag, tagged := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" || !f.IsExported() || f.Anonymous && !tagged {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields.byName[name] = len(fields.list)
		fields.list = append(fields.list, Field{name, f.Type, f.Index, options != ""})
	}
	fieldsOf.Store(t, fields)
	return fields
}

// Fault returns the error that a named part of the input breaks a rule, such
// as "is required".
func Fault(field, rule string) error {
	return &rolecall.FieldError{Field: field, Rule: rule, Kind: rolecall.ErrInvalid}
}

// At adds to an error about the input that it is about a part of name.
func At(name string, err error) error { return within(shown(name), err) }
