package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
)

//go:embed page.md
var pageText string

// page is docs/benchmarks.md.
func (o *outcome) page() ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"times": times, "time": short, "ns": ns, "mb": mb, "count": count, "each": each, "describe": describe,
	}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, o)
	return out.Bytes(), err
}

// Of returns the results of a size, the quickest first, and those that missed last.
func (o *outcome) Of(size string) (of []*measure.Result) {
	for _, r := range o.Results {
		if r.Size == size {
			of = append(of, r)
		}
	}
	slices.SortStableFunc(of, func(a, b *measure.Result) int {
		if c := strings.Compare(a.Missed, b.Missed); c != 0 {
			return c
		}
		return cmp.Compare(a.Ratio, b.Ratio)
	})
	return of
}

// OverOurs returns a result's cost over Rolecall's at its size: over the most costly
// of the rows that take the question as it is, as the other engines do. It is 0
// where there is none.
func (o *outcome) OverOurs(r *measure.Result) float64 {
	most := 0.0
	for _, ours := range o.Of(r.Size) {
		if ours.Version == "" && !isFloor(ours) && ours.Engine != "request" {
			most = max(most, ours.Ratio)
		}
	}
	return over(r.Ratio, most)
}

// isFloor reports whether r is the floor's own, with or without the time.
func isFloor(r *measure.Result) bool { return r.Engine == "floor" || r.Engine == "dated" }

// OverOursHTTP does so for a question that a server is asked.
func (o *outcome) OverOursHTTP(r measure.HTTP) float64 {
	most := 0.0
	for _, ours := range o.HTTP {
		if ours.Ours && ours.Connections == r.Connections {
			most = max(most, ours.PerQuestion())
		}
	}
	return over(r.PerQuestion(), most)
}

func over(x, y float64) float64 {
	if y == 0 {
		return 0
	}
	return x / y
}

// describe says how large a size is.
func describe(name string) (string, error) {
	s, err := workload.SizeOf(name)
	return fmt.Sprintf("%s users, %s roles, %s permissions, %s tenants, %s assignments",
		count(s.Users), count(s.Roles), count(s.Permissions), count(s.Tenants), count(s.Users*s.Each)), err
}

// times shows a ratio with what it is worth: two or three digits.
func times(x float64) string {
	switch {
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.0f", x)
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return count(int(math.Round(x/unit) * unit))
}

func ns(x float64) string { return short(time.Duration(x)) }

// short shows a duration with three digits, or in minutes.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Minute:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d >= time.Second && d%time.Second == 0:
		return fmt.Sprintf("%d s", d/time.Second)
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", d.Seconds()*1e3)
	case d >= time.Microsecond:
		return fmt.Sprintf("%.3g µs", d.Seconds()*1e6)
	}
	return fmt.Sprintf("%d ns", d.Nanoseconds())
}

func mb(bytes int64) string {
	if bytes >= 1e10 {
		return fmt.Sprintf("%.0f GB", float64(bytes)/1e9)
	}
	if x := float64(bytes) / 1e6; x < 100 {
		return fmt.Sprintf("%.1f MB", x)
	}
	return count(int(bytes/1e6)) + " MB"
}

// each shows how many objects a decision makes.
func each(x float64) string {
	if x < 0.5 {
		return "0"
	}
	return count(int(math.Round(x)))
}

// count shows a number with commas.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
