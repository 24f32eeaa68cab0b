package native

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// A stranger presents credentials that prove nothing, or too little.
type stranger struct {
	name, authorization string
	holds               bool // who it is, but no permission
}

func (s *server) strangers(t *testing.T) []stranger {
	t.Helper()
	ctx := t.Context()
	setup := rolecall.System("setup")
	id, keys := s.identity, s.keys
	key := func(name string, k identity.NewKey) *identity.Key {
		k.Name = name
		made, err := id.CreateKey(ctx, setup, k)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	owner := []rolecall.Assignment{{Role: rolecall.RoleOwner}}
	nobody := key("nobody", identity.NewKey{})
	disabled := key("disabled", identity.NewKey{Roles: owner})
	if _, err := id.DisableKey(ctx, setup, disabled.Credential.ID); err != nil {
		t.Fatal(err)
	}
	expired := key("expired", identity.NewKey{Roles: owner, ExpiresAt: s.clock.Now().Add(time.Hour)})
	deleted := key("deleted", identity.NewKey{Roles: owner})
	if _, err := id.DeleteKey(ctx, setup, deleted.Credential.ID); err != nil {
		t.Fatal(err)
	}
	blocked := key("blocked", identity.NewKey{Roles: owner})
	now := s.clock.Now()
	issue := func(c token.Claims) string {
		raw, err := keys.Issue(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	mine := []string{string(rolecall.AdminAPI)}
	blockedToken := issue(token.Claims{Subject: blocked.Client.ID, Audience: mine, Expires: now.Add(24 * time.Hour)})
	if _, err := s.rc.Write(ctx, setup, rolecall.Update(&rolecall.Client{ID: blocked.Client.ID, Name: "blocked", Blocked: true})); err != nil {
		t.Fatal(err)
	}
	good := issue(token.Claims{Subject: "root", Audience: mine, Expires: now.Add(24 * time.Hour)})
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	all := []stranger{
		{"another scheme, with a good key", "Basic " + s.root, false},
		{"no credentials after Bearer", "Bearer", false},
		{"an unknown key", "Bearer rck_nobody_" + secretMark + strings.Repeat("x", 33), false},
		{"half a key", "Bearer rck_" + secretMark, false},
		{"a key with another secret", "Bearer " + s.root[:len(s.root)-1] + "~", false},
		{"a disabled key", "Bearer " + disabled.Secret, false},
		{"an expired key", "Bearer " + expired.Secret, false},
		{"a deleted key", "Bearer " + deleted.Secret, false},
		{"a blocked client's key", "Bearer " + blocked.Secret, false},
		{"what is no token", "Bearer " + secretMark + ".x.y", false},
		{"a token with alg none", "Bearer " + none + "." + parts[1] + ".", false},
		{"a token with another signature", "Bearer " + parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), false},
		{"an expired token", "Bearer " + issue(token.Claims{Subject: "root", Audience: mine, Issued: now, Expires: now.Add(time.Hour)}), false},
		{"a token for another API", "Bearer " + issue(token.Claims{Subject: "root", Audience: []string{"default"}, Expires: now.Add(24 * time.Hour)}), false},
		{"a token from the future", "Bearer " + issue(token.Claims{Subject: "root", Audience: mine, Issued: now.Add(20 * time.Hour), Expires: now.Add(40 * time.Hour)}), false},
		{"another issuer's token", "Bearer " + issue(token.Claims{Issuer: "https://other/", Subject: "root", Audience: mine, Expires: now.Add(24 * time.Hour)}), false},
		{"a blocked subject's token", "Bearer " + blockedToken, false},
		{"an unknown subject's token", "Bearer " + issue(token.Claims{Subject: "gone", Audience: mine, Expires: now.Add(24 * time.Hour)}), false},
		{"credentials of 17000 bytes", "Bearer " + strings.Repeat("x", 17000), false},
		{"a key without permissions", "Bearer " + nobody.Secret, true},
	}
	s.clock.Move(2 * time.Hour)
	// They fail for their reason alone: the same with nothing wrong is let in.
	if got := s.send(t, "GET", Prefix+"/me", "", "Authorization", "bearer "+good); got.status != 200 {
		t.Fatalf("a good token = %d %s", got.status, got.body)
	}
	return all
}

func credentials(rt route, sample example, strangers []stranger) (all []attempt) {
	if rt.terms == open {
		return nil
	}
	try := func(name, authorization string, status int, says, challenge string) {
		all = append(all, attempt{name: name, method: rt.method, target: sample.Path, body: string(sample.Request),
			headers: []string{"Authorization", authorization}, status: []int{status}, says: says, challenge: challenge})
	}
	const bearer = `Bearer realm="rolecall"`
	try("no credentials", "", 401, "", bearer)
	for _, s := range strangers {
		switch {
		case !s.holds:
			try(s.name, s.authorization, 401, "", bearer+`, error="invalid_token"`)
		case rt.path == "/me" || rt.path == "/revision": // for anybody
		case rt.tag == "Decide":
			try(s.name, s.authorization, 403, "rolecall:check", bearer+`, error="insufficient_scope", scope="rolecall:check"`)
		default:
			try(s.name, s.authorization, 403, rt.permission, bearer+`, error="insufficient_scope", scope="rolecall:`)
		}
	}
	return all
}
