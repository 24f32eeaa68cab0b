package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/rolecall/rolecall"
)

// An auditPage is the journal, newest first.
type auditPage struct {
	*call
	Fields  []field
	Entries []entry
	Next    string // the URL of what is older, "" if there is none
	First   string
	CSV     string
	Head    rolecall.Head
	Asked   bool // it is filtered
}

// An entry is a journal entry with what it changed.
type entry struct {
	*rolecall.Entry
	line
	Behalf   named  // on whose it was done
	Concerns named  // whom it concerns
	In       string // the tenant that it concerns
	Parts    []differs
}

// A differs is a field of a record, before and after.
type differs struct{ Field, Before, After string }

// auditFields are the filters, by the names that the URL has for them.
var auditFields = []string{"actor", "about", "kind", "key", "from", "to"}

// auditQuery selects the entries that the URL asks for.
func (c *call) auditQuery() (q rolecall.EntryQuery, err error) {
	q = rolecall.EntryQuery{Newest: true, Tenant: c.Tenant, Kind: rolecall.Kind(c.Value("kind")), Key: strings.ReplaceAll(c.Value("key"), " / ", "\t")}
	if q.Actor, err = c.auditSubject("actor"); err != nil {
		return q, err
	}
	if q.Subject, err = c.auditSubject("about"); err != nil {
		return q, err
	}
	if q.Kind != "" && rolecall.NewRecord(q.Kind) == nil {
		return q, &rolecall.FieldError{Field: "kind", Rule: "is unknown", Kind: rolecall.ErrInvalid}
	}
	if q.From, err = c.moment("from"); err == nil {
		q.To, err = c.moment("to")
	}
	return q, err
}

// auditSubject is who a filter names. Who is deleted is still in the journal,
// by its id.
func (c *call) auditSubject(field string) (rolecall.SubjectID, error) {
	text := c.Value(field)
	if text == "" {
		return "", nil
	}
	found, err := c.resolve(field, kindSubject, text)
	if err != nil && (forbidden(err) || problemField(err) == field && !strings.Contains(err.Error(), "several")) {
		return rolecall.SubjectID(text), nil
	}
	return rolecall.SubjectID(found.ID), err
}

