package client

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/rolecall/rolecall"
)

// events reads server-sent events as WHATWG HTML, section 9.2.6, has them, with
// the field sum, which is ours. What breaks off inside an event is no event.
type events struct {
	lines *bufio.Reader
	limit int
}

func newEvents(from io.Reader, limit int) *events {
	return &events{bufio.NewReaderSize(from, 64<<10), limit}
}

// next returns the next event. The end of the stream is ErrUnavailable.
func (s *events) next() (e event, err error) {
	some := false
	for size := 0; ; {
		line, err := s.line(s.limit - size)
		if err != nil {
			return event{}, err
		}
		size += len(line)
		if len(line) == 0 {
			if some {
				return e, nil
			}
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name, some = string(value), true
		case "id":
			e.id, some = string(value), true
		case "sum":
			e.sum, some = string(value), true
		case "data":
			if e.data != nil {
				e.data = append(e.data, '\n')
			}
			e.data, some = append(e.data, value...), true
		}
	}
}

// line returns a line without its end.
func (s *events) line(most int) ([]byte, error) {
	var line []byte
	for {
		part, err := s.lines.ReadSlice('\n')
		if len(line)+len(part) > most {
			return nil, fmt.Errorf("an event of the feed has more than %d bytes: %w", s.limit, rolecall.ErrCorrupt)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, unavailable(errors.New("the feed breaks off"))
		default:
			return nil, err
		}
	}
}
