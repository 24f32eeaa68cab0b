package rolecall

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var madeParts = []Part{{}, {Tenant: "a"}, {API: "https://a"}, {Tenant: "b", API: "https://b"}}

// feedOf returns a feed of a policy, as a Service would give it.
func feedOf(p *Policy, part Part) *Feed {
	at := Position{Project: "P", Revision: p.Revision(), Mark: Hash{byte(p.Revision())}}
	return &Feed{s: &Service{clock: noonClock}, part: part, at: at, p: p}
}

// copyOf returns a mirror that was written and read, or nil if the part is of nothing.
func copyOf(t *rapid.T, p *Policy, part Part) *Mirror {
	var text bytes.Buffer
	switch err := feedOf(p, part).WriteSnapshot(&text); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		t.Fatal(err)
	}
	m, err := ReadSnapshot(&text, part)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// contents lists what v sees of p.
func contents(p *Policy, part Part) (lines []string) {
	v, err := p.sight(part)
	if err != nil {
		return nil
	}
	p.records(v, func(r Record) error {
		text, _ := json.Marshal(strip(r))
		lines = append(lines, string(r.Kind())+" "+string(text))
		return nil
	})
	slices.Sort(lines)
	return lines
}

// TestMirrorsFollow: whatever happens, a copy that was made once and followed
// holds what a copy made now would, and answers what it may answer as the
// reference model does.
func TestMirrorsFollow(t *testing.T) {
	var followed, anew int
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.apply(nil, &API{ID: DefaultAPI, Identifier: "https://default", Name: "api"})
		for range 60 {
			for _, c := range drawProperChange(t, w, false) {
				w.apply(c.Before, c.After)
			}
		}
		p := w.policy(1)
		mirrors := make([]*Mirror, len(madeParts))
		for i, part := range madeParts {
			mirrors[i] = copyOf(t, p, part)
		}
		for range rapid.IntRange(1, 12).Draw(t, "writes") {
			var changes []Change
			e := p.edit()
			for range rapid.IntRange(1, 6).Draw(t, "changes") {
				for _, c := range drawProperChange(t, w, true) {
					w.apply(c.Before, c.After)
					e.apply(c.Before, c.After)
					if c, ok := kept(c); ok {
						changes = append(changes, c)
					}
				}
			}
			before := p
			p = e.done(before.Revision() + 1)
			for i, part := range madeParts {
				if mirrors[i] == nil {
					mirrors[i] = copyOf(t, p, part)
					continue
				}
				d := &Delta{From: before.Revision(), Revision: p.Revision(), Prev: Hash{byte(before.Revision())}, Mark: Hash{byte(p.Revision())}}
				old, err := before.sight(part)
				if err != nil {
					t.Fatal(err)
				}
				now, err := p.sight(part)
				ok := err == nil
				if ok {
					d.Changes, ok = between(old, now, changes)
				}
				if !ok {
					anew++
					mirrors[i] = copyOf(t, p, part)
					continue
				}
				followed++
				if err := mirrors[i].Follow(sent(t, d)); err != nil {
					t.Fatalf("%+v: %v", part, err)
				}
				if diff := cmp.Diff(contents(p, part), contents(mirrors[i].Policy(), Part{})); diff != "" {
					t.Fatalf("a copy of %+v (-what it should hold +what it holds):\n%s", part, diff)
				}
			}
			for range 30 {
				q := drawRequest(t)
				want := w.reason(q, noon)
				for i, part := range madeParts {
					if mirrors[i] == nil || part.Answers(q) != nil {
						continue
					}
					got := mirrors[i].Policy().Decide(q, noon)
					if got.Allowed != (want == Granted) || got.Reason != want && (part == Part{} || got.Allowed) {
						t.Fatalf("a copy of %+v says %+v to %+v, want %s", part, got, q, want)
					}
				}
			}
		}
	})
	if followed < anew {
		t.Errorf("%d copies followed and %d were made anew, want most to follow", followed, anew)
	}
}

// sent returns d as it arrives.
func sent(t *rapid.T, d *Delta) *Delta {
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	arrived := new(Delta)
	if err := json.Unmarshal(text, arrived); err != nil {
		t.Fatal(err)
	}
	return arrived
}

