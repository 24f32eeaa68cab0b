package token_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/token"
)

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// A forger signs what it likes with a key of the project's.
type forger struct {
	kid rolecall.KeyID
	key crypto.Signer
}

// newForger puts an Ed25519 key that the test knows into the project.
func newForger(t testing.TB, w *world) forger {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := jose.JSONWebKey{Key: public, KeyID: "known", Algorithm: "EdDSA", Use: "sig"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, rolecall.Create(&rolecall.SigningKey{ID: "known", Algorithm: token.EdDSA, Public: jwk}))
	return forger{"known", private}
}

func (f forger) sign(header, payload string) string {
	signed := b64(header) + "." + b64(payload)
	signature, err := f.key.Sign(rand.Reader, []byte(signed), crypto.Hash(0))
	if err != nil {
		panic(err)
	}
	return signed + "." + b64(string(signature))
}

func hs256(key []byte, header, payload string) string {
	signed := b64(header) + "." + b64(payload)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + b64(string(mac.Sum(nil)))
}

// TestAttacks signs with a key of the project's wherever it can, so that what
// is tried, and not the signature, is why a token is refused.
func TestAttacks(t *testing.T) {
	w := newWorld(t)
	f := newForger(t, w)
	good := w.issue(t, token.Claims{Subject: "alice", Audience: []string{audience}, Expires: w.in(time.Hour)})
	parts := strings.Split(good, ".")
	var rs256 *rolecall.SigningKey
	for _, r := range w.records(t) {
		if r.Algorithm == token.RS256 {
			rs256 = r
		}
	}

	const header = `{"alg":"EdDSA","kid":"known","typ":"JWT"}`
	at := func(d time.Duration) int64 { return w.in(d).Unix() }
	base := map[string]any{"iss": issuer, "sub": "alice", "aud": audience, "iat": at(0), "exp": at(time.Hour)}
	payload := func(change ...any) string {
		all := map[string]any{}
		for k, v := range base {
			all[k] = v
		}
		for i := 0; i < len(change); i += 2 {
			if all[change[i].(string)] = change[i+1]; change[i+1] == nil {
				delete(all, change[i].(string))
			}
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	head := func(member string) string { return f.sign(strings.TrimSuffix(header, "}")+","+member+"}", payload()) }
	mallory := forger{kid: "known"}
	_, mallory.key, _ = ed25519.GenerateKey(rand.Reader)
	own, err := jose.JSONWebKey{Key: mallory.key.Public(), KeyID: "known"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	pem, _ := json.Marshal(rs256.Public)

	for _, tt := range []struct {
		name, raw string
		want      string // in the error; "" if the token is good
	}{
		{"a token from Issue", good, ""},
		{"a token from a key of ours", f.sign(header, payload()), ""},
		{"several audiences", f.sign(header, payload("aud", []string{"other", audience})), ""},

		{"alg none", b64(`{"alg":"none","typ":"JWT"}`) + "." + b64(payload()) + ".", "alg"},
		{"alg none with a kid", b64(`{"alg":"none","kid":"known","typ":"JWT"}`) + "." + b64(payload()) + ".", "alg"},
		{"alg None", b64(`{"alg":"None","kid":"known","typ":"JWT"}`) + "." + b64(payload()) + "." + parts[2], "alg"},
		{"no alg", f.sign(`{"kid":"known","typ":"JWT"}`, payload()), "alg"},
		{"HS256 with the public key", hs256(rs256.Public, fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"JWT"}`, rs256.ID), payload()), "alg"},
		{"HS256 with the public key as text", hs256(pem, fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"JWT"}`, rs256.ID), payload()), "alg"},
		{"HS256 with the id of the key", hs256([]byte(rs256.ID), fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"JWT"}`, rs256.ID), payload()), "alg"},
		{"RS512", f.sign(`{"alg":"RS512","kid":"known","typ":"JWT"}`, payload()), "alg"},
		{"another algorithm than the key's", f.sign(`{"alg":"RS256","kid":"known","typ":"JWT"}`, payload()), "its key's"},
		{"an algorithm in small letters", f.sign(`{"alg":"eddsa","kid":"known","typ":"JWT"}`, payload()), "alg"},

		{"an unknown kid", f.sign(`{"alg":"EdDSA","kid":"unknown","typ":"JWT"}`, payload()), "kid"},
		{"a kid like a path", f.sign(`{"alg":"EdDSA","kid":"../../../dev/null","typ":"JWT"}`, payload()), "kid"},
		{"a kid like SQL", f.sign(`{"alg":"EdDSA","kid":"known' OR '1'='1","typ":"JWT"}`, payload()), "kid"},
		{"a kid with a zero byte", f.sign(`{"alg":"EdDSA","kid":"known\u0000","typ":"JWT"}`, payload()), "kid"},
		{"a kid in other letters", f.sign(`{"alg":"EdDSA","kid":"Known","typ":"JWT"}`, payload()), "kid"},
		{"an empty kid", f.sign(`{"alg":"EdDSA","kid":"","typ":"JWT"}`, payload()), "alone"},
		{"no kid", f.sign(`{"alg":"EdDSA","typ":"JWT"}`, payload()), "alone"},
		{"a kid that is a number", f.sign(`{"alg":"EdDSA","kid":1,"typ":"JWT"}`, payload()), "texts"},
		{"two kids", f.sign(`{"alg":"EdDSA","kid":"other","kid":"known","typ":"JWT"}`, payload()), "texts"},
		{"the kid under another name", f.sign(`{"alg":"EdDSA","KID":"known","typ":"JWT"}`, payload()), "alone"},
		{"another key's kid", f.sign(fmt.Sprintf(`{"alg":"RS256","kid":%q,"typ":"JWT"}`, rs256.ID), payload()), "signature"},

		{"its own key", mallory.sign(strings.TrimSuffix(header, "}")+`,"jwk":`+string(own)+"}", payload()), "texts"},
		{"a place to fetch the key from", head(`"jku":"https://mallory.example/jwks.json"`), "alone"},
		{"a place to fetch the certificate from", head(`"x5u":"https://mallory.example/cert"`), "alone"},
		{"a certificate", head(`"x5c":["MII="]`), "texts"},
		{"a critical extension", head(`"crit":["exp"],"exp":1`), "texts"},
		{"an unencoded payload", head(`"b64":false`), "texts"},
		{"a nonce", head(`"nonce":"n"`), "alone"},
		{"another type", f.sign(`{"alg":"EdDSA","kid":"known","typ":"dpop+jwt"}`, payload()), "typ"},
		{"no type", f.sign(`{"alg":"EdDSA","kid":"known"}`, payload()), "typ"},

		{"a changed payload", parts[0] + "." + b64(payload("sub", "root")) + "." + parts[2], "signature"},
		{"a changed header", b64(header) + "." + parts[1] + "." + parts[2], "signature"},
		{"another's signature", mallory.sign(header, payload()), "signature"},
		{"a signature cut by one character", good[:len(good)-1], "RFC 7515|signature"},
		{"no signature", parts[0] + "." + parts[1] + ".", "RFC 7515|signature"},
		{"two parts", parts[0] + "." + parts[1], "RFC 7515"},
		{"one part", parts[0], "RFC 7515"},
		{"four parts", good + "." + parts[2], "RFC 7515"},
		{"five parts, as if encrypted", good + "..", "RFC 7515"},
		{"a dot at its end", good + ".", "RFC 7515"},
		{"a line end in it", parts[0] + "." + parts[1] + "\n." + parts[2], "RFC 7515"},
		{"white space before it", " " + good, "base64url"},
		{"padding", parts[0] + "=." + parts[1] + "." + parts[2], "base64url"},
		{"a JSON serialization", fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]), "RFC 7515|base64url"},
		{"a header that is no object", f.sign(`"EdDSA"`, payload()), "texts"},
		{"something after the header", f.sign(header+"{}", payload()), "texts"},
		{"a payload that is no object", f.sign(header, `"alice"`), "claims"},
		{"two subjects", f.sign(header, strings.TrimSuffix(payload(), "}")+`,"sub":"root"}`), "claims"},
		{"a giant", strings.Repeat("a", token.MaxBytes+1), "longer"},
		{"a giant with a good beginning", good + strings.Repeat("A", token.MaxBytes), "longer"},
		{"nothing", "", "RFC 7515"},
		{"two dots", "..", "texts"},

		{"another issuer", f.sign(header, payload("iss", "https://mallory.example/")), "iss"},
		{"the issuer without its slash", f.sign(header, payload("iss", strings.TrimSuffix(issuer, "/"))), "iss"},
		{"no issuer", f.sign(header, payload("iss", nil)), "iss"},
		{"another audience", f.sign(header, payload("aud", "https://other.example.com")), "aud"},
		{"the beginning of the audience", f.sign(header, payload("aud", audience[:len(audience)-1])), "aud"},
		{"no audience", f.sign(header, payload("aud", nil)), "aud"},
		{"an empty audience", f.sign(header, payload("aud", []string{})), "aud"},
		{"no subject", f.sign(header, payload("sub", nil)), "lacks"},
		{"expired", f.sign(header, payload("iat", at(-2*time.Hour), "exp", at(-time.Hour))), "expired"},
		{"expired now", f.sign(header, payload("exp", at(0))), "expired"},
		{"no expiry", f.sign(header, payload("exp", nil)), "lacks"},
		{"an expiry that is text", f.sign(header, payload("exp", "2099-01-01")), "claims"},
		{"not yet valid", f.sign(header, payload("nbf", at(61*time.Second))), "not count yet"},
		{"not yet valid, but soon", f.sign(header, payload("nbf", at(60*time.Second))), ""},
		{"issued in the future", f.sign(header, payload("iat", at(61*time.Second))), "future"},
		{"issued by a clock that is a minute ahead", f.sign(header, payload("iat", at(60*time.Second))), ""},
		{"no time of issue", f.sign(header, payload("iat", nil)), "lacks"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the second time, what was remembered
				got, err := w.Verify(t.Context(), tt.raw, expect)
				if tt.want == "" {
					if err != nil || got.Subject != "alice" {
						t.Errorf("refused: %v", err)
					}
					continue
				}
				if got != nil || !errors.Is(err, token.ErrInvalidToken) {
					t.Fatalf("Verify = %+v, %v, want %v", got, err, token.ErrInvalidToken)
				}
				if !containsAny(err.Error(), strings.Split(tt.want, "|")) {
					t.Errorf("refused because %q, want %q", err, tt.want)
				}
				if len(tt.raw) > 20 && strings.Contains(err.Error(), tt.raw[len(tt.raw)-20:]) {
					t.Errorf("the error holds the token")
				}
			}
		})
	}
	t.Run("asked for no audience", func(t *testing.T) {
		if _, err := w.Verify(t.Context(), good, token.Expect{}); !errors.Is(err, token.ErrInvalidToken) {
			t.Errorf("Verify = %v, want %v", err, token.ErrInvalidToken)
		}
	})
	t.Run("asked for no audience, for none", func(t *testing.T) {
		if _, err := w.Verify(t.Context(), f.sign(header, payload("aud", "")), token.Expect{}); !errors.Is(err, token.ErrInvalidToken) {
			t.Errorf("Verify = %v, want %v", err, token.ErrInvalidToken)
		}
	})
	t.Run("asked by nobody in particular", func(t *testing.T) {
		raw := f.sign(header, payload("iss", ""))
		if _, err := token.New(w.rc).Verify(t.Context(), raw, expect); !errors.Is(err, token.ErrInvalidToken) {
			t.Errorf("Verify = %v, want %v", err, token.ErrInvalidToken)
		}
	})
	t.Run("without leeway", func(t *testing.T) {
		strict := w.keys(token.WithLeeway(0))
		for _, claim := range []string{"iat", "nbf"} {
			if _, err := strict.Verify(t.Context(), f.sign(header, payload(claim, at(time.Second))), expect); !errors.Is(err, token.ErrInvalidToken) {
				t.Errorf("%s in a second: %v, want %v", claim, err, token.ErrInvalidToken)
			}
			if _, err := strict.Verify(t.Context(), f.sign(header, payload(claim, at(0))), expect); err != nil {
				t.Errorf("%s now: %v", claim, err)
			}
		}
	})
}

func containsAny(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

func TestARememberedTokenIsCheckedEveryTime(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.claims())
	if _, err := w.Verify(t.Context(), raw, expect); err != nil {
		t.Fatal(err)
	}
	for _, want := range []token.Expect{{Audience: "other"}, {Audience: audience, Issuer: "other"}, {}} {
		if _, err := w.Verify(t.Context(), raw, want); !errors.Is(err, token.ErrInvalidToken) {
			t.Errorf("for %+v: %v, want %v", want, err, token.ErrInvalidToken)
		}
	}
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}))
	w.advance(time.Hour - time.Millisecond)
	if _, err := w.Verify(t.Context(), raw, expect); err != nil {
		t.Errorf("just before it expires: %v", err)
	}
	w.advance(time.Millisecond)
	if _, err := w.Verify(t.Context(), raw, expect); !errors.Is(err, token.ErrInvalidToken) {
		t.Errorf("when it has expired: %v, want %v", err, token.ErrInvalidToken)
	}

	raw = w.issue(t, w.claims())
	v, err := w.Verify(t.Context(), raw, expect)
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, rolecall.Delete(&rolecall.SigningKey{ID: v.KeyID}))
	if _, err := w.Verify(t.Context(), raw, expect); !errors.Is(err, token.ErrInvalidToken) {
		t.Errorf("when its key is deleted: %v, want %v", err, token.ErrInvalidToken)
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	good := w.issue(f, w.claims())
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(parts[0] + ".e30." + parts[2])
	f.Add("..")
	f.Add(b64(`{"alg":"none"}`) + ".e30.")
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := w.Verify(t.Context(), raw, expect)
		if err == nil != (raw == good) {
			t.Errorf("Verify(%q) = %+v, %v", raw, v, err)
		}
		if err != nil && !errors.Is(err, token.ErrInvalidToken) {
			t.Errorf("Verify(%q) = %v, want %v", raw, err, token.ErrInvalidToken)
		}
	})
}
