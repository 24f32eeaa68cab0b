package oidc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall/internal/token"
)

// The benchmarks do the bare thing and ours by turns, so that whatever else the
// machine does meanwhile, the ratio holds.

// What a token of a machine costs, from the request's bytes to the answer's,
// beside the signature in it.
func BenchmarkClientCredentials(b *testing.B) {
	w := newWorld(b)
	body := values("grant_type", "client_credentials", "client_id", "machine", "client_secret", secret, "audience", api).Encode()
	ask := func() string {
		r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		w.Config.Handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Body)
		}
		return rec.Body.String()
	}
	bare := signature(b, []byte(ask()))
	ratio(b, bare, func() { ask() })
}

// What it costs to read a machine's token that was read before, beside the
// check of its signature.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	raw := w.machine().text("access_token")
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256([]byte(raw))
	signed, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	ratio(b, func() {
		sum := sha256.Sum256([]byte(raw))
		if err := rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum[:], signed); err != nil {
			b.Fatal(err)
		}
	}, func() {
		if _, err := w.keys.Verify(b.Context(), raw, token.Expect{Audience: api}); err != nil {
			b.Fatal(err)
		}
	})
}

// signature returns what makes one of text.
func signature(b *testing.B, text []byte) func() {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		sum := sha256.Sum256(text)
		if _, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:]); err != nil {
			b.Fatal(err)
		}
	}
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
