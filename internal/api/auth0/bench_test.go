package auth0

import (
	"fmt"
	"testing"

	"github.com/rolecall/rolecall"
)

// A search reads every user, unless it asks for one; a page reads its own.
func BenchmarkUsers(b *testing.B) {
	s := newServer(b)
	var ops []rolecall.Op
	for i := range 10_000 {
		id := rolecall.SubjectID(fmt.Sprintf("auth0|%024x", i))
		email := fmt.Sprintf("user%d@example.com", i)
		ops = append(ops, rolecall.Create(&rolecall.User{ID: id, Email: email, Attributes: []byte(`{"app_metadata":{"plan":"pro"}}`)}),
			rolecall.Create(&rolecall.LoginID{Login: email, Subject: id}))
	}
	s.write(b, ops...)
	for _, q := range []struct{ name, target string }{
		{"page", "/users?per_page=50&include_totals=true"},
		{"last page", "/users?per_page=50&page=199&include_totals=true"},
		{"one", "/users?q=email%3A%22user77%40example.com%22"},
		{"search", "/users?q=app_metadata.plan%3Afree"},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				if r := s.Send(b, "GET", Prefix+q.target, ""); r.Status != 200 {
					b.Fatalf("%d %s", r.Status, r.Body)
				}
			}
		})
	}
}
