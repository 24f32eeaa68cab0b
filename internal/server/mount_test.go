package server

import (
	"encoding/json"
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
