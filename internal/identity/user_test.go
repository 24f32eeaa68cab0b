package identity_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

func TestNormalLogin(t *testing.T) {
	for typed, want := range map[string]string{
		"alice@example.com":      "alice@example.com",
		" \tAlice@Example.COM\n": "alice@example.com",
		"ÄNNE@Example.com":       "änne@example.com",
		"Alice":                  "Alice",
		" +41 79 000 00 00 ":     "+41790000000",
		"+1-(555) 555.5555":      "+15555555555",
		"+12345":                 "+12345", // too short for a number
		"+1 555 CALL NOW":        "+1 555 CALL NOW",
		"auth0|Ab":               "auth0|Ab",
		"  ":                     "",
	} {
		if got := identity.NormalLogin(typed); got != want {
			t.Errorf("NormalLogin(%q) = %q, want %q", typed, got, want)
		}
		if got := identity.NormalLogin(want); got != want {
			t.Errorf("NormalLogin(%q) = %q, want it as it is", want, got)
		}
	}
}

func TestCreateUser(t *testing.T) {
	w := newWorld(t)
	w.write(t, rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}))
	user, receipt, err := w.CreateUser(t.Context(), owner, identity.NewUser{
		User:     rolecall.User{Name: "Alice", Email: "Alice@Example.com"},
		LoginIDs: []string{"alice", "Alice@Example.com", " alice@example.com"},
		Password: "correct horse",
		Tenants:  []rolecall.TenantID{"acme"},
		Roles:    []rolecall.Assignment{{Role: rolecall.RoleAuditor}, {Role: rolecall.RoleTenantAdmin, Scope: rolecall.Scope{Tenant: "acme"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(user.ID), "usr_") || user.Email != "Alice@Example.com" || !user.CreatedAt.Equal(w.now()) {
		t.Errorf("the user is %+v", user)
	}
	var made []string
	for _, c := range receipt.Changes {
		made = append(made, string(c.After.Kind()))
	}
	want := []string{"user", "login_id", "login_id", "credential", "membership", "assignment", "assignment"}
	if !slices.Equal(made, want) {
		t.Errorf("made %v, want %v", made, want)
	}
	for _, login := range []string{"alice", "ALICE@example.com"} {
		if got, err := signIn(t.Context(), w, login, "correct horse"); got != user.ID || err != nil {
			t.Errorf("signed in by %q as %q, %v", login, got, err)
		}
	}
}

func TestAUserThatCannotBeMadeLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	hash := string(w.password(t, "alice").Hash)
	someone := rolecall.User{ID: "bob", Email: "bob@example.com"}
	for _, tt := range []struct {
		name  string
		user  identity.NewUser
		field string
		kind  error
	}{
		{"an id that is taken", identity.NewUser{User: rolecall.User{ID: "alice"}}, "id", rolecall.ErrConflict},
		{"a login id that is taken, in another case", identity.NewUser{User: rolecall.User{ID: "bob", Email: "ALICE@example.com"}}, "login", rolecall.ErrConflict},
		{"an empty login id", identity.NewUser{User: someone, LoginIDs: []string{" "}}, "login", rolecall.ErrInvalid},
		{"a short password", identity.NewUser{User: someone, Password: "short"}, "password", rolecall.ErrInvalid},
		{"a password that is the login id", identity.NewUser{User: someone, Password: "Bob@example.com"}, "password", rolecall.ErrInvalid},
		{"a password that is the e-mail address", identity.NewUser{User: someone, LoginIDs: []string{"bob"}, Password: "bob@example.com"}, "password", rolecall.ErrInvalid},
		{"a password and a hash", identity.NewUser{User: someone, Password: "correct horse", PasswordHash: hash}, "password_hash", rolecall.ErrInvalid},
		{"a hash that is none", identity.NewUser{User: someone, PasswordHash: "correct horse"}, "password_hash", rolecall.ErrInvalid},
		{"a password and nothing to sign in with", identity.NewUser{User: rolecall.User{ID: "bob"}, Password: "correct horse"}, "login_ids", rolecall.ErrInvalid},
		{"an unknown tenant", identity.NewUser{User: someone, Tenants: []rolecall.TenantID{"acme"}}, "tenant", rolecall.ErrNotFound},
		{"an unknown role", identity.NewUser{User: someone, Roles: []rolecall.Assignment{{Role: "any"}}}, "role", rolecall.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := w.rc.Revision()
			user, _, err := w.CreateUser(t.Context(), owner, tt.user)
			if user != nil || fieldOf(err) != tt.field || !errors.Is(err, tt.kind) {
				t.Errorf("CreateUser = %v, %v, want the field %s and %v", user, err, tt.field, tt.kind)
			}
			if len(rolecall.OpErrors(err)) > 0 {
				t.Errorf("the error counts operations that the caller did not make: %v", err)
			}
			if w.rc.Revision() != head {
				t.Errorf("something was written")
			}
		})
	}
}

// Who may not set a password learns nothing by trying: not who there is, nor what
// a password may not be.
func TestWhoMayNotSetPasswordsLearnsNothing(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "mallory"}})
	by := rolecall.Actor{Subject: "mallory", Door: "test"}
	want := ""
	for _, tt := range []struct {
		subject  rolecall.SubjectID
		password string
	}{
		{"nobody", "battery staple"}, {"alice", "battery staple"}, {"alice", "x"}, {"alice", "alice@example.com"}, {"nobody", "x"},
	} {
		_, err := w.SetPassword(t.Context(), by, tt.subject, identity.PasswordChange{Password: tt.password})
		if !errors.Is(err, rolecall.ErrForbidden) {
			t.Fatalf("%s of %s: %v, want it forbidden", tt.password, tt.subject, err)
		}
		if want == "" {
			want = err.Error()
		}
		if err.Error() != want {
			t.Errorf("%s of %s: %v, where others get %s", tt.password, tt.subject, err, want)
		}
	}
	if _, _, err := w.CreateUser(t.Context(), by, identity.NewUser{User: rolecall.User{ID: "new", Email: "n@example.com"}, Password: "x"}); !errors.Is(err, rolecall.ErrForbidden) {
		t.Errorf("a user with a password that breaks the rules: %v, want it forbidden", err)
	}
}

