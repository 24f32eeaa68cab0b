package rolecall

import (
	"strings"
	"time"
)

// A Scope says where an assignment or a direct grant counts. The zero Scope is
// everywhere: every tenant, and no tenant.
type Scope struct {
	Tenant   TenantID `json:"tenant,omitempty"`   // this tenant only
	Resource string   `json:"resource,omitempty"` // this "type:id" only
}

// String reads as the end of a sentence: `in tenant "acme" on "doc:7"`.
func (s Scope) String() string {
	where := "everywhere"
	if s.Tenant != "" {
		where = `in tenant "` + string(s.Tenant) + `"`
	}
	if s.Resource != "" {
		where += ` on "` + s.Resource + `"`
	}
	return where
}

// Covers reports whether what is held in s counts for a question in asked.
func (s Scope) Covers(asked Scope) bool {
	return (s.Tenant == "" || s.Tenant == asked.Tenant) && (s.Resource == "" || s.Resource == asked.Resource)
}

// wider returns the scopes that cover s, each once: at most four.
func (s Scope) wider() []Scope {
	all := []Scope{{}}
	if s.Tenant != "" {
		all = append(all, Scope{Tenant: s.Tenant})
	}
	if s.Resource != "" {
		all = append(all, Scope{Resource: s.Resource})
	}
	if s.Tenant != "" && s.Resource != "" {
		all = append(all, s)
	}
	return all
}

func (s Scope) check() error {
	if s.Resource == "" {
		return nil
	}
	kind, id, ok := strings.Cut(s.Resource, ":")
	switch {
	case !ok || kind == "" || id == "":
		return invalid("resource", "must have the form type:id")
	case len(s.Resource) > MaxResourceBytes:
		return invalid("resource", "must be at most %d bytes", MaxResourceBytes)
	}
	return checkPlain("resource", s.Resource)
}

// A Validity says when something counts: from StartsAt until just before
// ExpiresAt. A zero time is no bound. It is looked at when a decision is made,
// never by a job. Times are UTC, in whole milliseconds.
type Validity struct {
	StartsAt  time.Time `json:"starts_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// At reports whether v counts at now.
func (v Validity) At(now time.Time) bool {
	return (v.StartsAt.IsZero() || !now.Before(v.StartsAt)) && (v.ExpiresAt.IsZero() || now.Before(v.ExpiresAt))
}

func (v *Validity) normalize() {
	v.StartsAt, v.ExpiresAt = milliseconds(v.StartsAt), milliseconds(v.ExpiresAt)
}

func (v Validity) check() error {
	if err := firstError(checkYear("starts_at", v.StartsAt), checkYear("expires_at", v.ExpiresAt)); err != nil {
		return err
	}
	if !v.StartsAt.IsZero() && !v.ExpiresAt.IsZero() && !v.StartsAt.Before(v.ExpiresAt) {
		return invalid("expires_at", "must be after starts_at")
	}
	return nil
}

// checkYear refuses a time that the journal can't write: RFC 3339 section 1.
func checkYear(field string, t time.Time) error {
	if y := t.Year(); y < 0 || y > 9999 {
		return invalid(field, "must be in the years 0 to 9999")
	}
	return nil
}

// milliseconds gives a time the precision and zone that the store keeps.
func milliseconds(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// A Source says what made a record. A sync touches only records of its own source.
type Source string

const (
	SourceManual     Source = "manual" // the zero Source means this
	SourceSSO        Source = "sso"
	SourceSCIM       Source = "scim"
	SourceCode       Source = "code"
	SourceImport     Source = "import"
	SourceInvitation Source = "invitation"
	SourceDefault    Source = "default"
	SourceGrant      Source = "client_grant" // what a ClientGrant of another system's form was translated to
)

func (s *Source) normalize() {
	if *s == "" {
		*s = SourceManual
	}
}

func (s Source) check() error {
	switch s {
	case SourceManual, SourceSSO, SourceSCIM, SourceCode, SourceImport, SourceInvitation, SourceDefault, SourceGrant:
		return nil
	}
	return invalid("source", "must be one of manual, sso, scim, code, import, invitation, default, client_grant")
}
