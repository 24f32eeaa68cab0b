package rolecall

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every table of testdata/decisions is asked of all that answers.
func TestDecisionTables(t *testing.T) {
	for _, table := range readTables(t) {
		t.Run(table.name, func(t *testing.T) {
			w := table.world()
			p := w.policy(1)
			for _, q := range table.questions {
				t.Run(q.line, func(t *testing.T) { q.ask(t, p, w) })
			}
		})
	}
}

func (q tableQuestion) ask(t *testing.T, p *Policy, w world) {
	if got := w.reason(q.Request, q.at); got != q.want {
		t.Errorf("the reference answers %s, want %s", got, q.want)
	}
	allowed := q.want == Granted
	if got, want := p.Decide(q.Request, q.at), (Decision{allowed, q.want, 1}); got != want {
		t.Errorf("Decide answers %+v, want %+v", got, want)
	}
	if plain := (Request{Subject: q.Subject, Permission: q.Permission, Tenant: q.Tenant}); q.Request == plain {
		if got := p.Can(q.Subject, q.Permission, q.Tenant, q.at); got != allowed {
			t.Errorf("Can answers %v, want %v", got, allowed)
		}
	}
	e := p.Explain(q.Request, q.at)
	if e.Allowed != allowed || e.Reason != q.want || (len(e.Paths) > 0) != allowed {
		t.Errorf("Explain answers %+v with %d paths, want %s", e.Decision, len(e.Paths), q.want)
	}
	for _, near := range e.Near {
		if allowed || near.Blocks == "" {
			t.Errorf("Explain has a near path %+v", near)
		}
	}
	if q.Permission == "" {
		return
	}
	if !p.exists(KindGroup, string(q.Subject)) {
		who, _ := p.WhoCan(WhoCanQuery{Permission: q.Permission, API: q.API, Tenant: q.Tenant, Resource: q.Resource, Limit: MaxPage}, q.at)
		if slices.Contains(who, q.Subject) != allowed {
			t.Errorf("WhoCan answers %v, want %s in it: %v", who, q.Subject, allowed)
		}
	}
	what, _ := p.WhatCan(WhatCanQuery{Subject: q.Subject, Tenant: q.Tenant, Resource: q.Resource, Limit: MaxPage}, q.at)
	asked := PermissionRef{q.API, q.Permission}
	if q.API == "" {
		asked.API = string(DefaultAPI)
	}
	if slices.ContainsFunc(what, func(one EffectivePermission) bool { return one.PermissionRef == asked }) != allowed {
		t.Errorf("WhatCan answers %v, want %v in it: %v", what, asked, allowed)
	}
}

// A decisionTable is a file of testdata/decisions: a line for each record, then
// a line for each question with its answer. Words are separated by blanks, and
// # begins a comment.
//
//	tenant acme beta
//	api billing
//	role reader gives post.read invoice.read/billing
//	role writer inherits reader gives post.write
//	role auditor-acme of acme named auditor gives log.read
//	user alice bob
//	client robot
//	blocked mallory
//	group staff named Staff with alice eng
//	member acme alice
//	alice holds reader in acme on doc:1 from 11:00 until 13:00
//	alice may post.read in acme on doc:1 from 11:00 until 13:00
//
//	? alice may post.read in acme on doc:1 at 12:30: yes
//	? alice is reader in acme: no not_granted
//	? alice belongs staff: yes
//	? alice has-any permission in acme: yes
//
// A permission comes to be where it is first named; "name/api" is one of another
// API than the default. Ids are names, and APIs' identifiers, unless a name is
// given. Clock times are of one day; a question is asked at noon unless it says
// otherwise.
type decisionTable struct {
	name      string
	records   []Record
	questions []tableQuestion
	known     map[PermissionID]bool
}

type tableQuestion struct {
	Request
	at   time.Time
	want Reason
	line string
}

func readTables(t *testing.T) []*decisionTable {
	t.Helper()
	files, err := filepath.Glob("testdata/decisions/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	var tables []*decisionTable
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		table := &decisionTable{name: strings.TrimSuffix(filepath.Base(file), ".txt"), known: map[PermissionID]bool{}}
		table.records = append(table.records, &API{ID: DefaultAPI, Identifier: string(DefaultAPI)})
		for i, line := range strings.Split(string(data), "\n") {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if err := table.read(line); err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
		}
		tables = append(tables, table)
	}
	return tables
}

// world returns a world of the table's records.
func (table *decisionTable) world() world {
	w := newWorld()
	for _, r := range table.records {
		w.apply(nil, r)
	}
	return w
}

func (table *decisionTable) add(records ...Record) { table.records = append(table.records, records...) }

// permission returns the id of a permission as tables name it, adding it at first.
func (table *decisionTable) permission(word string) PermissionID {
	if id := PermissionID(word); !table.known[id] {
		table.known[id] = true
		name, api, _ := strings.Cut(word, "/")
		if api == "" {
			api = string(DefaultAPI)
		}
		table.add(&Permission{ID: id, API: APIID(api), Name: name})
	}
	return PermissionID(word)
}

