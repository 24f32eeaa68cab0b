package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/rolecall/rolecall"
)

// A field ties a column to a field of one record in memory.
type field struct {
	name string // of both, as in JSON
	sort sort
	cell cell
}

// A sort of column decides how its values are compared. Both engines have the
// three SQL types behind them: text, 64-bit integer, bytes.
type sort int

const (
	textual   sort = iota
	flagged        // 0 or 1
	momentous      // Unix milliseconds, or NULL
	opaque         // JSON text, bytes or a number, or NULL: neither compared nor sorted
)

// A cell converts one field to and from a database's value. It is a
// driver.Valuer and a sql.Scanner.
type cell interface {
	Value() (driver.Value, error)
	Scan(from any) error
}

func text[T ~string](name string, at *T) field {
	return field{name, textual, textCell[T]{at}}
}

func flag(name string, at *bool) field {
	return field{name, flagged, flagCell{at}}
}

func count(name string, at *int) field {
	return field{name, opaque, countCell{at}}
}

func moment(name string, at *time.Time) field {
	return field{name, momentous, momentCell{at}}
}

func object(name string, at *json.RawMessage) field {
	return field{name, opaque, objectCell{at}}
}

// document is a field of a type of ours, as JSON. The zero value is absent.
func document[T any](name string, at *T) field {
	return field{name, opaque, documentCell[T]{at}}
}

func secret(name string, at *rolecall.Secret) field {
	return field{name, opaque, secretCell{at}}
}

func validity(v *rolecall.Validity) []field {
	return []field{moment("starts_at", &v.StartsAt), moment("expires_at", &v.ExpiresAt)}
}

func stamps(s *rolecall.Stamps) []field {
	return []field{moment("created_at", &s.CreatedAt), moment("updated_at", &s.UpdatedAt)}
}

type textCell[T ~string] struct{ at *T }

func (c textCell[T]) Value() (driver.Value, error) { return string(*c.at), nil }

func (c textCell[T]) Scan(from any) error {
	switch v := from.(type) {
	case string:
		*c.at = T(v)
	case []byte:
		*c.at = T(v)
	default:
		return mismatch(from, "text")
	}
	return nil
}

// A texter is a cell of text.
type texter interface{ set(string) }

func (c textCell[T]) set(text string) { *c.at = T(text) }

type flagCell struct{ at *bool }

func (c flagCell) Value() (driver.Value, error) { return bit(*c.at), nil }

func (c flagCell) Scan(from any) error {
	v, ok := from.(int64)
	if !ok {
		return mismatch(from, "a flag")
	}
	*c.at = v != 0
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

type countCell struct{ at *int }

func (c countCell) Value() (driver.Value, error) { return int64(*c.at), nil }

func (c countCell) Scan(from any) error {
	v, ok := from.(int64)
	if !ok {
		return mismatch(from, "a number")
	}
	*c.at = int(v)
	return nil
}

type momentCell struct{ at *time.Time }

func (c momentCell) Value() (driver.Value, error) {
	if c.at.IsZero() {
		return nil, nil
	}
	return c.at.UnixMilli(), nil
}

func (c momentCell) Scan(from any) error {
	switch v := from.(type) {
	case nil:
		*c.at = time.Time{}
	case int64:
		*c.at = time.UnixMilli(v).UTC()
	default:
		return mismatch(from, "a time")
	}
	return nil
}

type objectCell struct{ at *json.RawMessage }

func (c objectCell) Value() (driver.Value, error) {
	if len(*c.at) == 0 {
		return nil, nil
	}
	return string(*c.at), nil
}

func (c objectCell) Scan(from any) error {
	switch v := from.(type) {
	case nil:
		*c.at = nil
	case string:
		*c.at = json.RawMessage(v)
	case []byte:
		*c.at = append(json.RawMessage(nil), v...)
	default:
		return mismatch(from, "JSON")
	}
	return nil
}

type documentCell[T any] struct{ at *T }

func (c documentCell[T]) Value() (driver.Value, error) {
	if reflect.ValueOf(c.at).Elem().IsZero() {
		return nil, nil
	}
	data, err := json.Marshal(c.at)
	return string(data), err
}

func (c documentCell[T]) Scan(from any) error {
	var zero T
	*c.at = zero
	var err error
	switch v := from.(type) {
	case nil:
	case string:
		err = json.Unmarshal([]byte(v), c.at)
	case []byte:
		err = json.Unmarshal(v, c.at)
	default:
		return mismatch(from, "JSON")
	}
	if err != nil {
		return fmt.Errorf("a column holds no %T: %w", zero, rolecall.ErrCorrupt)
	}
	return nil
}

type secretCell struct{ at *rolecall.Secret }

func (c secretCell) Value() (driver.Value, error) {
	if len(*c.at) == 0 {
		return nil, nil
	}
	return []byte(*c.at), nil
}

func (c secretCell) Scan(from any) error {
	switch v := from.(type) {
	case nil:
		*c.at = nil
	case []byte:
		*c.at = append(rolecall.Secret(nil), v...)
	default:
		return mismatch(from, "bytes")
	}
	return nil
}

// mismatch never holds the value, which may be a secret.
func mismatch(from any, want string) error {
	return fmt.Errorf("a column holds %T instead of %s: %w", from, want, rolecall.ErrCorrupt)
}
