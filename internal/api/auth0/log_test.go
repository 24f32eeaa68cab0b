package auth0

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// logs returns a list of the log, which must be an array.
func (s *server) logs(t *testing.T, query string) (all []map[string]any) {
	t.Helper()
	got := s.Send(t, "GET", "/api/v2/logs?"+query, "")
	if got.Status != http.StatusOK || json.Unmarshal([]byte(got.Body), &all) != nil {
		t.Fatalf("GET /logs?%s = %d %s", query, got.Status, got.Body)
	}
	return all
}

func ids(all []map[string]any) (ids []string) {
	for _, o := range all {
		ids = append(ids, o["log_id"].(string))
	}
	return ids
}

// twoLogs is a server whose journal and log of sign-ins have been written in turn.
func twoLogs(t *testing.T) *server {
	s := newServer(t)
	by := rolecall.System("test")
	for i := range 12 {
		s.clock.Move(time.Second)
		if i%3 == 0 {
			if _, err := s.rc.Write(t.Context(), by, rolecall.Create(&rolecall.User{ID: rolecall.SubjectID(fmt.Sprint("auth0|", i))})); err != nil {
				t.Fatal(err)
			}
			continue
		}
		s.id.Note(identity.Event{Kind: identity.EventSignIn, Subject: "auth0|0", Address: "192.0.2.1"})
		if _, err := s.id.Events(t.Context(), by, identity.EventQuery{Limit: 1}); err != nil { // it is written
			t.Fatal(err)
		}
	}
	return s
}

func TestTheLogHoldsSignInsAmongTheChangesByTime(t *testing.T) {
	s := twoLogs(t)
	all := s.logs(t, "per_page=100")
	var types []string
	for i, o := range all {
		types = append(types, o["type"].(string))
		if i > 0 && o["date"].(string) > all[i-1]["date"].(string) {
			t.Errorf("%v comes after %v", o["date"], all[i-1]["date"])
		}
	}
	want := []string{"s", "s", "sapi", "s", "s", "sapi", "s", "s", "sapi", "s", "s", "sapi"}
	if d := cmp.Diff(want, types[:12]); d != "" {
		t.Errorf("types, the newest first (-want +got):\n%s", d)
	}
	if sorted := slices.Sorted(slices.Values(ids(all))); !slices.Equal(slices.Compact(sorted), sorted) || !slices.IsSortedFunc(ids(all), func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("ids do not sort as the lines do: %q", ids(all))
	}
	first := s.Send(t, "GET", "/api/v2/logs/"+ids(all)[0], "")
	if first.Status != http.StatusOK || !strings.Contains(first.Body, `"ip":"192.0.2.1"`) {
		t.Errorf("the newest one by its id is %d %s", first.Status, first.Body)
	}
	for _, id := range ids(all) {
		if got := s.Send(t, "GET", "/api/v2/logs/"+id, ""); got.Status != http.StatusOK || !strings.Contains(got.Body, id) {
			t.Errorf("GET /logs/%s = %d %s", id, got.Status, got.Body)
		}
	}
	var mine []map[string]any
	got := s.Send(t, "GET", "/api/v2/users/auth0%7C0/logs?per_page=3", "")
	if json.Unmarshal([]byte(got.Body), &mine) != nil || !slices.Equal(ids(mine), []string{ids(all)[0], ids(all)[1], ids(all)[3]}) {
		t.Errorf("of one user: %s", got.Body)
	}
	if got := s.logs(t, "q=type%3As%20AND%20ip%3A192.0.2.*&per_page=100"); len(got) != 8 {
		t.Errorf("a search finds %d sign-ins, want 8", len(got))
	}
}

// Whatever the size of pages, and wherever they end, they hold each line once.
func TestPagesOfTheLogHoldEachLineOnce(t *testing.T) {
	s := twoLogs(t)
	newest := ids(s.logs(t, "per_page=100"))
	for _, size := range []int{1, 2, 3, 5, 7} {
		var paged []string
		for page := 0; ; page++ {
			part := ids(s.logs(t, fmt.Sprintf("per_page=%d&page=%d", size, page)))
			if len(part) == 0 {
				break
			}
			paged = append(paged, part...)
		}
		if d := cmp.Diff(newest, paged); d != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, d)
		}
		followed := []string{newest[len(newest)-1]}
		for {
			part := ids(s.logs(t, fmt.Sprintf("take=%d&from=%s", size, followed[len(followed)-1])))
			if len(part) == 0 {
				break
			}
			followed = append(followed, part...)
		}
		slices.Reverse(followed)
		if d := cmp.Diff(newest, followed); d != "" {
			t.Errorf("from checkpoints, %d at a time (-want +got):\n%s", size, d)
		}
	}
	if got := ids(s.logs(t, "take=3")); !slices.Equal(got, newest[:3]) {
		t.Errorf("the beginning of a checkpoint list is %q, want the newest", got)
	}
	var counted struct{ Total int }
	got := s.Send(t, "GET", "/api/v2/logs?include_totals=true&per_page=2", "")
	if json.Unmarshal([]byte(got.Body), &counted) != nil || counted.Total != len(newest) {
		t.Errorf("the total is %d, want %d", counted.Total, len(newest))
	}
}

func TestEventsHaveAuth0sCodes(t *testing.T) {
	for code, e := range map[string]identity.Event{
		"s":        {Kind: identity.EventSignIn},
		"fp":       {Kind: identity.EventSignIn, Failure: identity.FailPassword},
		"fu":       {Kind: identity.EventSignIn, Failure: identity.FailUnknown},
		"f":        {Kind: identity.EventSignIn, Failure: identity.FailBlocked},
		"limit_wc": {Kind: identity.EventSignIn, Failure: identity.FailAttempts},
		"limit_mu": {Kind: identity.EventPassword, Failure: identity.FailAddress},
		"ssa":      {Kind: identity.EventSilent},
		"fsa":      {Kind: identity.EventSilent, Failure: identity.FailRefused},
		"slo":      {Kind: identity.EventSignOut},
		"fs":       {Kind: identity.EventSignUp, Failure: identity.FailAttempts},
		"fcp":      {Kind: identity.EventChange, Failure: identity.FailPassword},
		"seacft":   {Kind: identity.EventCode},
		"feacft":   {Kind: identity.EventCode, Failure: identity.FailReuse},
		"sertft":   {Kind: identity.EventRefresh},
		"ferrt":    {Kind: identity.EventRefresh, Failure: identity.FailReuse},
		"fertft":   {Kind: identity.EventRefresh, Failure: identity.FailRefused},
		"seccft":   {Kind: identity.EventMachine},
		"feccft":   {Kind: identity.EventMachine, Failure: identity.FailSecret},
		"sepft":    {Kind: identity.EventPassword},
		"fepft":    {Kind: identity.EventPassword, Failure: identity.FailPassword},
	} {
		if got, _ := eventType(&e); got != code {
			t.Errorf("%s %s is %s, want %s", e.Kind, e.Failure, got, code)
		}
	}
}
