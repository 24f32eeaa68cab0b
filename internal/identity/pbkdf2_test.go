package identity

import (
	"encoding/hex"
	"strings"
	"testing"
)

// The vectors that RFC 6070 has for SHA-1 and RFC 7914 for SHA-256, those that are in use
// for SHA-512, and what Django's own tests expect of a release.
func TestPBKDF2Vectors(t *testing.T) {
	encoded := func(digest string, iterations int64, salt, key string) string {
		raw, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		return EncodePBKDF2(digest, iterations, []byte(salt), raw)
	}
	h := newHasher(cheap)
	for _, tt := range []struct{ name, password, hash string }{
		{"RFC 6070, 1 iteration", "password", encoded("sha1", 1, "salt", "0c60c80f961f0e71f3a9b524af6012062fe037a6")},
		{"RFC 6070, 4096 iterations", "password", encoded("sha1", 4096, "salt", "4b007901b765489abead49d926f721d065a429c1")},
		{"RFC 6070, a key of 25 bytes", "passwordPASSWORDpassword", encoded("sha1", 4096, "saltSALTsaltSALTsaltSALTsaltSALTsalt", "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038")},
		{"RFC 6070, zero bytes", "pass\x00word", encoded("sha1", 4096, "sa\x00lt", "56fa6aa75548099dcc37d7f03425e0c3")},
		{"RFC 7914", "passwd", encoded("sha256", 1, "salt", "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")},
		{"SHA-512", "password", encoded("sha512", 1, "salt", "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce")},
		{"Django 1.6", "lètmein", "pbkdf2_sha256$12000$seasalt$Ybw8zsFxqja97tY/o6G+Fy1ksY4U/Hw3DRrGED6Up4s="},
		{"Django 3.2", "lètmein", "pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo="},
		{"Django 3.2, SHA-1", "lètmein", "pbkdf2_sha1$260000$seasalt2$wAibXvW6jgvatCdONi6SMJ6q7mI="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := CheckHash("hash", tt.hash); err != nil {
				t.Fatal(err)
			}
			for password, want := range map[string]bool{tt.password: true, tt.password + "z": false, "": false} {
				match, stale, err := h.verify(t.Context(), password, []byte(tt.hash))
				if match != want || !stale || err != nil {
					t.Errorf("verify(%q) = %t, %t, %v, want %t, and a hash to make anew", password, match, stale, err, want)
				}
			}
		})
	}
}

func TestPBKDF2HashesThatAreRefused(t *testing.T) {
	const (
		phc    = "$pbkdf2-sha256$i=1000,l=16$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA"
		django = "pbkdf2_sha256$1000$seasalt$AAAAAAAAAAAAAAAAAAAAAA=="
	)
	for _, hash := range []string{phc, django} {
		if err := CheckHash("hash", hash); err != nil {
			t.Fatalf("%s: %v", hash, err)
		}
	}
	for _, tt := range []struct{ name, of, old, new string }{
		{"another digest", phc, "sha256", "md5"},
		{"no iterations", phc, "i=1000", "i=0"},
		{"fewer than none", phc, "i=1000", "i=-1"},
		{"iterations that take minutes", phc, "i=1000", "i=3000001"},
		{"iterations that do not fit", phc, "i=1000", "i=99999999999999999999"},
		{"another length than it says", phc, "l=16", "l=32"},
		{"something after a number", phc, "l=16", "l=16x"},
		{"a key that is cut", phc, "AAAAAAAAAAAAAAAAAAAAAA", "AAAA"},
		{"a key that is not base64", phc, "AAAAAAAAAAAAAAAAAAAAAA", "!!!!"},
		{"no salt", phc, "c2FsdA", ""},
		{"a long salt", phc, "c2FsdA", strings.Repeat("AAAA", 43)},
		{"a part too few", phc, "$c2FsdA", ""},
		{"a part too many", phc, "$c2FsdA", "$c2FsdA$c2FsdA"},
		{"Django: another digest", django, "sha256", "md5"},
		{"Django: no iterations", django, "1000", ""},
		{"Django: iterations that take minutes", django, "1000", "3000001"},
		{"Django: iterations with a sign", django, "1000", "+1000"},
		{"Django: no salt", django, "seasalt", ""},
		{"Django: a key that is cut", django, "AAAAAAAAAAAAAAAAAAAAAA==", "AAAA"},
		{"Django: a key without padding", django, "==", ""},
		{"Django: a part too many", django, "seasalt", "sea$salt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hash := strings.Replace(tt.of, tt.old, tt.new, 1)
			if hash == tt.of {
				t.Fatal("nothing was changed")
			}
			err := CheckHash("hash", hash)
			if err == nil {
				t.Fatalf("%s was taken", hash)
			}
			if strings.Contains(err.Error(), hash) {
				t.Errorf("the error holds the hash: %v", err)
			}
		})
	}
}
