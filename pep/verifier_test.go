package pep_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
)

func TestVerifierReadsClaims(t *testing.T) {
	i := newIssuer(t, public("rsa", rsaKey()))
	v := i.verifier(t, nil)
	raw := i.token(t, map[string]any{
		"jti": "t1", "aud": []string{"other", audience}, "tenant": "acme", "permissions": []string{"post.publish"}, "roles": []string{"editor"},
		"tenants": map[string]any{"acme": map[string]any{"roles": []string{"owner"}, "permissions": []string{"post.delete"}}},
		"plan":    "gold",
	})
	for _, round := range []string{"verified", "remembered"} {
		got, err := v.Verify(t.Context(), raw)
		if err != nil {
			t.Fatalf("%s: %v", round, err)
		}
		want := &pep.Claims{
			Issuer: i.name(), Subject: "alice", Audience: []string{"other", audience}, ID: "t1",
			Issued: noon.Add(-time.Minute), Expires: noon.Add(time.Hour),
			Tenant: "acme", Permissions: []string{"post.publish"}, Roles: []string{"editor"},
			Tenants: map[rolecall.TenantID]pep.TenantClaims{"acme": {Roles: []string{"owner"}, Permissions: []string{"post.delete"}}},
		}
		if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "payload" }, cmp.Ignore())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", round, diff)
		}
		var other struct {
			Plan string `json:"plan"`
		}
		if err := got.Decode(&other); err != nil || other.Plan != "gold" {
			t.Errorf("%s: Decode gave %q, %v", round, other.Plan, err)
		}
	}
}

// What the OpenID provider issues names a client and an organization in its
// vendor's way.
func TestVerifierReadsTokensOfTheProvider(t *testing.T) {
	i := newIssuer(t, public("rsa", rsaKey()))
	v := i.verifier(t, nil)
	for _, tt := range []struct {
		name    string
		claims  map[string]any
		subject rolecall.SubjectID
		tenant  rolecall.TenantID
	}{
		{"a machine", map[string]any{"sub": "robot@clients", "azp": "robot", "gty": "client-credentials"}, "robot", ""},
		{"a machine, in the profile of RFC 9068", map[string]any{"sub": "robot@clients", "client_id": "robot"}, "robot", ""},
		{"another's id is no machine's", map[string]any{"sub": "robot@clients", "azp": "app"}, "robot@clients", ""},
		{"an id alone is none", map[string]any{"sub": "robot@clients"}, "robot@clients", ""},
		{"a user", map[string]any{"sub": "alice", "azp": "app"}, "alice", ""},
		{"a member in an organization", map[string]any{"sub": "alice", "azp": "app", "org_id": "acme"}, "alice", "acme"},
	} {
		got, err := v.Verify(t.Context(), i.token(t, tt.claims))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got.Subject != tt.subject || got.Tenant != tt.tenant {
			t.Errorf("%s is %q in %q, want %q in %q", tt.name, got.Subject, got.Tenant, tt.subject, tt.tenant)
		}
	}
}