func audit(c *call) (any, error) {
	c.Title = "Audit log"
	p := &auditPage{call: c}
	kinds := []option{{"", "Every kind"}}
	for _, k := range rolecall.Kinds {
		kinds = append(kinds, option{string(k), strings.ReplaceAll(string(k), "_", " ")})
	}
	sort.Slice(kinds[1:], func(i, j int) bool { return kinds[i+1].Label < kinds[j+1].Label })
	p.Fields = []field{
		c.pickField("actor", "By", kindSubject, c.Value("actor")), c.pickField("about", "About", kindSubject, c.Value("about")),
		{Name: "kind", Label: "Kind", Type: "select", Options: kinds, Value: c.Value("kind")},
		{Name: "key", Label: "Id", Value: c.Value("key")},
		{Name: "from", Label: "From, UTC", Type: "datetime-local", Value: c.Value("from")},
		{Name: "to", Label: "Before, UTC", Type: "datetime-local", Value: c.Value("to")},
	}
	again := url.Values{}
	for _, name := range auditFields {
		if v := c.Value(name); v != "" {
			p.Asked = true
			again.Set(name, v)
		}
	}
	p.CSV = c.Link("/audit.csv")
	if len(again) > 0 {
		p.CSV += "?" + again.Encode()
	}
	q, err := c.auditQuery()
	if field := problemField(err); field != "" {
		c.Problem, c.status = problemOf(err), 400
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	q.After, _ = strconv.ParseInt(c.Value("before"), 10, 64)
	q.Limit = pageSize + 1
	entries, err := c.rc.Audit(c.ctx, c.by, q)
	if err != nil {
		return nil, err
	}
	here := listing{c: c}
	if len(entries) > pageSize {
		entries = entries[:pageSize]
		p.Next = here.url("before", strconv.FormatInt(entries[pageSize-1].Seq, 10))
	}
	if q.After > 0 {
		p.First = here.url("before", "")
	}
	p.Entries, err = c.entries(entries)
	return p, err
}

// entries are journal entries as the page shows them.
func (c *call) entries(all []*rolecall.Entry) ([]entry, error) {
	var subjects []string
	for _, e := range all {
		subjects = append(subjects, string(e.Actor), string(e.OnBehalfOf), string(e.Subject))
	}
	if err := c.learn(kindSubject, subjects...); err != nil {
		return nil, err
	}
	rows := make([]entry, len(all))
	for i, e := range all {
		rows[i] = entry{Entry: e, line: c.line(e, ""), Parts: difference(e.Before, e.After)}
		if e.OnBehalfOf != "" {
			rows[i].Behalf = c.Name(kindSubject, e.OnBehalfOf)
		}
		if e.Subject != "" {
			rows[i].Concerns = c.Name(kindSubject, e.Subject)
		}
		if e.Tenant != "" {
			if err := c.learn(rolecall.KindTenant, string(e.Tenant)); err != nil {
				return nil, err
			}
			rows[i].In = c.Name(rolecall.KindTenant, e.Tenant).Label
		}
	}
	return rows, nil
}

// difference lists the fields of a record that are not the same before and
// after, in the order of their names.
func difference(before, after json.RawMessage) (all []differs) {
	fields := func(data json.RawMessage) map[string]json.RawMessage {
		var m map[string]json.RawMessage
		json.Unmarshal(data, &m) // the journal holds objects; none is an empty one
		return m
	}
	b, a := fields(before), fields(after)
	var names []string
	for name := range b {
		names = append(names, name)
	}
	for name := range a {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !bytes.Equal(b[name], a[name]) {
			all = append(all, differs{name, plainJSON(b[name]), plainJSON(a[name])})
		}
	}
	return all
}

// plainJSON is a JSON value as people read it: text without its quotes.
func plainJSON(data json.RawMessage) string {
	var text string
	if json.Unmarshal(data, &text) == nil {
		return text
	}
	return string(data)
}

// maxCSV bounds the entries of a file.
const maxCSV = 100_000

func auditCSV(c *call) (any, error) {
	q, err := c.auditQuery()
	if err != nil {
		return nil, err
	}
	out := c.csv("audit.csv", "seq", "revision", "time", "actor", "on_behalf_of", "door", "request_id", "reason", "kind", "key", "subject", "tenant", "before", "after", "hash")
	for n := 0; n < maxCSV; {
		q.Limit = rolecall.MaxPage
		entries, err := c.rc.Audit(c.ctx, c.by, q)
		if err != nil {
			return nil, out.end(err)
		}
		for _, e := range entries {
			out.row(strconv.FormatInt(e.Seq, 10), strconv.FormatInt(int64(e.Revision), 10), e.Time.UTC().Format(time.RFC3339Nano), string(e.Actor), string(e.OnBehalfOf),
				e.Door, e.RequestID, e.Reason, string(e.Kind), strings.ReplaceAll(e.Key, "\t", " / "), string(e.Subject), string(e.Tenant), string(e.Before), string(e.After), e.Hash.String())
			q.After = e.Seq
		}
		if n += len(entries); len(entries) < rolecall.MaxPage {
			break
		}
	}
	return nil, out.end(nil)
}

// verifyTime bounds how long a page waits for the journal to be read again: a
// browser and what stands before the server give up later than that.
const verifyTime = 20 * time.Second

// A verifiedPage says whether the journal is as it was written.
type verifiedPage struct {
	*call
	Head rolecall.Head
	Took time.Duration
	Bad  string // what is wrong
	Part bool   // the time was over before the end; Head is where
	All  int64  // entries in the journal, for Part
}

// verifyAudit reads the whole journal again, or as much as there is time for.
func verifyAudit(c *call) (*change, error) {
	p := &verifiedPage{call: c}
	return &change{
		quiet: true,
		do: func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			began := time.Now()
			bounded, cancel := context.WithTimeout(ctx, c.verifyTime)
			defer cancel()
			head, err := c.rc.VerifyAudit(bounded, by, nil)
			p.Head, p.Took = head, time.Since(began).Round(time.Millisecond)
			switch {
			case errors.Is(err, rolecall.ErrCorrupt):
				c.log.ErrorContext(ctx, "the journal does not verify", "error", err)
				p.Bad, err = sentence(err.Error()), nil
			case err != nil && bounded.Err() != nil && ctx.Err() == nil: // whatever the store calls it
				p.Part = true
				var last []*rolecall.Entry
				if last, err = c.rc.Audit(ctx, by, rolecall.EntryQuery{Newest: true, Limit: 1}); len(last) > 0 {
					p.All = last[0].Seq
				}
			}
			return rolecall.Receipt{Revision: head.Revision}, err
		},
		shows: func(rolecall.Receipt) (string, any) {
			switch {
			case p.Bad != "":
				c.Title = "The journal was altered"
			case p.Part:
				c.Title = "Not read to its end"
			default:
				c.Title = "The journal verifies"
			}
			return "audit/verified", p
		},
	}, nil
}
