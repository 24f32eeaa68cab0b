package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rolecall/rolecall/compat/browser"
)

// A form answers late, with a page that has all that the old one has: who goes on
// at once is still on the old one.
func TestAPressIsWaitedForThoughThePagesAreAlike(t *testing.T) {
	sent := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.FormValue("q") != "" {
			time.Sleep(300 * time.Millisecond)
			sent++
		}
		fmt.Fprintf(w, `<!DOCTYPE html><link rel="icon" href="data:,"><form><input name="q"></form><p id="n">%d</p>`, sent)
	}))
	defer s.Close()
	b := browser.New(t)
	b.Open(s.URL)
	for want := range 3 {
		if got := b.Text("#n"); got != fmt.Sprint(want) {
			t.Fatalf("the page says %s, want %d", got, want)
		}
		b.Leads(func() { b.Type("[name=q]", "x\r") })
	}
	if sent != 3 {
		t.Errorf("%d forms were sent", sent)
	}
}