func TestVerifierAcceptsItsAlgorithms(t *testing.T) {
	bare := public("bare", rsaKey())
	bare.Algorithm, bare.Use = "", ""
	i := newIssuer(t, public("rsa", rsaKey()), public("ec", ecKey()), public("ed", edKey()), bare)
	v := i.verifier(t, nil)
	for name, raw := range map[string]string{
		"RS256":                                 sign(t, jose.RS256, rsaKey(), map[string]any{"kid": "rsa"}, i.claims(nil)),
		"ES256":                                 sign(t, jose.ES256, ecKey(), map[string]any{"kid": "ec"}, i.claims(nil)),
		"EdDSA":                                 sign(t, jose.EdDSA, edKey(), map[string]any{"kid": "ed"}, i.claims(nil)),
		"a key that does not say its algorithm": sign(t, jose.RS256, rsaKey(), map[string]any{"kid": "bare"}, i.claims(nil)),
		"an access token of RFC 9068":           sign(t, jose.EdDSA, edKey(), map[string]any{"kid": "ed", "typ": "at+JWT"}, i.claims(nil)),
		"a clock ahead by four seconds":         i.token(t, map[string]any{"iat": noon.Add(4 * time.Second).Unix(), "nbf": noon.Add(4 * time.Second).Unix()}),
		"the second before it expires":          i.token(t, map[string]any{"exp": noon.Add(time.Second).Unix()}),
		"without the time it was issued":        i.token(t, map[string]any{"iat": nil}),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := v.Verify(t.Context(), raw); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestVerifierRefuses is the table of attacks and mistakes. Each is refused
// twice: what is refused must not be remembered as good.
func TestVerifierRefuses(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	encryption := public("enc", otherRSA())
	encryption.Use, encryption.Algorithm = "enc", ""
	bare := public("bare", rsaKey())
	bare.Algorithm = ""
	i := newIssuer(t, public("rsa", rsaKey()), public("ec", ecKey()), public("ed", edKey()), public("small", small), encryption, bare)
	v := i.verifier(t, nil)

	rs256 := func(headers map[string]any, claims any) string {
		if headers["kid"] == nil {
			headers["kid"] = "rsa"
		}
		return sign(t, jose.RS256, rsaKey(), headers, claims)
	}
	good := i.token(t, nil)
	parts := strings.Split(good, ".")
	pem := x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)
	forged := public("forged", otherRSA())

	tests := map[string]struct{ raw, rule string }{
		"nothing":                                {"", "can't be read"},
		"not a token":                            {"hello", "can't be read"},
		"two parts":                              {parts[0] + "." + parts[1], "can't be read"},
		"four parts":                             {good + ".x", "can't be read"},
		"five parts, as an encrypted token has":  {good + ".x.y", "can't be read"},
		"a token that is too long":               {strings.Repeat("a", 20<<10), "too long"},
		"a header that is not JSON":              {base64url("no") + "." + parts[1] + "." + parts[2], "can't be read"},
		"a header with a name twice":             {base64url(`{"alg":"none","alg":"RS256","kid":"rsa"}`) + "." + parts[1] + "." + parts[2], "can't be read"},
		"a header in padded base64":              {base64url(`{"alg":"RS256","kid":"rsa" }`) + "=." + parts[1] + "." + parts[2], "can't be read"},
		"algorithm none":                         {base64url(`{"alg":"none","kid":"rsa"}`) + "." + parts[1] + ".", "algorithm"},
		"algorithm None":                         {base64url(`{"alg":"None","kid":"rsa"}`) + "." + parts[1] + ".", "algorithm"},
		"no algorithm":                           {base64url(`{"kid":"rsa"}`) + "." + parts[1] + "." + parts[2], "algorithm"},
		"HS256 with the public key as secret":    {sign(t, jose.HS256, pem, map[string]any{"kid": "rsa"}, i.claims(nil)), "algorithm"},
		"an algorithm that is not on the list":   {sign(t, jose.RS512, rsaKey(), map[string]any{"kid": "bare"}, i.claims(nil)), "algorithm is not accepted"},
		"another algorithm than the key's":       {sign(t, jose.RS256, rsaKey(), map[string]any{"kid": "ec"}, i.claims(nil)), "algorithm"},
		"no key id":                              {sign(t, jose.RS256, rsaKey(), nil, i.claims(nil)), "names no key"},
		"an unknown key":                         {rs256(map[string]any{"kid": "nobody"}, i.claims(nil)), "key is not in use"},
		"a path as key id":                       {rs256(map[string]any{"kid": "../../dev/null"}, i.claims(nil)), "key is not in use"},
		"a key for encryption":                   {sign(t, jose.RS256, otherRSA(), map[string]any{"kid": "enc"}, i.claims(nil)), "key is not in use"},
		"an RSA key of 1024 bits":                {sign(t, jose.RS256, small, map[string]any{"kid": "small"}, i.claims(nil)), "key is not in use"},
		"an embedded key":                        {sign(t, jose.RS256, otherRSA(), map[string]any{"kid": "rsa", "jwk": forged}, i.claims(nil)), "own key"},
		"the URL of a key":                       {sign(t, jose.RS256, otherRSA(), map[string]any{"kid": "rsa", "jku": "https://evil.example"}, i.claims(nil)), "own key"},
		"the URL of a certificate":               {sign(t, jose.RS256, otherRSA(), map[string]any{"kid": "rsa", "x5u": "https://evil.example"}, i.claims(nil)), "own key"},
		"an embedded certificate":                {sign(t, jose.RS256, otherRSA(), map[string]any{"kid": "rsa", "x5c": []string{"AA=="}}, i.claims(nil)), "own key"},
		"a critical extension":                   {rs256(map[string]any{"crit": []string{"b64"}, "b64": true}, i.claims(nil)), "demands an extension"},
		"another type of token":                  {rs256(map[string]any{"typ": "logout+jwt"}, i.claims(nil)), "not an access token"},
		"another key's signature":                {sign(t, jose.RS256, otherRSA(), map[string]any{"kid": "rsa"}, i.claims(nil)), "signature"},
		"another token's signature":              {parts[0] + "." + base64url(`{"sub":"root"}`) + "." + parts[2], "signature"},
		"no signature":                           {parts[0] + "." + parts[1] + ".", "signature"},
		"claims that are not an object":          {rs256(map[string]any{}, `["alice"]`), "claims can't be read"},
		"a claim twice":                          {rs256(map[string]any{}, `{"sub":"alice","sub":"root"}`), "claims can't be read"},
		"permissions that are not a list":        {i.token(t, map[string]any{"permissions": "post.publish"}), "claims can't be read"},
		"an expiry that is text":                 {i.token(t, map[string]any{"exp": "tomorrow"}), "claims can't be read"},
		"another issuer":                         {i.token(t, map[string]any{"iss": "https://evil.example/"}), "another issuer"},
		"the issuer without its slash":           {i.token(t, map[string]any{"iss": i.URL}), "another issuer"},
		"no issuer":                              {i.token(t, map[string]any{"iss": nil}), "another issuer"},
		"another audience":                       {i.token(t, map[string]any{"aud": "https://other.example.com"}), "another audience"},
		"an audience that only begins like ours": {i.token(t, map[string]any{"aud": audience + ".evil.example"}), "another audience"},
		"no audience":                            {i.token(t, map[string]any{"aud": nil}), "another audience"},
		"no subject":                             {i.token(t, map[string]any{"sub": nil}), "names no subject"},
		"no expiry":                              {i.token(t, map[string]any{"exp": nil}), "no expiry"},
		"expired this very second":               {i.token(t, map[string]any{"exp": noon.Unix()}), "expired"},
		"expired long ago":                       {i.token(t, map[string]any{"exp": 1}), "expired"},
		"not valid yet":                          {i.token(t, map[string]any{"nbf": noon.Add(6 * time.Second).Unix()}), "not valid yet"},
		"issued in the future":                   {i.token(t, map[string]any{"iat": noon.Add(6 * time.Second).Unix()}), "in the future"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				claims, err := v.Verify(t.Context(), tt.raw)
				if claims != nil || !errors.Is(err, pep.ErrBadCredentials) || !strings.Contains(err.Error(), tt.rule) {
					t.Errorf("Verify = %v, %v, want an error that is ErrBadCredentials and says %q", claims, err, tt.rule)
				}
			}
		})
	}
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Errorf("the token that the others were made from: %v", err)
	}
}

