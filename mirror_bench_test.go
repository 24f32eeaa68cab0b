package rolecall

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"
)

// BenchmarkSnapshot writes and reads the snapshot of 100,000 users with four
// roles each, as a server sends it.
func BenchmarkSnapshot(b *testing.B) {
	const users, each, roles = 100_000, 4, 1000
	e := newPolicy().edit()
	e.apply(nil, &API{ID: DefaultAPI, Identifier: "default"})
	for n := range roles {
		id := RoleID(fmt.Sprintf("role-%d", n))
		e.apply(nil, &Role{ID: id, Name: string(id)})
	}
	for n := range users {
		id := SubjectID(fmt.Sprintf("user-%06d", n))
		e.apply(nil, &User{ID: id})
		for i := range each {
			e.apply(nil, &Assignment{Subject: id, Role: RoleID(fmt.Sprintf("role-%d", (n*7+i*13)%roles))})
		}
	}
	p := e.done(1)
	write := func(w io.Writer) {
		packed, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err := feedOf(p, Part{}).WriteSnapshot(packed); err != nil {
			b.Fatal(err)
		}
		packed.Close()
	}
	var text bytes.Buffer
	write(&text)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			write(io.Discard)
		}
		b.ReportMetric(float64(text.Len())/1e6, "MB")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			packed, err := gzip.NewReader(bytes.NewReader(text.Bytes()))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := ReadSnapshot(packed, Part{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