// TestPartsShowNoMore: a copy of a part names nothing that only others have.
func TestPartsShowNoMore(t *testing.T) {
	w := newWorld()
	for _, r := range []Record{
		&API{ID: "default", Identifier: "default"}, &API{ID: "shop", Identifier: "https://shop"},
		&Permission{ID: "buy", API: "shop", Name: "buy"}, &Permission{ID: "write", API: "default", Name: "write"},
		&Tenant{ID: "acme"}, &Tenant{ID: "globex"},
		&Role{ID: "buyer", Name: "Buyer"}, &Role{ID: "writer", Name: "Writer"}, &Role{ID: "globex-role", Tenant: "globex", Name: "Secret Project"},
		&Role{ID: "boss", Name: "Boss"}, &Inheritance{"boss", "buyer"}, &Inheritance{"boss", "writer"},
		&Grant{"buyer", "buy"}, &Grant{"writer", "write"}, &Grant{"globex-role", "buy"},
		&User{ID: "alice"}, &User{ID: "bob"}, &User{ID: "carol"}, &User{ID: "dave"}, &User{ID: "erin"},
		&Group{ID: "staff", Name: "Staff"}, &Group{ID: "spies", Name: "Spies"},
		&GroupMember{"staff", "carol", SourceManual}, &GroupMember{"spies", "dave", SourceManual},
		&Membership{"globex", "bob", SourceManual},
		&Assignment{Subject: "alice", Role: "writer", Scope: Scope{Tenant: "acme"}},
		&Assignment{Subject: "bob", Role: "globex-role", Scope: Scope{Tenant: "globex"}},
		&Assignment{Subject: "staff", Role: "boss"},
		&Assignment{Subject: "spies", Role: "writer", Scope: Scope{Tenant: "globex"}},
		&DirectGrant{Subject: "dave", Permission: "buy", Scope: Scope{Tenant: "globex", Resource: "cart:7"}},
	} {
		w.apply(nil, r)
	}
	p := w.policy(7)
	for _, tt := range []struct {
		part     Part
		has, not []string
	}{
		{Part{}, []string{"alice", "bob", "carol", "dave", "erin", "globex", "Secret", "cart:7", "Spies"}, nil},
		{Part{Tenant: "acme"},
			[]string{"alice", "carol", "Staff", "Boss", "buy", "write"},
			[]string{"bob", "dave", "erin", "globex", "Secret", "cart:7", "Spies"}},
		{Part{API: "https://shop"},
			[]string{"carol", "Staff", "Boss", "bob", "dave", "cart:7", "acme", "globex"},
			[]string{"alice", "erin", "Writer", `"write"`, "Spies", "membership"}},
		{Part{Tenant: "acme", API: "https://shop"},
			[]string{"carol", "Boss", "Buyer"},
			[]string{"alice", "bob", "dave", "erin", "globex", "Writer", `"write"`, "Spies"}},
	} {
		var text bytes.Buffer
		if err := feedOf(p, tt.part).WriteSnapshot(&text); err != nil {
			t.Fatal(err)
		}
		for _, word := range tt.has {
			if !strings.Contains(text.String(), word) {
				t.Errorf("a copy of %+v lacks %s:\n%s", tt.part, word, &text)
			}
		}
		for _, word := range tt.not {
			if strings.Contains(text.String(), word) {
				t.Errorf("a copy of %+v shows %s:\n%s", tt.part, word, &text)
			}
		}
	}
}