func TestVerifierForgetsATokenThatExpires(t *testing.T) {
	now := noon
	i := newIssuer(t, public("rsa", rsaKey()))
	v := i.verifier(t, func(tokens *pep.Tokens) {
		tokens.Clock = func() time.Time { return now }
		tokens.MaxAge = 24 * time.Hour
	})
	raw := i.token(t, map[string]any{"exp": noon.Add(time.Minute).Unix()})
	for _, step := range []struct {
		after time.Duration
		good  bool
	}{{0, true}, {59 * time.Second, true}, {time.Minute, false}} {
		now = noon.Add(step.after)
		if _, err := v.Verify(t.Context(), raw); (err == nil) != step.good {
			t.Errorf("after %v: %v, want good %v", step.after, err, step.good)
		}
	}
}

func TestVerifierOfAFixedSet(t *testing.T) {
	v, err := pep.NewVerifier(pep.Tokens{
		Issuer: "https://auth.example.com/", Audience: audience, Clock: func() time.Time { return noon },
		Keys: &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ed", edKey())}},
	})
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"iss": "https://auth.example.com/", "aud": audience, "sub": "alice", "exp": noon.Add(time.Hour).Unix()}
	if _, err := v.Verify(t.Context(), sign(t, jose.EdDSA, edKey(), map[string]any{"kid": "ed"}, claims)); err != nil {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), sign(t, jose.EdDSA, edKey(), map[string]any{"kid": "new"}, claims)); !errors.Is(err, pep.ErrBadCredentials) {
		t.Errorf("an unknown key gives %v, want ErrBadCredentials", err)
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	good := pep.Tokens{Issuer: "https://auth.example.com/", Audience: audience}
	for name, change := range map[string]func(*pep.Tokens){
		"no issuer":                     func(t *pep.Tokens) { t.Issuer = "" },
		"no audience":                   func(t *pep.Tokens) { t.Audience = "" },
		"algorithm none":                func(t *pep.Tokens) { t.Algorithms = []string{"none"} },
		"a shared-secret algorithm":     func(t *pep.Tokens) { t.Algorithms = []string{"RS256", "HS256"} },
		"keys by http":                  func(t *pep.Tokens) { t.JWKS = "http://auth.example.com/jwks.json" },
		"keys from a file":              func(t *pep.Tokens) { t.JWKS = "file:///etc/keys.json" },
		"an issuer that is not a URL":   func(t *pep.Tokens) { t.Issuer = "auth" },
		"a URL with a password":         func(t *pep.Tokens) { t.JWKS = "https://me:secret@auth.example.com/" },
		"a host that begins like local": func(t *pep.Tokens) { t.JWKS = "http://localhost.evil.example/" },
	} {
		t.Run(name, func(t *testing.T) {
			tokens := good
			change(&tokens)
			if _, err := pep.NewVerifier(tokens); err == nil {
				t.Error("there is no error")
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
	if _, err := pep.NewVerifier(good); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	v, err := pep.NewVerifier(pep.Tokens{
		Issuer: "https://auth.example.com/", Audience: audience, Clock: func() time.Time { return noon },
		Keys: &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ed", edKey())}},
	})
	if err != nil {
		f.Fatal(err)
	}
	claims, _ := json.Marshal(map[string]any{"iss": "https://auth.example.com/", "aud": audience, "sub": "alice", "exp": noon.Add(time.Hour).Unix()})
	good := sign(f, jose.EdDSA, edKey(), map[string]any{"kid": "ed"}, string(claims))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(base64url(`{"alg":"none","kid":"ed"}`) + "." + base64url(string(claims)) + ".")
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := v.Verify(context.Background(), raw); err == nil && raw != good {
			t.Errorf("a token that nobody signed is good: %q", raw)
		}
	})
}
