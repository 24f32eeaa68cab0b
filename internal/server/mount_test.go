package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

// An SDK that joins a path to a base URL with a slash at its end asks for two.
func TestPathsMayBeginWithTwoSlashes(t *testing.T) {
	s := start(t, Config{})
	for path, want := range map[string]int{
		"//healthz":              200,
		"///api/v1/openapi.json": 200,
		"//v1/mgmt/role/all":     401,
		"//v1/mgmt/nothing":      404,
	} {
		answer := ask(s, "GET", path)
		if answer.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", path, answer.StatusCode, want)
		}
		if err := json.NewDecoder(answer.Body).Decode(new(any)); err != nil {
			t.Errorf("GET %s: %v", path, err)
		}
	}
}

// An SDK reads every answer as JSON with an error code, and may follow no redirect.
func TestPathsOfDescopeAreRefusedInItsForm(t *testing.T) {
	s := start(t, Config{})
	for _, path := range []string{
		"/v1", "/v1/", "/v2", "/v1/mgmt", "/v1/mgmt/", "/v2/keys", "/v1/nothing", "/v1/flow/start",
		"/v1//mgmt/role/all", "/v1/./mgmt/role/all", "/v1/x/../mgmt/role/all", "/v1/mgmt/role/all/",
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			answer := ask(s, method, path)
			var body struct {
				Code string `json:"errorCode"`
			}
			if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || answer.StatusCode != 404 || body.Code != "E011404" {
				t.Errorf("%s %s = %d, %q, %v; want 404 E011404", method, path, answer.StatusCode, body.Code, err)
			}
		}
	}
}

func TestABrowserFindsTheConsole(t *testing.T) {
	s := start(t, Config{})
	for accept, want := range map[string]int{"text/html,application/xhtml+xml": http.StatusSeeOther, "*/*": http.StatusNotFound, "": http.StatusNotFound} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != want || want == http.StatusSeeOther && w.Header().Get("Location") != "/console/" {
			t.Errorf("/ for %q = %d to %q, want %d", accept, w.Code, w.Header().Get("Location"), want)
		}
	}
}