func TestSetPassword(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	w.user(t, identity.NewUser{User: rolecall.User{ID: "bob", Email: "bob@example.com"}})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "root"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}}})
	w.user(t, identity.NewUser{User: rolecall.User{ID: "admin"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleAdministrator}}})
	w.write(t, rolecall.Create(&rolecall.Client{ID: "machine", Name: "Machine"}))
	for _, tt := range []struct {
		name    string
		by      rolecall.Actor
		subject rolecall.SubjectID
		change  identity.PasswordChange
		want    error
	}{
		{"in place of another", owner, "alice", identity.PasswordChange{Password: "battery staple"}, nil},
		{"for a user who had none", owner, "bob", identity.PasswordChange{Password: "battery staple"}, nil},
		{"by an administrator", rolecall.Actor{Subject: "admin"}, "alice", identity.PasswordChange{Password: "battery staple 2"}, nil},
		{"by an administrator, for an owner", rolecall.Actor{Subject: "admin"}, "root", identity.PasswordChange{Password: "battery staple"}, rolecall.ErrEscalation},
		{"by its owner, who proves nothing", rolecall.Actor{Subject: "alice"}, "alice", identity.PasswordChange{Password: "battery staple 3"}, rolecall.ErrForbidden},
		{"by another user", rolecall.Actor{Subject: "bob"}, "alice", identity.PasswordChange{Password: "battery staple"}, rolecall.ErrForbidden},
		{"too short", owner, "alice", identity.PasswordChange{Password: "short"}, rolecall.ErrInvalid},
		{"the login id", owner, "alice", identity.PasswordChange{Password: "alice@example.com"}, rolecall.ErrInvalid},
		{"for nobody", owner, "nobody", identity.PasswordChange{Password: "battery staple"}, rolecall.ErrNotFound},
		{"for a client", owner, "machine", identity.PasswordChange{Password: "battery staple"}, rolecall.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := w.rc.Revision()
			_, err := w.SetPassword(t.Context(), tt.by, tt.subject, tt.change)
			if !errors.Is(err, tt.want) {
				t.Fatalf("SetPassword = %v, want %v", err, tt.want)
			}
			if err != nil {
				if w.rc.Revision() != head {
					t.Errorf("something was written")
				}
				return
			}
			if _, err := signIn(t.Context(), w, string(tt.subject)+"@example.com", tt.change.Password); err != nil {
				t.Errorf("signing in: %v", err)
			}
		})
	}
	if _, err := signIn(t.Context(), w, "alice@example.com", "correct horse"); err != identity.ErrBadCredentials {
		t.Errorf("the first password: %v, want %v", err, identity.ErrBadCredentials)
	}
}

