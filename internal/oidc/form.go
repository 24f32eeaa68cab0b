package oidc

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Bounds of what is read. RFC 6749 sets none.
const (
	maxForm  = 64 << 10 // bytes of a body or a query
	maxValue = 8 << 10  // bytes of one parameter
)

// A form is the parameters of a request. A parameter without a value counts as
// left out, RFC 6749 section 3.1.
type form map[string]string

// readBody reads the parameters of a POST: from a form or a JSON object, as the
// Content-Type says, and from nowhere else. A parameter that comes twice is
// refused, so that nobody reads another one than we do.
func readBody(w http.ResponseWriter, r *http.Request) (form, error) {
	f, _, err := readWhole(w, r)
	return f, err
}

// readWhole is readBody, and returns the body too.
func readWhole(w http.ResponseWriter, r *http.Request) (form, []byte, error) {
	types := r.Header.Values("Content-Type")
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(types) > 1 || err != nil || (kind != "application/json" && kind != "application/x-www-form-urlencoded") {
		return nil, nil, badRequest("The body must be application/x-www-form-urlencoded or application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, nil, err
	}
	parse := parseJSON
	if kind != "application/json" {
		parse = func(text []byte) (form, error) { return parseForm(string(text)) }
	}
	f, err := parse(body)
	return f, body, err
}

// parseForm reads application/x-www-form-urlencoded.
func parseForm(text string) (form, error) {
	if len(text) > maxForm {
		return nil, badRequest("The parameters are too long.")
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, badRequest("The parameters are not in the form application/x-www-form-urlencoded.")
	}
	f := form{}
	for name, all := range values {
		if len(all) > 1 {
			return nil, &repeated{name}
		}
		if err := f.set(name, all[0]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// parseJSON reads an object of texts. Other members are none of ours: a number
// or an object is refused where a parameter is looked for, and null is none.
func parseJSON(text []byte) (form, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	bad := badRequest("The body must be a JSON object of texts.")
	if first, err := d.Token(); err != nil || first != json.Delim('{') || !utf8.Valid(text) {
		return nil, bad
	}
	f, seen := form{}, map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, bad
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, bad
		}
		key := name.(string) // of an object, as the decoder checked
		if seen[key] {
			return nil, &repeated{key}
		}
		seen[key] = true
		switch value := value.(type) {
		case nil:
		case string:
			if err := f.set(key, value); err != nil {
				return nil, err
			}
		default:
			if known[key] {
				return nil, badRequest("The parameter %s must be a text.", key)
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, bad
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, bad
	}
	return f, nil
}

// known are the parameters of a body that are read, and so must be texts.
var known = map[string]bool{
	"grant_type": true, "client_id": true, "client_secret": true, "code": true, "code_verifier": true, "redirect_uri": true,
	"refresh_token": true, "scope": true, "audience": true, "organization": true, "username": true, "password": true, "realm": true,
	"token": true, "email": true, "connection": true, "name": true, "given_name": true, "family_name": true, "nickname": true, "picture": true,
}

func (f form) set(name, value string) error {
	switch {
	case value == "":
		return nil
	case len(value) > maxValue:
		return badRequest("A parameter is too long.")
	case !utf8.ValidString(value) || !utf8.ValidString(name) || strings.Contains(value, "\x00"):
		return badRequest("A parameter is not UTF-8, or has a zero byte.")
	}
	f[name] = value
	return nil
}

// A repeated parameter is an invalid_request.
type repeated struct{ name string }

func (e *repeated) Error() string { return "a parameter came twice" }

func (e *repeated) Unwrap() error {
	return badRequest("The parameter %s came twice.", shown(e.name))
}

// required returns a parameter that must be there.
func (f form) required(name string) (string, error) {
	value := f[name]
	if value == "" {
		return "", badRequest("Missing required parameter: %s", name)
	}
	return value, nil
}
