package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

// A thing has a member of every type that Decode reads.
type thing struct {
	Text   string          `json:"text,omitempty"`
	Whole  int64           `json:"whole,omitempty"`
	Yes    bool            `json:"yes,omitempty"`
	When   time.Time       `json:"when,omitzero"`
	Any    json.RawMessage `json:"any,omitempty"`
	Hash   rolecall.Hash   `json:"hash,omitzero"`
	List   []string        `json:"list,omitempty"`
	Parts  []part          `json:"parts,omitempty"`
	Part   *part           `json:"part,omitempty"`
	Hidden string          `json:"-"`
	inner
}

type part struct {
	Name string `json:"name"`
}

type inner struct {
	Deep string `json:"deep,omitempty"`
}

func TestDecode(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	got := thing{Hidden: "kept"}
	err := Decode(` {"text":"a\u00e9\ud83d\ude00\n\"é","whole":-7,"yes":true,"when":"2030-01-02T03:04:05.25+01:00",`+
		`"any": {"a":[1,null,1e400]} ,"hash":"`+hash+`","list":["x",""],"parts":[{"name":"p"},{}],"part":{"name":"q"},"deep":"d"} `, &got)
	if err != nil {
		t.Fatal(err)
	}
	want := thing{
		Text: "aé😀\n\"é", Whole: -7, Yes: true, When: time.Date(2030, 1, 2, 2, 4, 5, 250e6, time.UTC),
		Any: json.RawMessage(`{"a":[1,null,1e400]}`), List: []string{"x", ""}, Parts: []part{{"p"}, {}}, Part: &part{"q"},
		Hidden: "kept", inner: inner{"d"},
	}
	if err := want.Hash.UnmarshalText([]byte(hash)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(thing{})); diff != "" {
		t.Errorf("Decode (-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, field, rule string }{
		{"nothing", ``, "body", "is not JSON from byte 0 on"},
		{"space", ` `, "body", "is not JSON from byte 1 on"},
		{"a word", `nothing`, "body", "must be an object"},
		{"null", `null`, "body", "must be an object"},
		{"an array", `[]`, "body", "must be an object"},
		{"an open object", `{"text":"a"`, "body", "is not JSON from byte 11 on"},
		{"an open string", `{"text":"a`, "body", "is not JSON from byte 10 on"},
		{"a trailing comma", `{"text":"a",}`, "body", "is not JSON from byte 12 on"},
		{"no colon", `{"text" "a"}`, "body", "is not JSON from byte 8 on"},
		{"a second value", `{} {}`, "body", "must be one JSON value and nothing after it"},
		{"a zero byte after", "{}\x00", "body", "must be one JSON value and nothing after it"},
		{"a name without quotes", `{text:"a"}`, "body", "is not JSON from byte 1 on"},
		{"a control character", "{\"text\":\"a\nb\"}", "body", "is not JSON from byte 10 on"},
		{"an unknown escape", `{"text":"\x"}`, "body", "is not JSON from byte 10 on"},
		{"a short escape", `{"text":"\u12"}`, "body", "is not JSON from byte 13 on"},
		{"bytes that are not UTF-8", "{\"text\":\"\xff\"}", "body", "must be valid UTF-8"},
		{"half of a surrogate pair", `{"text":"\ud83d"}`, "text", "must not contain half of a surrogate pair"},
		{"the halves in the wrong order", `{"text":"\ude00\ud83d"}`, "text", "must not contain half of a surrogate pair"},
		{"half of a pair and a letter", `{"any":["\ud83d\u0041"]}`, "any[0]", "must not contain half of a surrogate pair"},
		{"an unknown member", `{"nom":1}`, "nom", "is unknown"},
		{"a member in another case", `{"Text":"a"}`, "Text", "is unknown"},
		{"a hidden member", `{"Hidden":"a"}`, "Hidden", "is unknown"},
		{"a member twice", `{"text":"a","text":"a"}`, "text", "is given twice"},
		{"a member twice, once escaped", `{"text":"a","t\u0065xt":"a"}`, "text", "is given twice"},
		{"a member twice where anything goes", `{"any":{"a":[{"b":1,"b":2}]}}`, "any.a[0].b", "is given twice"},
		{"a number for a text", `{"text":1}`, "text", "must be a string"},
		{"null for a text", `{"text":null}`, "text", "must be a string"},
		{"a text for a number", `{"whole":"1"}`, "whole", "must be a number"},
		{"a fraction", `{"whole":1.5}`, "whole", "must be a whole number that is not too large"},
		{"a number with a leading zero", `{"whole":01}`, "body", "is not JSON from byte 10 on"},
		{"a number that is too large", `{"whole":9223372036854775808}`, "whole", "must be a whole number that is not too large"},
		{"a text for a truth", `{"yes":"true"}`, "yes", "must be true or false"},
		{"half a word", `{"yes":tru}`, "body", "is not JSON from byte 7 on"},
		{"a day for a time", `{"when":"2030-01-02"}`, "when", "must be a time as in RFC 3339, like 2006-01-02T15:04:05Z"},
		{"a number for a time", `{"when":1893456000}`, "when", "must be a string"},
		{"a short hash", `{"hash":"00"}`, "hash", "is malformed"},
		{"an object for a list", `{"list":{}}`, "list", "must be an array"},
		{"a number in a list", `{"list":["a",1]}`, "list[1]", "must be a string"},
		{"an unknown member of an element", `{"parts":[{},{"nom":1}]}`, "parts[1].nom", "is unknown"},
		{"a name of many characters", `{"` + strings.Repeat("x", 1000) + `":1}`, strings.Repeat("x", 64) + "…", "is unknown"},
		{"a name with control characters", `{"a\u0000b":1}`, "a\uFFFDb", "is unknown"},
		{"many levels", `{"any":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
			"body", "must not nest deeper than 64 levels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Decode(tt.text, new(thing))
			var got *rolecall.FieldError
			if !errors.As(err, &got) || !errors.Is(err, rolecall.ErrInvalid) {
				t.Fatalf("Decode(%q) = %v, want a FieldError", tt.text, err)
			}
			if got.Field != tt.field || got.Rule != tt.rule {
				t.Errorf("Decode(%q) = %q %q, want %q %q", tt.text, got.Field, got.Rule, tt.field, tt.rule)
			}
		})
	}
}

func TestPatch(t *testing.T) {
	for _, tt := range []struct{ name, from, patch, want string }{
		{"nothing", `{"text":"a"}`, `{}`, `{"text":"a"}`},
		{"a member", `{"text":"a","whole":1}`, `{"text":"b"}`, `{"text":"b","whole":1}`},
		{"an inner member", `{"deep":"a"}`, `{"deep":"b"}`, `{"deep":"b"}`},
		{"null empties", `{"text":"a","yes":true,"when":"2030-01-02T03:04:05Z","list":["a"],"any":{"a":1}}`,
			`{"text":null,"yes":null,"when":null,"list":null,"any":null}`, `{}`},
		{"a list is replaced", `{"list":["a","b"]}`, `{"list":["c"]}`, `{"list":["c"]}`},
		// The examples of RFC 7396 appendix A, inside a member that is any JSON.
		{"RFC 7396, 1", `{"any":{"a":"b"}}`, `{"any":{"a":"c"}}`, `{"any":{"a":"c"}}`},
		{"RFC 7396, 2", `{"any":{"a":"b"}}`, `{"any":{"b":"c"}}`, `{"any":{"a":"b","b":"c"}}`},
		{"RFC 7396, 3", `{"any":{"a":"b"}}`, `{"any":{"a":null}}`, `{"any":{}}`},
		{"RFC 7396, 4", `{"any":{"a":"b","b":"c"}}`, `{"any":{"a":null}}`, `{"any":{"b":"c"}}`},
		{"RFC 7396, 5", `{"any":{"a":["b"]}}`, `{"any":{"a":"c"}}`, `{"any":{"a":"c"}}`},
		{"RFC 7396, 6", `{"any":{"a":"c"}}`, `{"any":{"a":["b"]}}`, `{"any":{"a":["b"]}}`},
		{"RFC 7396, 7", `{"any":{"a":{"b":"c"}}}`, `{"any":{"a":{"b":"d","c":null}}}`, `{"any":{"a":{"b":"d"}}}`},
		{"RFC 7396, 8", `{"any":{"a":[{"b":"c"}]}}`, `{"any":{"a":[1]}}`, `{"any":{"a":[1]}}`},
		{"RFC 7396, 9", `{"any":["a","b"]}`, `{"any":["c","d"]}`, `{"any":["c","d"]}`},
		{"RFC 7396, 10", `{"any":{"a":"b"}}`, `{"any":["c"]}`, `{"any":["c"]}`},
		{"RFC 7396, 12", `{"any":{"a":"foo"}}`, `{"any":"bar"}`, `{"any":"bar"}`},
		{"RFC 7396, 13", `{"any":{"e":null}}`, `{"any":{"a":1}}`, `{"any":{"a":1,"e":null}}`},
		{"RFC 7396, 14", `{"any":[1,2]}`, `{"any":{"a":"b","c":null}}`, `{"any":{"a":"b"}}`},
		{"RFC 7396, 15", `{}`, `{"any":{"a":{"bb":{"ccc":null}}}}`, `{"any":{"a":{"bb":{}}}}`},
		{"a long number", `{"any":{"a":9007199254740993}}`, `{"any":{"b":1.10}}`, `{"any":{"a":9007199254740993,"b":1.10}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := thing{Hidden: "kept"}
			if err := json.Unmarshal([]byte(tt.from), &v); err != nil {
				t.Fatal(err)
			}
			if err := Patch(tt.patch, &v); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(v)
			if err != nil || string(got) != tt.want || v.Hidden != "kept" {
				t.Errorf("%s patched with %s = %s, %v, want %s", tt.from, tt.patch, got, err, tt.want)
			}
		})
	}
	for _, tt := range []struct{ patch, field string }{
		{`{"nom":1}`, "nom"}, {`{"text":1}`, "text"}, {`{"text":"a","text":null}`, "text"}, {`{"Hidden":"a"}`, "Hidden"},
		{`{"text":nul}`, "body"}, {`[]`, "body"}, {`{"any":{"a":1,"a":2}}`, "any.a"},
	} {
		var got *rolecall.FieldError
		if err := Patch(tt.patch, new(thing)); !errors.As(err, &got) || got.Field != tt.field {
			t.Errorf("Patch(%s) = %v, want %s named", tt.patch, err, tt.field)
		}
	}
}

// What Decode takes, encoding/json takes too, and reads alike. What is JSON and
// Decode refuses, it refuses for a member that it names.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"text":"a","whole":1,"yes":false,"when":"2030-01-02T03:04:05Z","any":{"a":[1,null]},"list":["x"],"parts":[{"name":"p"}],"deep":"d"}`,
		`{"text":"\ud83d\ude00\u0000\/"}`, `{"any":1e-9}`, `{"any":"\ud83d"}`, `{}`, ` `, `[[[`, `{"any":[{"a":{},"b":[]}]}`, `{"whole":-0}`,
		`{"text":"a","text":"b"}`, `{"TEXT":"a"}`, "{\"text\":\"\xc3\x28\"}", `{"part":null}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, want thing
		err := Decode(text, &got)
		reference := json.Unmarshal([]byte(text), &want)
		var field *rolecall.FieldError
		switch {
		case err == nil && reference != nil:
			t.Fatalf("Decode takes %q, encoding/json says %v", text, reference)
		case err == nil:
			want.When = want.When.UTC()
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(thing{}), cmp.Comparer(sameJSON), cmp.Comparer(sameList[string]), cmp.Comparer(sameList[part])); diff != "" {
				t.Fatalf("%q (-encoding/json +Decode):\n%s", text, diff)
			}
		case !errors.As(err, &field) || field.Field == "" || field.Rule == "":
			t.Fatalf("Decode(%q) = %v, which names no field", text, err)
		}
		if valid := json.Valid([]byte(text)); !valid && err == nil {
			t.Fatalf("Decode takes %q, which is not JSON", text)
		} else if valid && err != nil && strings.HasPrefix(field.Rule, "is not JSON") {
			t.Fatalf("Decode(%q) = %v, but it is JSON", text, err)
		}
	})
}

func sameJSON(a, b json.RawMessage) bool {
	return strings.TrimSpace(string(a)) == strings.TrimSpace(string(b))
}

func sameList[T comparable](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b))
}
