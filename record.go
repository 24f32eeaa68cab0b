package rolecall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A Kind names a sort of record, as the journal and the API spell it.
type Kind string

const (
	KindAPI         Kind = "api"
	KindPermission  Kind = "permission"
	KindRole        Kind = "role"
	KindInheritance Kind = "inheritance"
	KindGrant       Kind = "grant"
	KindTenant      Kind = "tenant"
	KindUser        Kind = "user"
	KindClient      Kind = "client"
	KindGroup       Kind = "group"
	KindGroupMember Kind = "group_member"
	KindMembership  Kind = "membership"
	KindAssignment  Kind = "assignment"
	KindDirectGrant Kind = "direct_grant"
	KindLoginID     Kind = "login_id"
	KindCredential  Kind = "credential"
	KindSigningKey  Kind = "signing_key"
	KindSetting     Kind = "setting"
	KindClientGrant Kind = "client_grant"
	KindInvitation  Kind = "invitation"

	KindInvitationRole Kind = "invitation_role"
	KindConstraint     Kind = "constraint"
	KindConstraintRole Kind = "constraint_role"
	KindSession        Kind = "session"
	KindSessionRole    Kind = "session_role"

	// kindSubject stands, in references only, for whichever of user, client
	// and group has the id.
	kindSubject Kind = "subject"
)

// Kinds lists every kind, each after the kinds that it refers to: records
// loaded in this order find what they refer to.
var Kinds = []Kind{
	KindAPI, KindPermission, KindTenant, KindRole, KindInheritance, KindGrant, KindConstraint, KindConstraintRole,
	KindUser, KindClient, KindGroup, KindGroupMember, KindMembership, KindAssignment, KindDirectGrant,
	KindSession, KindSessionRole,
	KindLoginID, KindCredential, KindSigningKey, KindSetting, KindClientGrant, KindInvitation, KindInvitationRole,
}

// A Record is one row of a project's state: a pointer to one of this package's
// types. Its JSON form is what the journal keeps; secrets are left out of it.
type Record interface {
	Kind() Kind
	// Key identifies the record among its kind: an id, or the parts of a tuple
	// joined by tabs, which neither ids nor names may contain.
	Key() string

	// check puts the record's fields in their normal form and refuses what
	// breaks a rule that the record alone can show.
	check() error
	// refs lists the records that must exist for this one to exist.
	refs() []ref
}

// A ref is one record's reference to another, by the field that makes it.
type ref struct {
	field string // as in JSON
	kind  Kind
	id    string
}

// references adds a ref for each id that is not empty.
func references(all ...ref) []ref {
	kept := all[:0]
	for _, r := range all {
		if r.id != "" {
			kept = append(kept, r)
		}
	}
	return kept
}

// NewRecord returns an empty record of kind k, or nil if there is no such kind.
func NewRecord(k Kind) Record {
	switch k {
	case KindAPI:
		return new(API)
	case KindPermission:
		return new(Permission)
	case KindRole:
		return new(Role)
	case KindInheritance:
		return new(Inheritance)
	case KindGrant:
		return new(Grant)
	case KindTenant:
		return new(Tenant)
	case KindUser:
		return new(User)
	case KindClient:
		return new(Client)
	case KindGroup:
		return new(Group)
	case KindGroupMember:
		return new(GroupMember)
	case KindMembership:
		return new(Membership)
	case KindAssignment:
		return new(Assignment)
	case KindDirectGrant:
		return new(DirectGrant)
	case KindLoginID:
		return new(LoginID)
	case KindCredential:
		return new(Credential)
	case KindSigningKey:
		return new(SigningKey)
	case KindSetting:
		return new(Setting)
	case KindClientGrant:
		return new(ClientGrant)
	case KindInvitation:
		return new(Invitation)
	case KindInvitationRole:
		return new(InvitationRole)
	case KindConstraint:
		return new(Constraint)
	case KindConstraintRole:
		return new(ConstraintRole)
	case KindSession:
		return new(Session)
	case KindSessionRole:
		return new(SessionRole)
	}
	return nil
}

// decodeRecord reads the journal's form of a record. What it does not know, because
// a newer program wrote it, may narrow what is allowed, and is an error.
func decodeRecord(k Kind, data json.RawMessage) (Record, error) {
	if len(data) == 0 {
		return nil, nil
	}
	r := NewRecord(k)
	if r == nil {
		return nil, fmt.Errorf("unknown kind %q: %w", k, ErrCorrupt)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("%s: %v: %w", k, err, ErrCorrupt)
	}
	return r, nil
}

// Normal returns a copy of r in the form that it is stored in, or what is wrong
// with r alone.
func Normal(r Record) (Record, error) {
	c := clone(r)
	return c, c.check()
}

// key joins the parts of a tuple.
func key[T ~string](first T, rest ...string) string {
	return strings.Join(append([]string{string(first)}, rest...), "\t")
}

// Stamps says when a record was made and last changed. Write sets both.
type Stamps struct {
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

func (s *Stamps) stamps() *Stamps { return s }

// stamped is a record that embeds Stamps.
type stamped interface{ stamps() *Stamps }

// Attributes is a JSON object that Rolecall keeps and does not read: what an
// application or a vendor's API stores beside a record. Empty means {}.
type Attributes = json.RawMessage

func checkAttributes(a *Attributes) error {
	if len(*a) == 0 || string(*a) == "null" {
		*a = nil
		return nil
	}
	if len(*a) > MaxAttributesBytes {
		return invalid("attributes", "must be at most %d bytes", MaxAttributesBytes)
	}
	var object map[string]json.RawMessage
	if !isJSON(*a) || json.Unmarshal(*a, &object) != nil {
		return invalid("attributes", "must be a JSON object")
	}
	if len(object) == 0 {
		*a = nil
		return nil
	}
	compact, err := json.Marshal(object) // one form, whatever the spacing and order that came
	if err != nil {
		return invalid("attributes", "must be a JSON object")
	}
	*a = compact
	return nil
}

// isJSON reports whether text is JSON in UTF-8, which encoding/json does not ask of strings.
func isJSON(text []byte) bool { return utf8.Valid(text) && json.Valid(text) }

// A Secret is stored and never shown: not in JSON, so not in the journal, and
// not by fmt or slog.
type Secret []byte

func (Secret) String() string               { return "[secret]" }
func (Secret) GoString() string             { return "[secret]" }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`null`), nil }
func (*Secret) UnmarshalJSON([]byte) error  { return nil }
