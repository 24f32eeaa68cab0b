package loopback

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rolecall/rolecall/bench/workload"
)

// With this in the environment, the test's program is a server that always agrees.
const asServer = "ROLECALL_BENCH_BARE"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		fmt.Fprintln(os.Stderr, ServeBare("yes"))
		os.Exit(1)
	}
	code := m.Run()
	StopAll()
	os.Exit(code)
}

func TestAWrongAnswerEndsTheRun(t *testing.T) {
	t.Setenv(asServer, "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(t.Context(), self)
	if err != nil {
		t.Fatal(err)
	}
	w := workload.New(workload.Sizes[0])
	right := 0
	for w.Floor.Decide(&w.Questions[right]) {
		right++
	}
	server := func(questions int) *Server {
		s := &Server{Label: "yes", Process: p, Questions: 1, Turn: 100,
			Answers: func(body []byte) ([]bool, error) { return []bool{string(body) == "yes"}, nil }}
		for range questions {
			s.Requests = append(s.Requests, Post("/", "{}"))
		}
		return s
	}
	_, err = Measure(t.Context(), w, []int{1}, 0, server(right+1))
	if want := w.Questions[right].User; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Measure = %v, want that the floor disagrees about %s", err, want)
	}
	results, err := Measure(t.Context(), w, []int{1, 4}, 0, server(right))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Agreed != right || r.Connections != []int{1, 4}[i] {
			t.Errorf("result %d = %+v, want %d that agreed", i, r, right)
		}
	}
}
