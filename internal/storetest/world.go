package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
	"pgregory.net/rapid"
)

// awkward is text that databases are known to trip over: quotes, wildcards,
// placeholders, case, collation, normal forms, width.
var awkward = []string{
	"A", "a", "Z", "z", "_", "%", `\`, `\%`, "'", `"`, "a'b\"c%_", "auth0|abc", "$1", "?1", ":x", "--", "/*", ";",
	"NULL", "null", "0", "1e3", " ", "  x", "x  ", "a", "a ", "\u00a0", "Straße", "STRASSE", "strasse", "ß", "ẞ",
	"é", "e\u0301", "É", "E\u0301", "ı", "I", "i", "İ", "ſ", "\u212a", "k", "日本語", "👩\u200d👩\u200d👧", "\u200f", "\u0085",
	"\ufeff", "\ufffd", "\uffff", "\U00010000", "\U0010ffff", "\ud7ff", "\ud7ffx", "\ue000", "ff", "ﬀ", "Ⅳ", "æ", "ae",
}

// plain is text that the core lets through: valid UTF-8 without control characters.
func plain(least, mostRunes, mostBytes int) *rapid.Generator[string] {
	character := rapid.Rune().Filter(func(r rune) bool { return r >= 0x20 && r != 0x7f && utf8.ValidRune(r) })
	fits := func(s string) bool {
		n := utf8.RuneCountInString(s)
		return n >= least && n <= mostRunes && len(s) <= mostBytes
	}
	long := strings.Repeat("x", min(mostRunes, mostBytes))
	return rapid.OneOf(
		rapid.SampledFrom(append(awkward, long)),
		rapid.StringOfN(character, least, mostRunes, mostBytes),
		rapid.StringOfN(rapid.RuneFrom([]rune("abcABC%_'\"\\|ß")), max(least, 1), 12, -1),
	).Filter(fits)
}

func newID(t *rapid.T, label string, used map[string]bool) string {
	id := plain(1, rolecall.MaxIDBytes, rolecall.MaxIDBytes).Filter(func(s string) bool { return !used[s] }).Draw(t, label)
	used[id] = true
	return id
}

