package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// A row is one line of an import: a record or, of kind user, a user with what
// it signs in with.
type row struct {
	line   int
	record rolecall.Record
	user   *identity.NewUser
}

// maxLine bounds a line of an import, in bytes.
const maxLine = 1 << 20

// A rowReader reads rows from JSON lines. Blank lines are skipped.
type rowReader struct {
	lines *bufio.Reader
	line  int
	read  int64 // bytes
}

func newRowReader(r io.Reader) *rowReader { return &rowReader{lines: bufio.NewReaderSize(r, maxLine)} }

// next returns the next row. An error that comes with a line number is that
// line's; the next call goes on behind it. io.EOF ends the input.
func (r *rowReader) next() (row, error) {
	for {
		text, err := r.lines.ReadSlice('\n')
		r.read += int64(len(text))
		if errors.Is(err, bufio.ErrBufferFull) {
			return row{}, fmt.Errorf("line %d is longer than %d bytes", r.line+1, maxLine)
		}
		if err != nil && (err != io.EOF || len(text) == 0) {
			return row{}, err
		}
		r.line++
		if r.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		parsed, err := parseRow(text)
		parsed.line = r.line
		return parsed, err
	}
}

// idPrefix begins the ids that are made for kinds that have one.
var idPrefix = map[rolecall.Kind]string{
	rolecall.KindAPI: "api", rolecall.KindPermission: "perm", rolecall.KindTenant: "tenant", rolecall.KindRole: "role",
	rolecall.KindUser: "usr", rolecall.KindClient: "client", rolecall.KindGroup: "group",
}

func parseRow(text []byte) (row, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return row{}, errors.New("it is not a JSON object")
	}
	var kind rolecall.Kind
	if err := json.Unmarshal(object["kind"], &kind); err != nil {
		return row{}, errors.New("kind is required")
	}
	delete(object, "kind")
	r := rolecall.NewRecord(kind)
	switch {
	case r == nil:
		return row{}, fmt.Errorf("kind %q is not known", kind)
	case kind == rolecall.KindCredential || kind == rolecall.KindSigningKey:
		return row{}, fmt.Errorf("kind %q can't be imported: its secret is nowhere to be had", kind)
	}
	var signIn struct {
		LoginIDs     []string `json:"login_ids"`
		PasswordHash string   `json:"password_hash"`
	}
	if kind == rolecall.KindUser {
		for field, value := range map[string]any{"login_ids": &signIn.LoginIDs, "password_hash": &signIn.PasswordHash} {
			if raw, ok := object[field]; ok {
				if json.Unmarshal(raw, value) != nil {
					return row{}, fmt.Errorf("%s has the wrong type", field)
				}
				delete(object, field)
			}
		}
	}
	if prefix, ok := idPrefix[kind]; ok && object["id"] == nil {
		object["id"], _ = json.Marshal(rolecall.NewID(prefix))
	}
	if err := decodeStrictly(object, r); err != nil {
		return row{}, err
	}
	fromImport(r)
	if user, ok := r.(*rolecall.User); ok {
		return row{user: &identity.NewUser{User: *user, LoginIDs: signIn.LoginIDs, PasswordHash: signIn.PasswordHash}}, nil
	}
	return row{record: r}, nil
}

// decodeStrictly reads a record from its JSON form, and refuses fields that it
// does not have. Its errors name the field, never the value.
func decodeStrictly(object map[string]json.RawMessage, r rolecall.Record) error {
	data, err := json.Marshal(object)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err = d.Decode(r)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return fmt.Errorf("%s must not be %s", wrong.Field, wrong.Value)
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("there is no field %s", field)
	}
	return errors.New("a field has the wrong form")
}

// fromImport sets the source of what has one and does not name it.
func fromImport(r rolecall.Record) {
	var source *rolecall.Source
	switch r := r.(type) {
	case *rolecall.Assignment:
		source = &r.Source
	case *rolecall.DirectGrant:
		source = &r.Source
	case *rolecall.Membership:
		source = &r.Source
	case *rolecall.GroupMember:
		source = &r.Source
	}
	if source != nil && *source == "" {
		*source = rolecall.SourceImport
	}
}
