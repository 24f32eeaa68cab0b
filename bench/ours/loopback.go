package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

// batch is how many questions are in one request of the other sort.
const batch = 100

// loopback measures the CPU time of the server's process for a request, beside
// that of a bare handler's, in turns and under the same load: all requests of a
// turn, by so many connections that wait for each answer. The world is small.
func loopback(ctx context.Context, folder, binary string, limit time.Duration) ([]measure.HTTP, error) {
	w := workload.New(workload.Sizes[0])
	if err := write(ctx, folder, w); err != nil {
		return nil, err
	}
	floor, err := serveBare(ctx)
	if err != nil {
		return nil, err
	}
	ours, err := serve(ctx, folder, binary)
	if err != nil {
		return nil, err
	}

	single, many := requests(ours, w, 1), requests(ours, w, batch)
	sides := []*load{
		{HTTP: measure.HTTP{Label: "bare `net/http`, one constant answer", Questions: 1}, server: floor, requests: single, each: 10_000},
		{HTTP: measure.HTTP{Label: "Rolecall, one question", Questions: 1}, server: ours, requests: single, each: 10_000, check: 1},
		{HTTP: measure.HTTP{Label: "Rolecall, 100 questions", Questions: batch}, server: ours, requests: many, each: 500, check: batch},
	}
	for _, s := range sides[1:] {
		if s.Agreed, err = s.agree(w); err != nil {
			return nil, err
		}
	}
	var results []measure.HTTP
	for _, connections := range []int{1, 32} {
		for _, s := range sides {
			if err := s.connect(connections); err != nil {
				return nil, err
			}
			if _, err := s.turn(); err != nil { // to warm up
				return nil, err
			}
		}
		cpus := make([]float64, len(sides)) // sums: the system counts in hundredths of a second
		turns := 0
		for until := time.Now().Add(limit); time.Now().Before(until) || turns < 3; turns++ {
			for i, s := range sides {
				cpu, err := s.turn()
				if err != nil {
					return nil, err
				}
				cpus[i] += cpu
			}
		}
		for i, s := range sides {
			r := s.HTTP
			r.Connections, r.CPU, r.Ratio = connections, cpus[i]/float64(turns), cpus[i]/cpus[0]
			results = append(results, r)
			s.close()
		}
	}
	return results, nil
}

// requests makes some, each with its own questions.
func requests(s *server, w *workload.World, questions int) (all [][]byte) {
	for n := range min(10_000/questions, 2000) {
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
		all = append(all, fmt.Appendf(nil, "POST /api/v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", s.key, len(text), text))
	}
	return all
}

// A load is what one server gets.
type load struct {
	measure.HTTP
	server      *server
	requests    [][]byte
	each        int // requests in a turn
	check       int // questions in one
	connections []net.Conn
}

func (l *load) connect(n int) error {
	for range n {
		c, err := net.Dial("tcp", strings.TrimPrefix(l.server.url, "http://"))
		if err != nil {
			return err
		}
		l.connections = append(l.connections, c)
	}
	return nil
}

func (l *load) close() {
	for _, c := range l.connections {
		c.Close()
	}
	l.connections = nil
}

// turn sends as many requests as a turn has, and returns the server's CPU time
// for one, in ns.
func (l *load) turn() (float64, error) {
	before, err := l.server.cpu()
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(l.connections))
	share := l.each / len(l.connections)
	var all sync.WaitGroup
	for i, c := range l.connections {
		all.Go(func() {
			in := bufio.NewReaderSize(c, 64<<10)
			for n := range share {
				if _, errs[i] = ask(c, in, l.requests[(i*share+n)%len(l.requests)], nil); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	after, err := l.server.cpu()
	return float64(after-before) / float64(share*len(l.connections)), errors.Join(append(errs, err)...)
}

// ask sends a request and reads the answer, whose body it appends to keep if that
// is not nil.
func ask(c net.Conn, in *bufio.Reader, request, keep []byte) ([]byte, error) {
	c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, err
	}
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", r.Status)
	}
	if keep == nil {
		_, err = io.Copy(io.Discard, r.Body)
		return nil, err
	}
	return io.ReadAll(r.Body)
}

// agree compares the server's answers with the floor's.
func (l *load) agree(w *workload.World) (agreed int, err error) {
	if err := l.connect(1); err != nil {
		return 0, err
	}
	defer l.close()
	in := bufio.NewReader(l.connections[0])
	for n, request := range l.requests {
		body, err := ask(l.connections[0], in, request, []byte{})
		if err != nil {
			return agreed, err
		}
		type decision struct{ Allowed bool }
		var answer struct {
			decision
			Decisions []decision
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return agreed, err
		}
		if l.check == 1 {
			answer.Decisions = []decision{answer.decision}
		}
		if len(answer.Decisions) != l.check {
			return agreed, fmt.Errorf("%d answers to %d questions", len(answer.Decisions), l.check)
		}
		for i, d := range answer.Decisions {
			q := &w.Questions[n*l.check+i]
			if want := w.Floor.Decide(q); d.Allowed != want {
				return agreed, fmt.Errorf("%v over HTTP to %v, the floor %v", d.Allowed, *q, want)
			}
			agreed++
		}
	}
	return agreed, nil
}
