package loopback

import (
	"bufio"
	"context"
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

// A Server is one that is measured, and what it is asked.
type Server struct {
	Label     string
	Ours      bool
	Process   *Process
	Questions int      // in a request
	Turn      int      // requests in a turn
	Requests  [][]byte // as they are sent: the first has the first questions of the world
	// Answers reads a body. It is nil for a server that always says the same.
	Answers func(body []byte) ([]bool, error)

	connections []net.Conn
}

// Post makes a request as it is sent. A header is a whole line.
func Post(path, body string, headers ...string) []byte {
	var lines strings.Builder
	for _, h := range headers {
		lines.WriteString(h + "\r\n")
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, lines.String(), len(body), body)
}

// Measure compares the servers' answers with the floor's, and then lets them take
// turns for a time, by so many connections that each wait for an answer. The first
// server is what the others are compared with. A wrong answer is an error.
func Measure(ctx context.Context, w *workload.World, connections []int, limit time.Duration, servers ...*Server) (results []measure.HTTP, err error) {
	agreed := make([]int, len(servers))
	for i, s := range servers {
		if s.Answers == nil {
			continue
		}
		if agreed[i], err = s.agree(w); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Label, err)
		}
	}
	for _, n := range connections {
		cpus, err := turns(ctx, n, limit, servers)
		if err != nil {
			return nil, err
		}
		for i, s := range servers {
			results = append(results, measure.HTTP{Label: s.Label, Ours: s.Ours, Questions: s.Questions, Connections: n,
				Agreed: agreed[i], CPU: cpus[i], Ratio: cpus[i] / cpus[0]})
		}
	}
	return results, nil
}

// turns returns the CPU time that each server uses for a request, in ns.
func turns(ctx context.Context, connections int, limit time.Duration, servers []*Server) ([]float64, error) {
	defer func() {
		for _, s := range servers {
			s.close()
		}
	}()
	for _, s := range servers {
		if err := s.connect(connections); err != nil {
			return nil, err
		}
		if _, err := s.turn(); err != nil { // to warm up
			return nil, fmt.Errorf("%s: %w", s.Label, err)
		}
	}
	cpus := make([]float64, len(servers)) // sums: the system counts in hundredths of a second
	n := 0
	for until := time.Now().Add(limit); time.Now().Before(until) || n < 3; n++ {
		for i, s := range servers {
			cpu, err := s.turn()
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Label, err)
			}
			cpus[i] += cpu
		}
	}
	for i := range cpus {
		cpus[i] /= float64(n)
	}
	return cpus, nil
}

func (s *Server) connect(n int) error {
	for range n {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.Process.URL, "http://"))
		if err != nil {
			return err
		}
		s.connections = append(s.connections, c)
	}
	return nil
}

func (s *Server) close() {
	for _, c := range s.connections {
		c.Close()
	}
	s.connections = nil
}

// turn sends as many requests as a turn has, and returns the server's CPU time
// for one, in ns.
func (s *Server) turn() (float64, error) {
	before, err := s.Process.cpu()
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(s.connections))
	share := s.Turn / len(s.connections)
	var all sync.WaitGroup
	for i, c := range s.connections {
		all.Go(func() {
			in := bufio.NewReaderSize(c, 64<<10)
			for n := range share {
				if _, errs[i] = ask(c, in, s.Requests[(i*share+n)%len(s.Requests)], nil); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	after, err := s.Process.cpu()
	return float64(after-before) / float64(share*len(s.connections)), errors.Join(append(errs, err)...)
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

// agree compares the answers to all requests with the floor's.
func (s *Server) agree(w *workload.World) (agreed int, err error) {
	if err := s.connect(1); err != nil {
		return 0, err
	}
	defer s.close()
	in := bufio.NewReader(s.connections[0])
	for n, request := range s.Requests {
		body, err := ask(s.connections[0], in, request, []byte{})
		if err != nil {
			return agreed, err
		}
		answers, err := s.Answers(body)
		if err != nil {
			return agreed, fmt.Errorf("%q: %w", body, err)
		}
		if len(answers) != s.Questions {
			return agreed, fmt.Errorf("%d answers to %d questions", len(answers), s.Questions)
		}
		for i, got := range answers {
			q := &w.Questions[n*s.Questions+i]
			if want := w.Floor.Decide(q); got != want {
				return agreed, fmt.Errorf("%v over HTTP to %v, the floor %v", got, *q, want)
			}
			agreed++
		}
	}
	return agreed, nil
}
