// Package apitest runs transcripts: conversations with a door, written down as
// what is sent and what must come back. It leaves to each door what stands
// behind it.
package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Server is a door with a project of its own behind it.
type Server interface {
	// Send makes a request. headers are pairs; an empty Authorization among them
	// means that nobody asks, and none that whoever owns the project does.
	Send(t testing.TB, method, target, body string, headers ...string) Response
	Later(time.Duration) // moves the clock
	Log() string         // what was logged
}

// A Response is an answer that was read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Transcripts holds each testdata/*.txt against a server of its own, which open
// makes with the variables that its transcript may use. A transcript is a list
// of exchanges:
//
//	# a sentence that says what is shown
//	! later 2h                          moves the clock
//	> POST /roles                       the request; the path's prefix is left out
//	> as ${alice}                       with this bearer; the owner's, if it is left out; nobody's, with "as nobody"
//	> Idempotency-Key: k1               and this header
//	{"name":"Editor"}
//	< 201                               the answer's status
//	< Location: /api/v1/roles/${id}     and one of its headers
//	{"id":"${id}","name":"Editor","...":"*"}
//
// In a pattern, "*" is any value. ${id} is any text where it first stands, and
// that text from then on. An object that has the member "..." may have others,
// an array that ends in "..." may go on. Nothing means an empty body, and * any.
func Transcripts(t *testing.T, prefix string, open func(t *testing.T) (Server, map[string]string)) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, known := open(t)
			for _, e := range exchanges(t, file, string(text)) {
				e.hold(t, s, prefix, known)
			}
			if log := s.Log(); log != "" {
				t.Errorf("the server logged %s", log)
			}
		})
	}
}

// An exchange is one request, and the answer that it must get.
type exchange struct {
	at             string // file:line
	later          time.Duration
	method, target string
	headers        []string
	body           string
	status         int
	wantHeaders    []string
	want           string
}

func exchanges(t *testing.T, file, text string) (all []exchange) {
	var e *exchange
	begin := func(line int) {
		if e == nil || e.status != 0 {
			all = append(all, exchange{at: fmt.Sprintf("%s:%d", file, line+1)})
			e = &all[len(all)-1]
		}
	}
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '!':
			begin(i)
			d, err := time.ParseDuration(words[2])
			if err != nil || words[1] != "later" {
				t.Fatalf("%s:%d: %q", file, i+1, line)
			}
			e.later = d
		case line[0] == '>':
			begin(i)
			name, value, header := strings.Cut(line[2:], ": ")
			switch {
			case words[1] == "as" && words[2] == "nobody":
				e.headers = append(e.headers, "Authorization", "")
			case words[1] == "as":
				e.headers = append(e.headers, "Authorization", "Bearer "+words[2])
			case e.method != "" && header:
				e.headers = append(e.headers, name, value)
			default:
				e.method, e.target = words[1], words[2]
			}
		case line[0] == '<':
			if status, err := strconv.Atoi(words[1]); err == nil {
				e.status = status
				continue
			}
			name, value, _ := strings.Cut(line[2:], ": ")
			e.wantHeaders = append(e.wantHeaders, name, value)
		case e.status == 0:
			e.body += line
		default:
			e.want += line
		}
	}
	return all
}

// hold makes the request, and reports how the answer differs.
func (e exchange) hold(t *testing.T, s Server, prefix string, known variables) {
	t.Helper()
	s.Later(e.later)
	headers := slices.Clone(e.headers)
	for i := range headers {
		headers[i] = known.fill(headers[i])
	}
	got := s.Send(t, e.method, prefix+known.fill(e.target), known.fill(e.body), headers...)
	shown := fmt.Sprintf("%s: %s %s = %d %s", e.at, e.method, e.target, got.Status, got.Body)
	if got.Status != e.status {
		t.Fatalf("%s, want %d", shown, e.status)
	}
	for i := 0; i < len(e.wantHeaders); i += 2 {
		name, want := e.wantHeaders[i], e.wantHeaders[i+1]
		if err := known.matchText(want, got.Header.Get(name)); err != nil {
			t.Errorf("%s: %s: %v", shown, name, err)
		}
	}
	if got.Header.Get("X-Request-ID") == "" {
		t.Errorf("%s without X-Request-ID", shown)
	}
	if err := known.matchBody(e.want, got.Body); err != nil {
		t.Errorf("%s: %v", shown, err)
	}
}

// variables are the texts that stood where a transcript says ${name}.
type variables map[string]string

var variable = regexp.MustCompile(`\$\{(\w+)\}`)

func (v variables) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		if value, ok := v[name[2:len(name)-1]]; ok {
			return value
		}
		return name
	})
}

func (v variables) matchBody(want, got string) error {
	switch want {
	case "*":
		return nil
	case "":
		if got != "" {
			return fmt.Errorf("the body is not empty")
		}
		return nil
	}
	wanted, err := Parse(want)
	if err != nil {
		return fmt.Errorf("the pattern: %v", err)
	}
	found, err := Parse(got)
	if err != nil {
		return fmt.Errorf("the body: %v", err)
	}
	return v.match("body", wanted, found)
}

// Parse reads JSON, and numbers as they are spelt.
func Parse(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func (v variables) match(at string, want, got any) error {
	switch want := want.(type) {
	case string:
		if want == "*" {
			return nil
		}
		text, ok := got.(string)
		if !ok {
			return fmt.Errorf("%s is %v, want %q", at, got, want)
		}
		if err := v.matchText(want, text); err != nil {
			return fmt.Errorf("%s %v", at, err)
		}
		return nil
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %v, want an object", at, got)
		}
		_, open := want["..."]
		for name, value := range object {
			if _, known := want[name]; !known && !open {
				return fmt.Errorf("%s.%s is %v, want nothing", at, name, value)
			}
		}
		for name, value := range want {
			if name == "..." {
				continue
			}
			found, ok := object[name]
			if !ok {
				return fmt.Errorf("%s.%s is missing", at, name)
			}
			if err := v.match(at+"."+name, value, found); err != nil {
				return err
			}
		}
		return nil
	case []any:
		array, ok := got.([]any)
		if !ok {
			return fmt.Errorf("%s is %v, want an array", at, got)
		}
		if n := len(want); n > 0 && want[n-1] == "..." {
			want = want[:n-1]
			array = array[:min(len(array), n-1)]
		}
		if len(array) != len(want) {
			return fmt.Errorf("%s has %d elements, want %d", at, len(array), len(want))
		}
		for i := range want {
			if err := v.match(fmt.Sprintf("%s[%d]", at, i), want[i], array[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if want != got {
		return fmt.Errorf("%s is %v, want %v", at, got, want)
	}
	return nil
}

// matchText compares a text with a pattern, and notes what stands in the place
// of new variables.
func (v variables) matchText(want, got string) error {
	want = v.fill(want)
	names := variable.FindAllStringSubmatch(want, -1)
	pattern := regexp.QuoteMeta(want)
	for _, name := range names {
		pattern = strings.Replace(pattern, regexp.QuoteMeta(name[0]), "(.+)", 1)
	}
	pattern = strings.ReplaceAll(pattern, `\*`, ".*")
	found := regexp.MustCompile("^(?s:" + pattern + ")$").FindStringSubmatch(got)
	if found == nil {
		return fmt.Errorf("is %q, want %q", got, want)
	}
	for i, name := range names {
		v[name[1]] = found[i+1]
	}
	return nil
}
