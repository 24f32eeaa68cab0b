package authzen

import (
	"fmt"
	"testing"

	"github.com/rolecall/rolecall"
)

// A profile is read once for all requests at a revision, and anew after it.
func TestAProfileIsReadOnceForARevision(t *testing.T) {
	p := newPDP(t)
	s := &profiles{rc: p.rc}
	get := func(tenant rolecall.TenantID, at rolecall.Revision) *profile {
		t.Helper()
		got, err := s.get(t.Context(), tenant, at)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	set := func(separator string) rolecall.Revision {
		p.add(&rolecall.Setting{Name: door, Value: fmt.Appendf(nil, `{"permission":"{type}%s{action}"}`, separator)})
		return p.rc.Revision()
	}
	old := set(".")
	first := get("", old)
	if get("", old) != first {
		t.Error("a profile is read again at the same revision")
	}
	fresh := set("/")
	second := get("", fresh)
	if second == first || second.spelling.separator != "/" {
		t.Errorf("after a write the separator is %q, want /", second.spelling.separator)
	}

	// What a request read that began before the write is not kept for those after it.
	get("acme", old)
	if s.of["acme"] != nil {
		t.Error("what was read at a revision is kept for a later one")
	}
	if get("", old) != second || s.at != fresh {
		t.Error("an older request takes back what a newer one read")
	}
}

func TestProfilesThatAreKeptAreBounded(t *testing.T) {
	p := newPDP(t)
	at := p.rc.Revision()
	s := &profiles{rc: p.rc, at: at, of: map[rolecall.TenantID]*profile{}}
	for n := range maxProfiles - 1 {
		s.of[rolecall.TenantID(fmt.Sprint("t", n))] = new(profile)
	}
	for _, tenant := range []rolecall.TenantID{"last", "nobody", "nowhere"} {
		if _, err := s.get(t.Context(), tenant, at); err != nil {
			t.Fatal(err)
		}
	}
	if s.of["last"] == nil || len(s.of) != maxProfiles {
		t.Errorf("%d profiles are kept, want %d", len(s.of), maxProfiles)
	}
}
