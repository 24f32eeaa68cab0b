package console

import (
	"encoding/csv"
	"net/http"
	"strings"
)

// A sheet is a CSV file on its way to the browser: RFC 4180, in UTF-8.
type sheet struct {
	c     *call
	out   *csv.Writer
	begun bool
	head  []string
	name  string
}

func (c *call) csv(name string, head ...string) *sheet {
	return &sheet{c: c, out: csv.NewWriter(c.w), name: name, head: head}
}

// row writes one row. Nothing was written before the first: until then an error
// is still an answer of its own.
func (s *sheet) row(cells ...string) {
	s.begin()
	for i := range cells {
		cells[i] = inert(cells[i])
	}
	s.out.Write(cells)
}

func (s *sheet) begin() {
	if s.begun {
		return
	}
	s.begun = true
	header := s.c.w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="`+s.name+`"`)
	s.out.Write(s.head)
}

// end ends the sheet. What goes wrong in the middle cuts the answer off, so that
// half a list is not taken for a whole one.
func (s *sheet) end(err error) error {
	if err != nil && !s.begun {
		return err
	}
	s.begin()
	s.out.Flush()
	if err == nil {
		err = s.out.Error()
	}
	if err != nil {
		s.c.log.ErrorContext(s.c.ctx, "a list was cut off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// inert keeps a spreadsheet from taking text for a formula.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