// TestPartsAnswerNoMore: questions that are not of a part are refused.
func TestPartsAnswerNoMore(t *testing.T) {
	for _, tt := range []struct {
		part Part
		req  Request
		ok   bool
	}{
		{Part{}, Request{Subject: "a", Any: KindUser}, true},
		{Part{Tenant: "acme"}, Request{Subject: "a", Permission: "p", Tenant: "acme"}, true},
		{Part{Tenant: "acme"}, Request{Subject: "a", Permission: "p", API: "https://shop", Tenant: "acme"}, true},
		{Part{Tenant: "acme"}, Request{Subject: "a", Role: "r", Tenant: "acme"}, true},
		{Part{Tenant: "acme"}, Request{Subject: "a", Any: KindRole, Tenant: "acme"}, true},
		{Part{Tenant: "acme"}, Request{Subject: "a", Permission: "p"}, false},
		{Part{Tenant: "acme"}, Request{Subject: "a", Permission: "p", Tenant: "globex"}, false},
		{Part{Tenant: "acme"}, Request{Subject: "a", Group: "g", Tenant: "acme"}, false},
		{Part{Tenant: "acme"}, Request{Subject: "a", Any: KindUser, Tenant: "acme"}, false},
		{Part{API: "https://shop"}, Request{Subject: "a", Permission: "p", API: "https://shop"}, true},
		{Part{API: "https://shop"}, Request{Subject: "a", Permission: "p", API: "https://shop", Tenant: "acme"}, true},
		{Part{API: "https://shop"}, Request{Subject: "a", Permission: "p"}, false},
		{Part{API: "https://shop"}, Request{Subject: "a", Role: "r"}, false},
		{Part{API: "https://shop"}, Request{Subject: "a", Any: KindPermission}, false},
		{Part{API: "default"}, Request{Subject: "a", Permission: "p"}, true},
		{Part{API: "default"}, Request{Subject: "a", Permission: "p", API: "https://shop"}, false},
		{Part{Tenant: "acme", API: "default"}, Request{Subject: "a", Permission: "p", Tenant: "acme"}, true},
		{Part{Tenant: "acme", API: "default"}, Request{Subject: "a", Permission: "p"}, false},
	} {
		if err := tt.part.Answers(tt.req); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrForbidden) {
			t.Errorf("%+v.Answers(%+v) = %v, want ok %v", tt.part, tt.req, err, tt.ok)
		}
	}
}

