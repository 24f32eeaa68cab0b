package main

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/descope/go-sdk/descope"
)

// A report counts checks and prints a line for each.
type report struct{ passed, failed int }

// A refusal ends a check: what was wrong.
type refusal string

// check runs one check. It fails if anything in it calls fail.
func (r *report) check(name string, body func()) {
	defer func() {
		switch why := recover().(type) {
		case nil:
			r.passed++
			fmt.Println("ok", name)
		case refusal:
			r.failed++
			fmt.Printf("FAIL %s: %s\n", name, oneLine(string(why)))
		default: // what the SDK does with an answer that it can't read
			r.failed++
			fmt.Printf("FAIL %s: panic: %s\n", name, oneLine(fmt.Sprint(why)))
		}
	}()
	body()
}

// end prints the closing line, and returns the exit code.
func (r *report) end() int {
	fmt.Printf("%d passed, %d failed\n", r.passed, r.failed)
	if r.failed > 0 {
		return 1
	}
	return 0
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func fail(format string, args ...any) { panic(refusal(fmt.Sprintf(format, args...))) }

// ok fails the check on an error.
func ok(err error) {
	if err != nil {
		fail("%v", err)
	}
}

// must returns what a call returned, if it did not fail.
func must[T any](v T, err error) T {
	ok(err)
	return v
}

// holds fails the check if a condition does not hold.
func holds(what string, condition bool) {
	if !condition {
		fail("%s: does not hold", what)
	}
}

func same[T any](what string, got, want T) {
	if !reflect.DeepEqual(got, want) {
		fail("%s: got %v, want %v", what, got, want)
	}
}

// sameSet compares lists whose order says nothing. No list is an empty one.
func sameSet(what string, got []string, want ...string) {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		fail("%s: got %q, want %q", what, got, want)
	}
}

var serverCode = regexp.MustCompile(`^E[0-9]{6}$`)

// refused fails the check if a call did not fail as the server's own refusal
// with one of the statuses, as the SDK shows it.
func refused(err error, statuses ...int) *descope.Error {
	if err == nil {
		fail("accepted, want it refused with %d", statuses)
	}
	var e *descope.Error
	if !errors.As(err, &e) {
		fail("got %v, want an error of the SDK", err)
	}
	if status, _ := e.Info[descope.ErrorInfoKeys.HTTPResponseStatusCode].(int); !slices.Contains(statuses, status) {
		fail("got status %d (%v), want %d", status, err, statuses)
	}
	if !serverCode.MatchString(e.Code) {
		fail("the error code is %q, want E and six digits", e.Code)
	}
	return e
}

// refusedAs is refused with a code that the SDK knows by name.
func refusedAs(want *descope.Error, err error, statuses ...int) {
	e := refused(err, statuses...)
	if !errors.Is(err, want) {
		fail("got code %s (%v), want %s", e.Code, err, want.Code)
	}
}

// The statuses of refusals. A name or id that does not exist may be seen as a
// bad request or as a thing that is missing.
const (
	bad       = http.StatusBadRequest
	forbidden = http.StatusForbidden
	unknown   = http.StatusNotFound
	unproven  = http.StatusUnauthorized
	tooMany   = http.StatusTooManyRequests
)

// text returns a text of n letters.
func text(n int) string { return strings.Repeat("x", n) }
