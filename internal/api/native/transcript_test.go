package native

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Each testdata/*.txt is a conversation with a server of its own, exchange by exchange:
//
//	# a sentence that says what is shown
//	! later 2h                          moves the clock
//	> POST /roles                       the request; /api/v1 is left out
//	> as ${alice}                       with this access key or token; the owner's, if it is left out; nobody, with "as nobody"
//	> Idempotency-Key: k1               and this header
//	{"name":"Editor"}
//	< 201                               the answer's status
//	< Location: /api/v1/roles/${id}     and one of its headers
//	{"id":"${id}","name":"Editor","...":"*"}
//
// In a pattern, "*" is any value. ${id} is any text where it first stands, and
// that text from then on. An object that has the member "..." may have others,
// an array that ends in "..." may go on. Nothing means an empty body, and * any.
func TestTranscripts(t *testing.T) {
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
			s := newServer(t)
			known := variables{"root": s.root}
			for _, e := range exchanges(t, file, string(text)) {
				e.hold(t, s, known)
			}
			if log := s.log.String(); log != "" {
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
func (e exchange) hold(t *testing.T, s *server, known variables) {
	t.Helper()
	s.clock.move(e.later)
	headers := slices.Clone(e.headers)
	for i := range headers {
		headers[i] = known.fill(headers[i])
	}
	got := s.send(t, e.method, Prefix+known.fill(e.target), known.fill(e.body), headers...)
	shown := fmt.Sprintf("%s: %s %s = %d %s", e.at, e.method, e.target, got.status, got.body)
	if got.status != e.status {
		t.Fatalf("%s, want %d", shown, e.status)
	}
	for i := 0; i < len(e.wantHeaders); i += 2 {
		name, want := e.wantHeaders[i], e.wantHeaders[i+1]
		if err := known.matchText(want, got.header.Get(name)); err != nil {
			t.Errorf("%s: %s: %v", shown, name, err)
		}
	}
	if got.header.Get("X-Request-ID") == "" {
		t.Errorf("%s without X-Request-ID", shown)
	}
	if err := known.matchBody(e.want, got.body); err != nil {
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
	wanted, err := parse(want)
	if err != nil {
		return fmt.Errorf("the pattern: %v", err)
	}
	found, err := parse(got)
	if err != nil {
		return fmt.Errorf("the body: %v", err)
	}
	return v.match("body", wanted, found)
}

// parse reads JSON, and numbers as they are spelt.
func parse(text string) (v any, err error) {
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
