package token_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/rolecall/rolecall/internal/token"
)

// The benchmarks do the bare thing and ours by turns, so that whatever else the
// machine does meanwhile, the ratio holds.

func BenchmarkIssueRS256(b *testing.B) {
	w := company(b)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	req := token.TokenRequest{Subject: "alice", API: audience, Tenant: "acme"}
	issue := func() string {
		raw, _, err := w.TokenFor(b.Context(), req)
		if err != nil {
			b.Fatal(err)
		}
		return raw
	}
	text := []byte(issue())
	ratio(b, func() {
		sum := sha256.Sum256(text)
		if _, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:]); err != nil {
			b.Fatal(err)
		}
	}, func() { issue() })
}

func BenchmarkVerifyRS256(b *testing.B) {
	w := company(b)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	raw, _, err := w.TokenFor(b.Context(), token.TokenRequest{Subject: "alice", API: audience, Tenant: "acme"})
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(raw)
	sum := sha256.Sum256(text)
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	bare := func() {
		sum := sha256.Sum256(text)
		if err := rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("new", func(b *testing.B) {
		ratio(b, bare, func() {
			if _, err := token.VerifyAnew(w.Keys, b.Context(), raw, expect); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("known", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Verify(b.Context(), raw, expect); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// ratio reports the medians of both, and what ours is of the bare thing.
func ratio(b *testing.B, bare, ours func()) {
	var spent [2][]time.Duration
	for b.Loop() {
		start := time.Now()
		bare()
		middle := time.Now()
		ours()
		spent[0] = append(spent[0], middle.Sub(start))
		spent[1] = append(spent[1], time.Since(middle))
	}
	var median [2]float64
	for i := range spent {
		slices.Sort(spent[i])
		median[i] = float64(spent[i][len(spent[i])/2])
	}
	b.ReportMetric(median[0], "bare-ns")
	b.ReportMetric(median[1], "ours-ns")
	b.ReportMetric(median[1]/median[0], "x-bare")
}
