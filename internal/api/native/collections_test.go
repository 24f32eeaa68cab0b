package native

import (
	"net/url"
	"testing"
)

// Every collection answers a list in which each filter that the document names
// is used, and can be sorted by each member.
func TestEveryFilterOfEveryCollectionIsTaken(t *testing.T) {
	s := newServer(t)
	s.send(t, "POST", Prefix+"/tenants", `{"id":"x","name":"X"}`)
	values := map[string]string{"bool": "true", "string": "x", "Time": "2030-01-01T00:00:00Z"}
	for _, c := range collections {
		for _, p := range c.filters() {
			if p.name == "cursor" || p.name == "limit" || p.name == "sort" {
				continue
			}
			value, ok := values[p.kind.Name()]
			if !ok {
				value = values[p.kind.Kind().String()]
			}
			target := Prefix + c.path + "?" + url.Values{p.name: {value}}.Encode()
			if got := s.send(t, "GET", target, ""); got.status != 200 {
				t.Errorf("GET %s = %d %s, want 200", target, got.status, got.body)
			}
			if p.name == "total" || p.name == "search" || p.name == "group" && c.ofGroup() || p.name == "tenant" && c.ofTenant() {
				continue
			}
			target = Prefix + c.path + "?sort=-" + p.name
			if got := s.send(t, "GET", target, ""); got.status != 200 {
				t.Errorf("GET %s = %d %s, want 200", target, got.status, got.body)
			}
		}
	}
}
