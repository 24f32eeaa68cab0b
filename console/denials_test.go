package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

func TestTheOverviewShowsWhoWasDenied(t *testing.T) {
	denials := new(Denials)
	rc, err := rolecall.Open(t.Context(), sqlite.Memory(), rolecall.WithObserver(denials))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	_, err = rc.Write(t.Context(), rolecall.System("test"),
		rolecall.Create(&rolecall.Tenant{ID: "acme", Name: "Acme"}), rolecall.Create(&rolecall.Tenant{ID: "globex", Name: "Globex"}),
		rolecall.Create(&rolecall.Permission{ID: "post", Name: "post.publish"}),
		rolecall.Create(&rolecall.User{ID: "ann", Name: "Ann"}), rolecall.Create(&rolecall.User{ID: "bob", Name: "<b>Bob"}), rolecall.Create(&rolecall.User{ID: "tina"}),
		rolecall.Create(&rolecall.Assignment{Subject: "ann", Role: rolecall.RoleOwner}),
		rolecall.Create(&rolecall.Assignment{Subject: "tina", Role: rolecall.RoleTenantOwner, Scope: rolecall.Scope{Tenant: "acme"}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	page := func(viewer, path string) string {
		h := Handler(rc, Prefix("/c"), ShowDenials(denials), Subject(func(*http.Request) (rolecall.SubjectID, error) { return rolecall.SubjectID(viewer), nil }))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusOK {
			t.Fatalf("%s for %s = %d %s", path, viewer, w.Code, w.Body)
		}
		return w.Body.String()
	}
	if text := page("ann", "/c/overview"); !strings.Contains(text, "Nobody was denied anything") {
		t.Errorf("before anybody was: %s", text)
	}
	for range 3 {
		rc.Check(t.Context(), rolecall.Request{Subject: "bob", Permission: "post.publish", Tenant: "globex"})
	}
	rc.Check(t.Context(), rolecall.Request{Subject: "bob", Permission: strings.Repeat("x", 3000)})
	text := page("ann", "/c/overview")
	for _, want := range []string{"Latest denials", "&lt;b&gt;Bob", "post.publish", "not granted", "<td>3</td>", "/c/explain?", "in <bdi>globex"} {
		if !strings.Contains(text, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	if strings.Contains(text, "xxxx") {
		t.Error("a question of any length is kept")
	}
	if page("ann", "/c/explain?subject=bob&permission=post.publish"); strings.Contains(page("ann", "/c/overview"), "<td>1</td>") {
		t.Error("who is asked about in an explanation counts as denied")
	}
	if text := page("tina", "/c/t/acme/overview"); strings.Contains(text, "post.publish") {
		t.Error("a tenant's owner sees another tenant's denials")
	}
	for i := range maxDenials + 10 {
		rc.Check(t.Context(), rolecall.Request{Subject: rolecall.SubjectID(fmt.Sprint("u", i)), Permission: "post.publish"})
	}
	if n := len(denials.last); n != maxDenials {
		t.Errorf("%d denials are kept, want %d", n, maxDenials)
	}
}

// A list whose every question is denied leaves room for what others are denied.
func TestOfAListTheFirstDenialsAreRemembered(t *testing.T) {
	denials := new(Denials)
	rc, err := rolecall.Open(t.Context(), sqlite.Memory(), rolecall.WithObserver(denials))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	rc.Check(t.Context(), rolecall.Request{Subject: "bob", Permission: "alone"})
	var list []rolecall.Request
	for i := range 2 * maxDenials {
		list = append(list, rolecall.Request{Subject: "ann", Permission: fmt.Sprint("p", i)})
	}
	if _, err := rc.CheckAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range denials.newest("", maxDenials) {
		got = append(got, d.Permission)
	}
	if want := []string{"p7", "p6", "p5", "p4", "p3", "p2", "p1", "p0", "alone"}; !slices.Equal(got, want) {
		t.Errorf("remembered are %q, want %q", got, want)
	}
}
