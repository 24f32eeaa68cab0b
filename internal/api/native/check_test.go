package native

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// The questions that are read by hand are those that are read by reflection.
func FuzzQuestions(f *testing.F) {
	for _, seed := range []string{
		`{"subject":"a","permission":"p","api":"x","tenant":"t","resource":"doc:1"}`, `{"subject":"a","any":"role"}`,
		`{"checks":[{"subject":"a","role":"r"},{"group":"g"}]}`, `{"checks":[]}`, `{}`,
		`{"checks":[{"permission":"p"},{"subject":"b","role":"r"}],"subject":"a","permission":"q"}`, `{"checks":[],"checks":[]}`, `{"subject":"a","subject":"b"}`, `{"checks":[{"nom":1}]}`, ` {"subject" : "\u0061" } `, `{"checks":null}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		asked, batch, err := questions(text, nil)
		var one rolecall.Request
		var many checkBatch
		notOne, notMany := api.Decode(text, &one), api.Decode(text, &many)
		var want []rolecall.Request
		for _, q := range many.Checks {
			want = append(want, rolecall.Request(q))
			complete(&want[len(want)-1], (*rolecall.Request)(&many.partialRequest))
		}
		if !batch {
			want, notMany = []rolecall.Request{one}, notOne
		}
		switch {
		case err == nil && notMany != nil:
			t.Errorf("%q is taken, but %v", text, notMany)
		case err == nil && !slices.Equal(asked, want):
			t.Errorf("%q (-want +got):\n%s", text, cmp.Diff(want, asked))
		case err != nil && (notOne == nil || notMany == nil) && len(want) <= maxChecks:
			t.Errorf("%q is refused: %v", text, err)
		}
	})
}

// A batch holds at most 1000 questions.
func TestTheSizeOfABatch(t *testing.T) {
	s := newServer(t)
	batch := func(n int) string {
		return `{"checks":[` + strings.TrimSuffix(strings.Repeat(`{"subject":"root","any":"role"},`, n), ",") + `]}`
	}
	got := s.send(t, "POST", Prefix+"/check", batch(1000))
	var reply checkBatchReply
	if err := json.Unmarshal([]byte(got.body), &reply); err != nil || len(reply.Decisions) != 1000 {
		t.Errorf("1000 questions = %d, %d decisions, %v", got.status, len(reply.Decisions), err)
	}
	for _, d := range reply.Decisions {
		if !d.Allowed || d.Revision != reply.Decisions[0].Revision {
			t.Fatalf("got %v", d)
		}
	}
	if got := s.send(t, "POST", Prefix+"/check", batch(1001)); got.status != 400 || !strings.Contains(got.body, `"checks[1000]"`) {
		t.Errorf("1001 questions = %d %s", got.status, got.body)
	}
}
