package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/rolecall/rolecall/bench/loopback"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

// batch is how many questions are in one request of the other sort.
const batch = 100

// bareAnswer is what Rolecall says to one question.
const bareAnswer = `{"allowed":true,"reason":"granted","revision":1234}` + "\n"

// bareHeader is what Rolecall says in headers beside it.
var bareHeader = http.Header{"Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
	"X-Request-Id": {"req_hZYmtsL9NpTzbE9U"}, "Rolecall-Revision": {"1234"}}

// overLoopback measures the servers in the small world: the bare handler, Rolecall,
// and OPA's if there is a program that can be it.
func overLoopback(ctx context.Context, folder, binary, opa string, limit time.Duration) ([]measure.HTTP, error) {
	w := workload.New(workload.Sizes[0])
	if err := write(ctx, folder, w); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	bare, err := loopback.Start(ctx, self, "-bare")
	if err != nil {
		return nil, err
	}
	limited, err := loopback.Start(ctx, self, "-limited")
	if err != nil {
		return nil, err
	}
	ours, err := serve(ctx, folder, binary)
	if err != nil {
		return nil, err
	}
	single, many := checks(ours.key, w, 1), checks(ours.key, w, batch)
	servers := []*loopback.Server{
		{Label: "bare `net/http`, one constant answer", Process: bare, Questions: 1, Turn: 10_000, Requests: single},
		{Label: "the same, with time limits and headers", Process: limited, Questions: 1, Turn: 10_000, Requests: single},
		{Label: "Rolecall, one question", Ours: true, Process: ours.Process, Questions: 1, Turn: 10_000, Requests: single, Answers: decision},
		{Label: "Rolecall, 100 questions", Ours: true, Process: ours.Process, Questions: batch, Turn: 500, Requests: many, Answers: decisions},
	}
	if opa != "" {
		process, err := loopback.Start(ctx, opa, "-opa-server", "-size", w.Name)
		if err != nil {
			return nil, err
		}
		servers = append(servers, &loopback.Server{Label: "OPA's server, one question", Process: process, Questions: 1, Turn: 2_500,
			Requests: queries(w), Answers: opaResult})
	}
	return loopback.Measure(ctx, w, []int{1, 32}, limit, servers...)
}

// A server is Rolecall's, with a key that may ask.
type server struct {
	*loopback.Process
	key string
}

// serve starts the binary on a data folder.
func serve(ctx context.Context, folder, binary string) (*server, error) {
	if binary == "" {
		return nil, errors.New("this needs the server: name the binary with -rolecall")
	}
	create := exec.CommandContext(ctx, binary, "key", "create", "bench", "--role", "Auditor", "--data", folder)
	key, err := create.Output()
	if err != nil {
		return nil, fmt.Errorf("create a key: %w", err)
	}
	p, err := loopback.Start(ctx, binary, "serve", "--data", folder, "--addr", "127.0.0.1:0", "--log-level", "error")
	return &server{p, strings.TrimSpace(string(key))}, err
}

// asked is how many questions are sent, one in a request.
const asked = 2_000

// checks are requests to Rolecall.
func checks(key string, w *workload.World, questions int) (all [][]byte) {
	for n := range min(10_000/questions, asked) {
		var body strings.Builder
		for i := range questions {
			q := w.Questions[n*questions+i]
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `{"subject":%q,"permission":%q,"tenant":%q}`, q.User, q.Permission, q.Tenant)
		}
		text := body.String()
		if questions > 1 {
			text = `{"checks":[` + text + `]}`
		}
		all = append(all, loopback.Post("/api/v1/check", text, "Authorization: Bearer "+key))
	}
	return all
}

// decision reads Rolecall's answer to one question.
func decision(body []byte) ([]bool, error) {
	var d struct{ Allowed bool }
	err := json.Unmarshal(body, &d)
	return []bool{d.Allowed}, err
}

// decisions reads Rolecall's answers to many.
func decisions(body []byte) (all []bool, err error) {
	var answer struct{ Decisions []struct{ Allowed bool } }
	err = json.Unmarshal(body, &answer)
	for _, d := range answer.Decisions {
		all = append(all, d.Allowed)
	}
	return all, err
}

// queries are requests to OPA's data API.
func queries(w *workload.World) (all [][]byte) {
	for _, q := range w.Questions[:asked] {
		all = append(all, loopback.Post("/v1/data/rbac/allow", fmt.Sprintf(`{"input":{"user":%q,"permission":%q,"tenant":%q}}`, q.User, q.Permission, q.Tenant)))
	}
	return all
}

// opaResult reads its answer. One without a result is an error: nothing has that
// name in its data.
func opaResult(body []byte) ([]bool, error) {
	var answer struct{ Result *bool }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer.Result == nil {
		return nil, errors.New("there is no result")
	}
	return []bool{*answer.Result}, nil
}
