package authzen

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
)

// archive is a project in which a hundred readers may read a hundred records,
// and the first of them may do a hundred things to each.
func archive(more ...rolecall.Record) []rolecall.Record {
	all := []rolecall.Record{&rolecall.Role{ID: "reader", Name: "Reader"}, &rolecall.Role{ID: "all", Name: "All"}}
	for i := range 100 {
		permission := rolecall.PermissionID(fmt.Sprintf("record:do%02d", i))
		all = append(all,
			&rolecall.Permission{ID: permission, Name: string(permission)},
			&rolecall.Permission{ID: "other:" + permission, Name: "other:" + string(permission)},
			&rolecall.Grant{Role: "all", Permission: permission},
			&rolecall.Grant{Role: "all", Permission: "other:" + permission})
	}
	all = append(all, &rolecall.Grant{Role: "reader", Permission: "record:do00"})
	for i := range 100 {
		id := rolecall.SubjectID(fmt.Sprintf("u%02d", i))
		all = append(all, &rolecall.User{ID: id}, &rolecall.Client{ID: "c" + id, Name: string(id)},
			&rolecall.Assignment{Subject: id, Role: "reader"},
			&rolecall.Assignment{Subject: id, Role: "reader", Scope: rolecall.Scope{Resource: fmt.Sprintf("record:r%02d", i)}},
			&rolecall.Assignment{Subject: "c" + id, Role: "reader"})
	}
	return append(append(all, &rolecall.Assignment{Subject: "u00", Role: "all"}), more...)
}

type searched struct {
	Page *struct {
		NextToken *string `json:"next_token"`
		Count     int
	}
	Results []map[string]string
}

func TestPages(t *testing.T) {
	var listed []entity
	for i := range 100 {
		listed = append(listed, entity{"record", fmt.Sprintf("r%02d", 99-i)})
	}
	open, closed := newPDP(t, archive()...), newPDP(t, archive(listing(t, listed...))...)
	for _, tt := range []struct {
		name, path, query, key string
		p                      *pdp
	}{
		{"subjects", pathSubjectSearch, `"subject":{"type":"user"},"action":{"name":"do00"},"resource":{"type":"record","id":"r07"}`, "id", open},
		{"resources that are known", pathResourceSearch, `"subject":{"type":"user","id":"u00"},"action":{"name":"do00"},"resource":{"type":"record"}`, "id", open},
		{"resources that are listed", pathResourceSearch, `"subject":{"type":"user","id":"u00"},"action":{"name":"do00"},"resource":{"type":"record"}`, "id", closed},
		{"actions", pathActionSearch, `"subject":{"type":"user","id":"u00"},"resource":{"type":"record","id":"r07"}`, "name", open},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.p.in(t)
			search := func(page string) searched {
				return decode[searched](t, p.ask(tt.path, `{`+tt.query+page+`}`))
			}
			keys := func(results []map[string]string) (all []string) {
				for _, r := range results {
					all = append(all, r[tt.key])
				}
				return all
			}
			whole := search("")
			if whole.Page != nil || len(whole.Results) != 100 {
				t.Fatalf("without a page: %d results, page %v", len(whole.Results), whole.Page)
			}
			want := keys(whole.Results)
			if !slices.IsSorted(want) {
				t.Errorf("not in order: %v", want)
			}
			for _, limit := range []int{7, 33, 50, 99} {
				for _, repeated := range []string{"", fmt.Sprintf(`"limit":%d,`, limit)} {
					var got []string
					page := fmt.Sprintf(`"limit":%d`, limit)
					for pages := 1; ; pages++ {
						s := search(`,"page":{` + page + `}`)
						if s.Page == nil || s.Page.NextToken == nil || s.Page.Count != len(s.Results) {
							t.Fatalf("page %d of %d: %+v", pages, limit, s.Page)
						}
						got = append(got, keys(s.Results)...)
						if *s.Page.NextToken == "" {
							if wantPages := (100 + limit - 1) / limit; pages != wantPages {
								t.Errorf("%d pages of %d, want %d", pages, limit, wantPages)
							}
							break
						}
						if len(s.Results) != limit || pages > 100 {
							t.Fatalf("page %d has %d results, want %d", pages, len(s.Results), limit)
						}
						page = repeated + `"token":"` + *s.Page.NextToken + `"` // the limit need not come again
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
					}
				}
			}
			for _, limit := range []string{"0", "100", "101", "1000000"} {
				s := search(`,"page":{"limit":` + limit + `}`)
				if len(s.Results) != 100 || *s.Page.NextToken != "" {
					t.Errorf("limit %s: %d results, next %q", limit, len(s.Results), *s.Page.NextToken)
				}
			}

			token := *search(`,"page":{"limit":10}`).Page.NextToken
			next := fmt.Sprintf(`,"page":{"token":%q}`, token)
			if again := search(next); again.Results[0][tt.key] != want[10] {
				t.Errorf("the second page begins with %v, want %s", again.Results[0], want[10])
			}
			for name, body := range map[string]string{
				"another limit":       `{` + tt.query + fmt.Sprintf(`,"page":{"token":%q,"limit":11}}`, token),
				"another record":      `{` + strings.ReplaceAll(tt.query, "r07", "r08") + next + `}`,
				"another subject":     `{` + strings.ReplaceAll(tt.query, "u00", "u01") + next + `}`,
				"another action":      `{` + strings.ReplaceAll(tt.query, "do00", "do01") + next + `}`,
				"another type":        `{` + strings.ReplaceAll(tt.query, `"record"`, `"records"`) + next + `}`,
				"another type of who": `{` + strings.ReplaceAll(tt.query, `"user"`, `"client"`) + next + `}`,
				"a token cut short":   `{` + tt.query + fmt.Sprintf(`,"page":{"token":%q}}`, token[:len(token)-2]),
			} {
				if strings.HasPrefix(body, `{`+tt.query+next) {
					continue // this search has none
				}
				got := p.send("POST", tt.path, body)
				if name == "a token cut short" {
					// It may still be a position in the same search; it is never an error of ours.
					if got.status != 200 && got.status != 400 {
						t.Errorf("%s: %d", name, got.status)
					}
				} else if got.status != 400 || !strings.HasPrefix(got.body, "page.") {
					t.Errorf("%s: %d %s, want a 400", name, got.status, got.body)
				}
			}
			if tt.path == pathSubjectSearch {
				if got := p.send("POST", "/t/acme"+tt.path, `{`+tt.query+next+`}`); got.status == 200 {
					t.Errorf("another point: %s", got.body)
				}
			}
		})
	}
}

// A search of more than a page says so, though no page was asked for.
func TestMoreThanAPage(t *testing.T) {
	var listed []entity
	for i := range rolecall.MaxPage + 100 {
		listed = append(listed, entity{"record", fmt.Sprint(i)})
	}
	p := newPDP(t, append(office(), listing(t, listed...))...)
	const query = `"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record"}`
	for _, page := range []string{``, `,"page":{"limit":5000}`} {
		first := decode[searched](t, p.ask(pathResourceSearch, `{`+query+page+`}`))
		if first.Page == nil || len(first.Results) != rolecall.MaxPage {
			t.Fatalf("%s: %d results, page %v", page, len(first.Results), first.Page)
		}
		second := decode[searched](t, p.ask(pathResourceSearch, `{`+query+fmt.Sprintf(`,"page":{"token":%q}}`, *first.Page.NextToken)))
		if len(second.Results) != 100 || *second.Page.NextToken != "" {
			t.Errorf("%s: %d more results, next %q", page, len(second.Results), *second.Page.NextToken)
		}
	}
}