// TestSnapshotsVerify: one that is not whole, not in order or altered makes no mirror.
func TestSnapshotsVerify(t *testing.T) {
	w := newWorld()
	for _, r := range []Record{
		&API{ID: "default", Identifier: "default"}, &Permission{ID: "p", API: "default", Name: "p"},
		&Role{ID: "r", Name: "R"}, &Role{ID: "s", Name: "S"}, &Inheritance{"r", "s"}, &Grant{"r", "p"},
		&User{ID: "alice"}, &User{ID: "bob", Blocked: true}, &Assignment{Subject: "alice", Role: "r"},
	} {
		w.apply(nil, r)
	}
	var text bytes.Buffer
	if err := feedOf(w.policy(3), Part{}).WriteSnapshot(&text); err != nil {
		t.Fatal(err)
	}
	good := text.String()
	lines := strings.SplitAfter(strings.TrimSuffix(good, "\n"), "\n")
	line := func(kind string) string {
		return lines[slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, `"kind":"`+kind+`"`) })]
	}
	resealed := func(text string) string { // as somebody could who knows how
		body, _, _ := strings.Cut(text, `{"end":`)
		sum := sumOf(body)
		return body + fmt.Sprintf(`{"end":true,"records":%d,"sha256":"%s"}`+"\n", strings.Count(body, "\n")-1, sum)
	}
	if m, err := ReadSnapshot(strings.NewReader(resealed(good)), Part{}); err != nil || m.At().Revision != 3 {
		t.Fatalf("the snapshot itself: %v", err)
	}
	for name, bad := range map[string]string{
		"nothing":                "",
		"no end":                 strings.Join(lines[:len(lines)-1], ""),
		"half a line":            good[:len(good)/2],
		"half of its last line":  good[:len(good)-10],
		"a record less":          strings.Replace(good, line("assignment"), "", 1),
		"a record twice":         strings.Replace(good, line("assignment"), line("assignment")+line("assignment"), 1),
		"two in another order":   strings.Replace(strings.Replace(good, line("grant"), "", 1), line("assignment"), line("assignment")+line("grant"), 1),
		"somebody unblocked":     strings.Replace(good, `,"blocked":true`, "", 1),
		"another revision":       strings.Replace(good, `"revision":3`, `"revision":4`, 1),
		"something after it":     good + "{}\n",
		"another format":         resealed(strings.Replace(good, `"format":1`, `"format":2`, 1)),
		"of another part":        resealed(strings.Replace(good, `"part":{}`, `"part":{"tenant":"acme"}`, 1)),
		"what is not there":      resealed(strings.Replace(good, line("grant"), "", 1) + ""),
		"an unknown kind":        resealed(strings.Replace(good, `"kind":"user"`, `"kind":"password"`, 1)),
		"no id":                  resealed(strings.Replace(good, `"id":"alice"`, `"id":""`, 1)),
		"a user twice":           resealed(strings.Replace(good, line("user"), line("user")+line("user"), 1)),
		"a cycle":                resealed(strings.Replace(good, line("inheritance"), line("inheritance")+`{"kind":"inheritance","record":{"senior":"s","junior":"r"}}`+"\n", 1)),
		"its own senior":         resealed(strings.Replace(good, line("inheritance"), `{"kind":"inheritance","record":{"senior":"s","junior":"s"}}`+"\n", 1)),
		"a reference to nothing": resealed(strings.Replace(good, line("grant"), `{"kind":"grant","record":{"role":"x","permission":"p"}}`+"\n", 1)),
	} {
		m, err := ReadSnapshot(strings.NewReader(bad), Part{})
		if name == "what is not there" { // whole, if smaller: this only shows that resealing works
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, ErrCorrupt) || m != nil {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

// TestMirrorsRefuse: a change that does not begin where the mirror is, or does
// not fit, leaves it as it is.
func TestMirrorsRefuse(t *testing.T) {
	w := newWorld()
	for _, r := range []Record{&User{ID: "alice"}, &Group{ID: "g", Name: "g"}, &Group{ID: "h", Name: "h"}, &GroupMember{"g", "h", SourceManual}} {
		w.apply(nil, r)
	}
	var text bytes.Buffer
	if err := feedOf(w.policy(3), Part{}).WriteSnapshot(&text); err != nil {
		t.Fatal(err)
	}
	m, err := ReadSnapshot(&text, Part{})
	if err != nil {
		t.Fatal(err)
	}
	here, before := m.At(), contents(m.Policy(), Part{})
	bob := Change{nil, &User{ID: "bob"}}
	for name, tt := range map[string]struct {
		d    *Delta
		want error
	}{
		"one that comes too early":     {&Delta{From: 4, Revision: 5, Prev: here.Mark}, ErrGap},
		"one that was there":           {&Delta{From: 2, Revision: 3, Prev: here.Mark}, ErrGap},
		"of another history":           {&Delta{From: 3, Revision: 4, Prev: Hash{9}}, ErrGap},
		"one that leads back":          {&Delta{From: 3, Revision: 3, Prev: here.Mark}, ErrCorrupt},
		"who is there already":         {&Delta{From: 3, Revision: 4, Prev: here.Mark, Changes: []Change{bob, {nil, &User{ID: "alice"}}}}, ErrCorrupt},
		"who is not there":             {&Delta{From: 3, Revision: 4, Prev: here.Mark, Changes: []Change{bob, {&User{ID: "carol"}, nil}}}, ErrCorrupt},
		"what nobody holds":            {&Delta{From: 3, Revision: 4, Prev: here.Mark, Changes: []Change{bob, {&Membership{Tenant: "t", Subject: "bob"}, nil}}}, ErrCorrupt},
		"a group in itself":            {&Delta{From: 3, Revision: 4, Prev: here.Mark, Changes: []Change{bob, {nil, &GroupMember{Group: "g", Member: "g"}}}}, ErrCorrupt},
		"a group in one that it holds": {&Delta{From: 3, Revision: 4, Prev: here.Mark, Changes: []Change{bob, {nil, &GroupMember{Group: "h", Member: "g"}}}}, ErrCorrupt},
	} {
		if err := m.Follow(tt.d); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if m.At() != here || !slices.Equal(contents(m.Policy(), Part{}), before) {
			t.Errorf("%s moved the mirror", name)
		}
	}
	if err := m.Follow(&Delta{From: 3, Revision: 4, Prev: here.Mark, Changes: []Change{bob}}); err != nil || m.At().Revision != 4 {
		t.Errorf("one that fits: %v", err)
	}
}

func noonClock() time.Time { return noon }

func sumOf(text string) Hash { return sha256.Sum256([]byte(text)) }

// drawProperChange draws a change after which tenants' roles stay in their
// tenants, as the Service sees to: no copy of another tenant holds them.
func drawProperChange(t *rapid.T, w world, deletes bool) []Change {
	changes := drawChange(t, w, deletes)
	of := func(id RoleID) TenantID { return w[KindRole][string(id)].(*Role).Tenant }
	for _, c := range changes {
		switch r := c.After.(type) {
		case *Assignment:
			if home := of(r.Role); home != "" && home != r.Tenant {
				return nil
			}
		case *Inheritance:
			if home := of(r.Junior); home != "" && home != of(r.Senior) {
				return nil
			}
		}
	}
	return changes
}
