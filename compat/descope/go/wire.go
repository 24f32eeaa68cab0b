package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// A wire carries the SDK's requests and notes what no SDK may be sent: some
// would not show it, others would break.
type wire struct {
	calls     int
	licensed  int // requests that the SDK made as a licensed client
	complaint []string
}

func (w *wire) Do(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	w.calls++
	if req.Header.Get("x-descope-license") != "" {
		w.licensed++
	}
	for _, c := range complaints(res, body) {
		if c = fmt.Sprintf("%s %s: %s", req.Method, req.URL.Path, c); !slices.Contains(w.complaint, c) {
			w.complaint = append(w.complaint, c)
		}
	}
	return res, nil
}

// complaints says what is wrong with an answer: each is JSON, without null, and
// each refusal has the three texts.
func complaints(res *http.Response, body []byte) (found []string) {
	if t := res.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/json") {
		found = append(found, fmt.Sprintf("content type %q", t))
	}
	var answer any
	if err := json.Unmarshal(body, &answer); err != nil {
		return append(found, fmt.Sprintf("status %d, no JSON: %.80q", res.StatusCode, body))
	}
	for _, path := range nulls("", answer) {
		found = append(found, "null at "+path)
	}
	if res.StatusCode >= 300 {
		object, _ := answer.(map[string]any)
		for _, key := range []string{"errorCode", "errorDescription", "errorMessage"} {
			if text, _ := object[key].(string); text == "" {
				found = append(found, fmt.Sprintf("status %d without %s", res.StatusCode, key))
			}
		}
	}
	return found
}

// nulls returns the paths of all nulls. Elements of a list have one path.
func nulls(path string, v any) (found []string) {
	switch v := v.(type) {
	case nil:
		return []string{path}
	case []any:
		for _, e := range v {
			found = append(found, nulls(path+"[]", e)...)
		}
	case map[string]any:
		for k, e := range v {
			found = append(found, nulls(path+"."+k, e)...)
		}
	}
	return found
}

// transport is the last word on all answers of all groups before it.
func (s *suite) transport() {
	s.check("every answer is JSON without null, every refusal has code, description and message", func() {
		if len(s.wire.complaint) > 0 {
			fail("%d kinds: %s", len(s.wire.complaint), strings.Join(s.wire.complaint, "; "))
		}
	})
	s.check("the license handshake names a tier, which the SDK then sends", func() {
		holds("requests with a license", s.wire.licensed > 0)
	})
	s.check("a base URL that ends in a slash works", func() {
		at := s.server
		at.URL = strings.TrimRight(at.URL, "/") + "/"
		must(s.client(at).Management.Role().LoadAll(s))
	})
	s.check("a base URL that does not end in a slash works", func() {
		at := s.server
		at.URL = strings.TrimRight(at.URL, "/")
		must(s.client(at).Management.Role().LoadAll(s))
	})
	for _, path := range []string{"/v1/mgmt/nothing", "/v2/mgmt/nothing", "/v1/auth/nothing", "/v2/auth/nothing", "/v1/mgmt/role/nothing/at/all"} {
		s.check("a call that Rolecall lacks is refused as Descope refuses, at "+path, func() {
			same("status", s.post(path, "{}"), http.StatusNotFound)
		})
	}
}

// post makes a call that the SDK can't make, and returns the status.
func (s *suite) post(path, body string) (status int) {
	req := must(http.NewRequestWithContext(s, http.MethodPost, strings.TrimRight(s.server.URL, "/")+path, strings.NewReader(body)))
	req.Header.Set("Authorization", "Bearer "+s.server.ProjectID+":"+s.server.ManagementKey)
	req.Header.Set("Content-Type", "application/json")
	res := must(http.DefaultClient.Do(req))
	defer res.Body.Close()
	if found := complaints(res, must(io.ReadAll(res.Body))); len(found) > 0 {
		fail("%s", strings.Join(found, "; "))
	}
	return res.StatusCode
}
