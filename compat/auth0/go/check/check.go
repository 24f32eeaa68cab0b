// Package check is what the programs on both major versions of the Go SDK share:
// how a check is made and told, and where the server is.
package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
)

// A Server is where the checks are made, and what proves who makes them.
type Server struct {
	URL          string `json:"url"`
	ClientID     string `json:"management_client_id"`
	ClientSecret string `json:"management_client_secret"`
}

// Dev returns the server that is named by the JSON file in ROLECALL_DEV_INFO.
func Dev() (s Server) {
	data, err := os.ReadFile(os.Getenv("ROLECALL_DEV_INFO"))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ROLECALL_DEV_INFO:", err)
		os.Exit(2)
	}
	return s
}

// Domain is all that an SDK is told about a server.
func (s Server) Domain() string {
	u, err := url.Parse(s.URL)
	OK(err)
	return u.Host
}

// ManagementAudience is whom the tokens of the Management API are for.
func (s Server) ManagementAudience() string { return s.URL + "api/v2/" }

// A Report counts checks and prints a line for each.
type Report struct{ passed, failed int }

// A refusal ends a check: what was wrong.
type refusal string

// Check runs one check. It fails if anything in it calls Fail.
func (r *Report) Check(name string, body func()) {
	defer func() {
		why := recover()
		if why == nil {
			r.passed++
			fmt.Println("ok", name)
			return
		}
		text, ours := why.(refusal)
		if !ours { // what the SDK does with an answer that it can't read
			text = refusal(fmt.Sprint("panic: ", why))
		}
		r.failed++
		fmt.Printf("FAIL %s: %s\n", name, strings.Join(strings.Fields(string(text)), " "))
	}()
	body()
}

// End prints the closing line, and ends the program.
func (r *Report) End() {
	fmt.Printf("%d passed, %d failed\n", r.passed, r.failed)
	if r.failed > 0 {
		os.Exit(1)
	}
	os.Exit(0)
}

// Fail ends a check.
func Fail(format string, args ...any) { panic(refusal(fmt.Sprintf(format, args...))) }

// OK fails the check on an error.
func OK(err error) {
	if err != nil {
		Fail("%v", err)
	}
}

// Must returns what a call returned, if it did not fail.
func Must[T any](v T, err error) T {
	OK(err)
	return v
}

// Holds fails the check if a condition does not hold.
func Holds(what string, condition bool) {
	if !condition {
		Fail("%s: does not hold", what)
	}
}

// Same compares what a call returned with what was expected.
func Same[T any](what string, got, want T) {
	if !reflect.DeepEqual(got, want) {
		Fail("%s: got %v, want %v", what, got, want)
	}
}

// SameSet compares lists whose order says nothing. No list is an empty one.
func SameSet(what string, got []string, want ...string) {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		Fail("%s: got %q, want %q", what, got, want)
	}
}

// Contains fails the check if a text lacks a part.
func Contains(what, text, part string) {
	if !strings.Contains(text, part) {
		Fail("%s: %q lacks %q", what, text, part)
	}
}

// Refused fails the check if a call did not fail with the status, as the SDK
// shows it, and returns the error.
func Refused(err error, status int) error {
	if err == nil {
		Fail("accepted, want it refused with %d", status)
	}
	var refused interface{ Status() int }
	if !errors.As(err, &refused) {
		Fail("got %v, want an error of the SDK", err)
	}
	if refused.Status() != status {
		Fail("got status %d (%v), want %d", refused.Status(), err, status)
	}
	return err
}

// RefusedAs is Refused with a part of the server's own text.
func RefusedAs(err error, status int, part string) {
	Contains("error", Refused(err, status).Error(), part)
}