func instant(t *rapid.T, label string) time.Time {
	ms := rapid.OneOf(
		rapid.SampledFrom([]int64{0, 1, -1, 999, 1e12}),
		rapid.Int64Range(-62135596799999, 253402300799999),
	).Draw(t, label)
	if rapid.Bool().Draw(t, label+" absent") {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func object(t *rapid.T, label string) json.RawMessage {
	m := rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, label)
	if len(m) == 0 {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func stamps(t *rapid.T) rolecall.Stamps {
	return rolecall.Stamps{CreatedAt: instant(t, "created_at"), UpdatedAt: instant(t, "updated_at")}
}

func validity(t *rapid.T) rolecall.Validity {
	return rolecall.Validity{StartsAt: instant(t, "starts_at"), ExpiresAt: instant(t, "expires_at")}
}

func hidden(t *rapid.T, label string) rolecall.Secret {
	b := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, label)
	if len(b) == 0 {
		return nil
	}
	return b
}

// A world is one record of every kind, two of some, each after those that it
// refers to.
type world []rolecall.Record

// drawWorld draws a world. Ids and unique names differ by chance alone: the
// awkward ones tell apart what only bytes tell apart.
func drawWorld(t *rapid.T) world {
	ids, names := map[string]bool{}, map[string]bool{}
	id := func(label string) string { return newID(t, label, ids) }
	name := func(label string) string {
		n := plain(1, rolecall.MaxNameRunes, 4*rolecall.MaxNameRunes).Filter(func(s string) bool { return !names[s] }).Draw(t, label)
		names[n] = true
		return n
	}
	text := func(label string) string {
		return plain(0, rolecall.MaxTextRunes, 4*rolecall.MaxTextRunes).Draw(t, label)
	}
	flag := func(label string) bool { return rapid.Bool().Draw(t, label) }
	list := func(label string) []string {
		if !flag(label + " present") {
			return nil
		}
		return []string{text(label), text(label)}
	}
	source := rapid.SampledFrom([]rolecall.Source{rolecall.SourceManual, rolecall.SourceSSO, rolecall.SourceImport})
	scope := func(tenant rolecall.TenantID) rolecall.Scope {
		s := rolecall.Scope{Resource: rapid.SampledFrom([]string{"", "doc:7", "Doc:7", "doc:a'b"}).Draw(t, "resource")}
		if flag("in tenant") {
			s.Tenant = tenant
		}
		return s
	}

	api := &rolecall.API{ID: rolecall.APIID(id("api")), Identifier: name("identifier"), Name: name("api name"),
		Description: text("description"), Tokens: rolecall.TokenRules{Lifetime: rapid.IntRange(0, 9).Draw(t, "lifetime"), Enforce: flag("enforce")}, Attributes: object(t, "attributes"), Stamps: stamps(t)}
	permission := &rolecall.Permission{ID: rolecall.PermissionID(id("permission")), API: api.ID, Name: name("permission name"),
		Description: text("description"), Stamps: stamps(t)}
	tenant := &rolecall.Tenant{ID: rolecall.TenantID(id("tenant")), Name: name("tenant name"),
		SSO: rolecall.TenantSSO{Required: flag("sso")}, Attributes: object(t, "attributes"), Stamps: stamps(t)}
	role := func(of rolecall.TenantID) *rolecall.Role {
		return &rolecall.Role{ID: rolecall.RoleID(id("role")), Tenant: of, Name: name("role name"), Description: text("description"),
			Default: flag("default"), Private: flag("private"), Attributes: object(t, "attributes"), Stamps: stamps(t)}
	}
	senior, junior := role(""), role(tenant.ID)
	user := &rolecall.User{ID: rolecall.SubjectID(id("user")), Name: text("name"), Email: text("email"), EmailVerified: flag("email_verified"),
		Phone: text("phone"), PhoneVerified: flag("phone_verified"), Picture: text("picture"), Blocked: flag("blocked"),
		Attributes: object(t, "attributes"), Stamps: stamps(t)}
	client := &rolecall.Client{ID: rolecall.SubjectID(id("client")), Name: name("client name"), Description: text("description"),
		Blocked: flag("blocked"), OAuth: rolecall.OAuth{LoginURI: text("login_uri"), Rotate: flag("rotate"), RedirectURIs: list("redirect_uris")},
		Attributes: object(t, "attributes"), Stamps: stamps(t)}
	group := &rolecall.Group{ID: rolecall.SubjectID(id("group")), Name: name("group name"), Description: text("description"),
		Attributes: object(t, "attributes"), Stamps: stamps(t)}
	invitation := &rolecall.Invitation{ID: rolecall.InvitationID(id("invitation")), Tenant: tenant.ID, Email: text("email"), Client: client.ID,
		Inviter: text("inviter"), Ticket: hidden(t, "ticket"), Proves: flag("proves"), Attributes: object(t, "attributes"), Validity: validity(t), Stamps: stamps(t)}
	constraint := &rolecall.Constraint{ID: rolecall.ConstraintID(id("constraint")), Name: name("constraint name"), Description: text("description"),
		Type: rolecall.Dynamic, Tenant: tenant.ID, MaxAllowed: rapid.IntRange(1, 1000).Draw(t, "max_allowed"), Attributes: object(t, "attributes"), Stamps: stamps(t)}
	session := &rolecall.Session{ID: rolecall.SessionID(id("session")), Subject: user.ID, Tenant: tenant.ID, Validity: validity(t), Stamps: stamps(t)}
	return world{
		api, permission, tenant, senior, junior,
		&rolecall.Inheritance{Senior: senior.ID, Junior: junior.ID},
		&rolecall.Grant{Role: senior.ID, Permission: permission.ID},
		constraint, &rolecall.ConstraintRole{Constraint: constraint.ID, Role: junior.ID},
		user, client, group,
		&rolecall.GroupMember{Group: group.ID, Member: user.ID, Source: source.Draw(t, "source")},
		&rolecall.Membership{Tenant: tenant.ID, Subject: client.ID, Source: source.Draw(t, "source")},
		&rolecall.Assignment{Subject: user.ID, Role: senior.ID, Scope: scope(tenant.ID), Source: source.Draw(t, "source"),
			Validity: validity(t), Reason: text("reason")},
		&rolecall.DirectGrant{Subject: group.ID, Permission: permission.ID, Scope: scope(tenant.ID), Source: source.Draw(t, "source"),
			Validity: validity(t), Reason: text("reason")},
		session, &rolecall.SessionRole{Session: session.ID, Role: junior.ID},
		&rolecall.LoginID{Login: id("login"), Subject: user.ID},
		&rolecall.Credential{ID: rolecall.CredentialID(id("credential")), Subject: user.ID, Type: rolecall.Password, Name: text("name"),
			Hash: hidden(t, "hash"), Temporary: flag("temporary"), Disabled: flag("disabled"), Attributes: object(t, "attributes"),
			Validity: validity(t), Stamps: stamps(t)},
		&rolecall.SigningKey{ID: rolecall.KeyID(id("key")), Algorithm: "ES256", Public: []byte(`{"kty":"EC"}`), Private: hidden(t, "private"),
			Validity: validity(t), Stamps: stamps(t)},
		&rolecall.Setting{Name: id("setting"), Value: []byte(rapid.SampledFrom([]string{`null`, `"x"`, `[1, 2]`, `{"a": {}}`}).Draw(t, "value")),
			Secret: hidden(t, "secret"), Stamps: stamps(t)},
		&rolecall.ClientGrant{ID: rolecall.ClientGrantID(id("client grant")), Client: client.ID, API: api.ID, For: rolecall.ForClient,
			Scope: list("scope"), AllScopes: flag("all_scopes"), AnyTenant: flag("any_tenant"), Attributes: object(t, "attributes"), Stamps: stamps(t)},
		invitation,
		&rolecall.InvitationRole{Invitation: invitation.ID, Role: junior.ID, Tenant: tenant.ID},
	}
}

// rewritten returns a record with w[i]'s key and references, and everything else as in other[i].
func rewritten(w, other world, i int) rolecall.Record {
	switch to := other[i].(type) {
	case *rolecall.API:
		to.ID = w[i].(*rolecall.API).ID
	case *rolecall.Permission:
		from := w[i].(*rolecall.Permission)
		to.ID, to.API = from.ID, from.API
	case *rolecall.Tenant:
		to.ID = w[i].(*rolecall.Tenant).ID
	case *rolecall.Role:
		from := w[i].(*rolecall.Role)
		to.ID, to.Tenant = from.ID, from.Tenant
	case *rolecall.Inheritance:
		*to = *w[i].(*rolecall.Inheritance)
	case *rolecall.Grant:
		*to = *w[i].(*rolecall.Grant)
	case *rolecall.User:
		to.ID = w[i].(*rolecall.User).ID
	case *rolecall.Client:
		to.ID = w[i].(*rolecall.Client).ID
	case *rolecall.Group:
		to.ID = w[i].(*rolecall.Group).ID
	case *rolecall.GroupMember:
		from := w[i].(*rolecall.GroupMember)
		to.Group, to.Member = from.Group, from.Member
	case *rolecall.Membership:
		from := w[i].(*rolecall.Membership)
		to.Tenant, to.Subject = from.Tenant, from.Subject
	case *rolecall.Assignment:
		from := w[i].(*rolecall.Assignment)
		to.Subject, to.Role, to.Scope, to.Source = from.Subject, from.Role, from.Scope, from.Source
	case *rolecall.DirectGrant:
		from := w[i].(*rolecall.DirectGrant)
		to.Subject, to.Permission, to.Scope, to.Source = from.Subject, from.Permission, from.Scope, from.Source
	case *rolecall.LoginID:
		*to = *w[i].(*rolecall.LoginID)
	case *rolecall.Credential:
		from := w[i].(*rolecall.Credential)
		to.ID, to.Subject = from.ID, from.Subject
	case *rolecall.SigningKey:
		to.ID = w[i].(*rolecall.SigningKey).ID
	case *rolecall.Setting:
		to.Name = w[i].(*rolecall.Setting).Name
	case *rolecall.Constraint:
		from := w[i].(*rolecall.Constraint)
		to.ID, to.Tenant = from.ID, from.Tenant
	case *rolecall.ConstraintRole:
		*to = *w[i].(*rolecall.ConstraintRole)
	case *rolecall.Session:
		from := w[i].(*rolecall.Session)
		to.ID, to.Subject, to.Tenant = from.ID, from.Subject, from.Tenant
	case *rolecall.SessionRole:
		*to = *w[i].(*rolecall.SessionRole)
	case *rolecall.ClientGrant:
		from := w[i].(*rolecall.ClientGrant)
		to.ID, to.Client, to.API = from.ID, from.Client, from.API
	case *rolecall.Invitation:
		from := w[i].(*rolecall.Invitation)
		to.ID, to.Tenant, to.Client = from.ID, from.Tenant, from.Client
	case *rolecall.InvitationRole:
		*to = *w[i].(*rolecall.InvitationRole)
	default:
		panic(fmt.Sprintf("no rule for %T", to))
	}
	return other[i]
}