func TestATemporaryPasswordIsReplacedByItsOwner(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	const login = "alice@example.com"
	if _, err := w.SetPassword(t.Context(), owner, "alice", identity.PasswordChange{Password: "for one day", Temporary: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(t.Context(), w, login, "for one day"); err != identity.ErrPasswordExpired {
		t.Errorf("signing in: %v, want %v", err, identity.ErrPasswordExpired)
	}
	for _, tt := range []struct {
		name, old, new string
		want           error
	}{
		{"not with a wrong one", "wrong", "battery staple", identity.ErrBadCredentials},
		{"not by the same", "for one day", "for one day", rolecall.ErrInvalid},
		{"not by a short one", "for one day", "short", rolecall.ErrInvalid},
		{"by a good one", "for one day", "battery staple", nil},
		{"not with the old one any more", "for one day", "staple battery", identity.ErrBadCredentials},
		{"by another later", "battery staple", "staple battery", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := w.ChangePassword(t.Context(), identity.SignIn{Login: login, Password: tt.old}, tt.new); !errors.Is(err, tt.want) {
				t.Errorf("ChangePassword = %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := signIn(t.Context(), w, login, "staple battery"); err != nil {
		t.Errorf("signing in: %v", err)
	}
	entries, err := w.rc.Audit(t.Context(), owner, rolecall.EntryQuery{Kind: rolecall.KindCredential, Newest: true, Limit: 1})
	if err != nil || len(entries) != 1 || entries[0].Actor != "alice" || entries[0].Door != "identity" {
		t.Errorf("the journal says %+v, %v, want alice", entries, err)
	}
}

func TestAPasswordThatIsSetMeanwhileStays(t *testing.T) {
	for _, tt := range []struct {
		name string
		use  func(w *world) error
		want error
	}{
		{"while its owner changes it", func(w *world) error {
			return w.ChangePassword(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}, "battery staple")
		}, identity.ErrBadCredentials},
		{"while its owner signs in, and it is hashed anew", func(w *world) error {
			_, err := signIn(t.Context(), w, "alice@example.com", "correct horse")
			return err
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			old, err := argon2id.CreateHash("correct horse", &argon2id.Params{Memory: 128, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
			if err != nil {
				t.Fatal(err)
			}
			w.user(t, identity.NewUser{User: alice.User, PasswordHash: old})
			var once sync.Once
			w.CountChecks(func(identity.Argon2) {
				once.Do(func() {
					if _, err := w.SetPassword(t.Context(), owner, "alice", identity.PasswordChange{Password: "by the owner"}); err != nil {
						t.Error(err)
					}
				})
			})
			if err := tt.use(w); err != tt.want {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if _, err := signIn(t.Context(), w, "alice@example.com", "by the owner"); err != nil {
				t.Errorf("signing in by the password that was set: %v", err)
			}
		})
	}
}

func TestChangingAPasswordIsLimitedLikeSigningIn(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	for range 10 {
		if err := w.ChangePassword(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "wrong"}, "battery staple"); err != identity.ErrBadCredentials {
			t.Fatal(err)
		}
	}
	if err := w.ChangePassword(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}, "battery staple"); !errors.Is(err, identity.ErrTooManyAttempts) {
		t.Errorf("the 11th time: %v, want %v", err, identity.ErrTooManyAttempts)
	}
	w.advance(time.Minute)
	w.write(t, rolecall.Modify(&rolecall.User{ID: "alice"}, func(u *rolecall.User) error { u.Blocked = true; return nil }))
	if err := w.ChangePassword(t.Context(), identity.SignIn{Login: "alice@example.com", Password: "correct horse"}, "battery staple"); err != identity.ErrBlocked {
		t.Errorf("by a blocked user: %v, want %v", err, identity.ErrBlocked)
	}
}

func TestThePasswordPolicyIsASetting(t *testing.T) {
	w := newWorld(t)
	w.user(t, alice)
	for _, tt := range []struct {
		setting, password, want string
	}{
		{`{}`, "battery", "at least 8 characters"},
		{`{"min_length": 12}`, "battery sta", "at least 12 characters"},
		{`{"min_length": 4}`, "batt", ""},
		{`{"min_length": -1}`, "battery", "at least 8 characters"},
		{`{"lowercase": true, "uppercase": true}`, "battery staple", "an upper-case letter"},
		{`{"number": true}`, "battery staple", "a digit"},
		{`{"non_alphanumeric": true}`, "batterystaple", "neither a letter nor a digit"},
		{`["lowercase"]`, "battery staple", "password_policy"},
	} {
		w.write(t, rolecall.Put(&rolecall.Setting{Name: identity.PasswordPolicySetting, Value: json.RawMessage(tt.setting)}))
		_, err := w.SetPassword(t.Context(), owner, "alice", identity.PasswordChange{Password: tt.password})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q: %v, want %q", tt.setting, tt.password, err, tt.want)
		}
	}
}