// clauses splits words at the given words: those before the first, and those after each.
func clauses(words []string, at ...string) (before []string, after map[string][]string) {
	after = map[string][]string{}
	in := ""
	for _, word := range words {
		switch {
		case slices.Contains(at, word):
			in = word
		case in == "":
			before = append(before, word)
		default:
			after[in] = append(after[in], word)
		}
	}
	return before, after
}

func phrase(words []string) string { return strings.Join(words, " ") }

func (table *decisionTable) read(line string) error {
	words := strings.Fields(line)
	if words[0] == "?" {
		return table.question(line)
	}
	if len(words) < 2 {
		return fmt.Errorf("a statement has at least two words: %q", line)
	}
	first, rest := words[0], words[1:]
	switch first {
	case "tenant":
		for _, id := range rest {
			table.add(&Tenant{ID: TenantID(id)})
		}
	case "api":
		for _, id := range rest {
			table.add(&API{ID: APIID(id), Identifier: id})
		}
	case "user", "blocked":
		for _, id := range rest {
			table.add(&User{ID: SubjectID(id), Blocked: first == "blocked"})
		}
	case "client":
		for _, id := range rest {
			table.add(&Client{ID: SubjectID(id)})
		}
	case "member":
		for _, id := range rest[1:] {
			table.add(&Membership{Tenant: TenantID(rest[0]), Subject: SubjectID(id)})
		}
	case "role":
		_, more := clauses(rest[1:], "of", "named", "inherits", "gives")
		r := &Role{ID: RoleID(rest[0]), Tenant: TenantID(phrase(more["of"])), Name: phrase(more["named"])}
		if r.Name == "" {
			r.Name = rest[0]
		}
		table.add(r)
		for _, junior := range more["inherits"] {
			table.add(&Inheritance{r.ID, RoleID(junior)})
		}
		for _, word := range more["gives"] {
			table.add(&Grant{r.ID, table.permission(word)})
		}
	case "group":
		_, more := clauses(rest[1:], "named", "with")
		g := &Group{ID: SubjectID(rest[0]), Name: phrase(more["named"])}
		if g.Name == "" {
			g.Name = rest[0]
		}
		table.add(g)
		for _, member := range more["with"] {
			table.add(&GroupMember{Group: g.ID, Member: SubjectID(member)})
		}
	default:
		what, where := clauses(rest[1:], "in", "on", "from", "until")
		scope := Scope{TenantID(phrase(where["in"])), phrase(where["on"])}
		validity := Validity{clock(where["from"]), clock(where["until"])}
		switch rest[0] {
		case "holds":
			table.add(&Assignment{Subject: SubjectID(first), Role: RoleID(phrase(what)), Scope: scope, Validity: validity})
		case "may":
			table.add(&DirectGrant{Subject: SubjectID(first), Permission: table.permission(phrase(what)), Scope: scope, Validity: validity})
		default:
			return fmt.Errorf("neither a statement nor a question: %q", line)
		}
	}
	return nil
}

func (table *decisionTable) question(line string) error {
	at := strings.LastIndex(line, ": ")
	if at < 0 {
		return fmt.Errorf("a question ends with a colon, a blank and an answer: %q", line)
	}
	words, answer := strings.Fields(line[1:at]), strings.Fields(line[at+1:])
	q := tableQuestion{line: line, at: noon, want: Granted}
	switch {
	case len(answer) == 2 && answer[0] == "no":
		q.want = Reason(answer[1])
	case len(answer) != 1 || answer[0] != "yes":
		return fmt.Errorf(`an answer is "yes" or "no" and a reason: %q`, line)
	}
	if len(words) < 3 {
		return fmt.Errorf("a question has at least three words: %q", line)
	}
	what, where := clauses(words[2:], "in", "on", "at")
	q.Subject, q.Tenant, q.Resource = SubjectID(words[0]), TenantID(phrase(where["in"])), phrase(where["on"])
	if len(where["at"]) > 0 {
		q.at = clock(where["at"])
	}
	switch words[1] {
	case "may":
		q.Permission, q.API, _ = strings.Cut(phrase(what), "/")
	case "is":
		q.Role = phrase(what)
	case "belongs":
		q.Group = phrase(what)
	case "has-any":
		q.Any = Kind(phrase(what))
	default:
		return fmt.Errorf("a question asks may, is, belongs or has-any: %q", line)
	}
	table.questions = append(table.questions, q)
	return nil
}

// clock returns a time of the day that tables are about, zero for none.
func clock(words []string) time.Time {
	if len(words) == 0 {
		return time.Time{}
	}
	t, err := time.Parse("15:04", words[0])
	if err != nil {
		panic(err)
	}
	return noon.Truncate(24 * time.Hour).Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}
