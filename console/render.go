package console

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed all:pages
var pageFiles embed.FS

// templates holds each page's, by its file's name under pages/ without .html.
// They are parsed when somebody first asks for the page: whoever never does has
// neither the time nor the memory to spend, nor the collector anything to walk.
var templates = func() map[string]func() *template.Template {
	all := map[string]func() *template.Template{}
	err := fs.WalkDir(pageFiles, "pages", func(name string, file fs.DirEntry, err error) error {
		if err != nil || file.IsDir() || strings.HasPrefix(path.Base(name), "_") {
			return err
		}
		all[strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")] = sync.OnceValue(func() *template.Template {
			return template.Must(template.Must(shared().Clone()).ParseFS(pageFiles, name))
		})
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}()

var shared = sync.OnceValue(func() *template.Template { return template.Must(parts(pageFiles, compiled)) })

// parts are the files that begin with _, which all pages have.
func parts(files fs.FS, assets func(name string) (*asset, error)) (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"asset": func(name string) (string, error) {
			a, err := assets(name)
			if err != nil {
				return "", err
			}
			return "/static/" + name + "?v=" + a.version, nil // after the console's prefix
		},
		"date":   date,
		"clock":  clock,
		"many":   many,
		"number": numberOf,
		"part":   newPart,
		"json":   prettyJSON,
	}).ParseFS(files, "pages/_*.html")
}

// render answers with a page. What fails in its template is an error page.
func (c *call) render(status int, name string, data any) {
	var body bytes.Buffer
	t, err := c.template(name)
	if err == nil {
		err = t.ExecuteTemplate(&body, "layout", data)
	}
	if err != nil {
		c.broke(err)
		if name == "error" || name == "outside" { // it can't be told in these looks
			http.Error(c.w, "Something went wrong. It was logged.", http.StatusInternalServerError)
			return
		}
		p := problemOf(errTemplate)
		c.Title, c.Problem = p.Title, p
		c.render(p.Status, "error", &errorPage{c})
		return
	}
	header := c.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Add("Vary", "Accept-Encoding")
	out := body.Bytes()
	// What holds a secret is not compressed beside what somebody else may choose.
	if _, secret := data.(interface{ secret() }); !secret && len(out) > 1400 && acceptsGzip(c.r) {
		out = gzipped(out, gzip.BestSpeed)
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(out)))
	c.w.WriteHeader(status)
	c.w.Write(out)
}

var errTemplate = errors.New("a page could not be made")

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

func gzipped(plain []byte, level int) []byte {
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, level)
	z.Write(plain)
	z.Close()
	return packed.Bytes()
}

// date is a time as people read it, in UTC; "" for none.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// clock is a time as machines read it.
func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// days is a time of whole days, as people say it.
func days(d time.Duration) string { return many(int(d.Hours()/24), "day", "days") }

// many counts: "1 user", "1,234 users".
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + more
}

// number groups digits by three.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// numberOf is number of any integer.
func numberOf(n any) (string, error) {
	switch n := n.(type) {
	case int:
		return number(n), nil
	case int64:
		return number(int(n)), nil
	}
	return "", fmt.Errorf("%T is no number", n)
}

// A part is what a shared template gets: the page it is on, and named values.
type part struct {
	Page any
	With map[string]any
}

// newPart makes a part of a page and pairs.
func newPart(page any, pairs ...any) (*part, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("part takes pairs, and got %d values", len(pairs))
	}
	p := &part{page, map[string]any{}}
	for i := 0; i < len(pairs); i += 2 {
		p.With[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return p, nil
}
