package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rolecall/rolecall"
)

// List implements [rolecall.Reader].
func (v *view) List(ctx context.Context, q rolecall.Query) (rolecall.Page, error) {
	var page rolecall.Page
	t, err := tableOf(q.Kind)
	if err != nil {
		return page, err
	}
	s := selection{table: t}
	if err := s.filter(q); err != nil {
		return page, err
	}
	if q.Total {
		count := "SELECT count(*) FROM " + t.name + s.where()
		if err := v.row(ctx, count, s.args, &page.Total); err != nil {
			return page, err
		}
	}
	order, err := t.order(q.Sort)
	if err != nil {
		return page, err
	}
	if err := s.after(q, order); err != nil {
		return page, err
	}
	query := "SELECT " + quoted(names(t.columns)) + " FROM " + t.name + s.where() + orderBy(order, q.Desc)
	if q.Limit > 0 {
		s.args = append(s.args, int64(q.Limit)+1) // one more tells whether there is a next page
		query += " LIMIT " + placeholder(len(s.args))
	}
	page.Records, err = v.records(ctx, t, query, s.args)
	if err != nil {
		return page, err
	}
	if q.Limit > 0 && len(page.Records) > q.Limit {
		page.Records = page.Records[:q.Limit]
		page.Next = cursorAfter(q, order, t.fields(page.Records[q.Limit-1]))
	}
	return page, nil
}

// A selection grows the WHERE of a statement and the arguments to it.
type selection struct {
	table *table
	terms []string
	args  []any
}

func (s *selection) where() string {
	if len(s.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.terms, " AND ")
}

// add adds a condition in which each $1 is the value.
func (s *selection) add(term string, value any) {
	s.args = append(s.args, value)
	s.terms = append(s.terms, strings.ReplaceAll(term, "$1", placeholder(len(s.args))))
}

// filter adds what q asks for, but not where its page starts.
func (s *selection) filter(q rolecall.Query) error {
	for _, c := range q.Where {
		if err := s.compare(c); err != nil {
			return err
		}
	}
	if q.Tenant != "" {
		if s.table.tenant == "" {
			return bad("tenant", "does not apply to %s", q.Kind)
		}
		if !storable(string(q.Tenant)) {
			return bad("tenant", notStorable)
		}
		s.add(s.table.tenant, string(q.Tenant))
	}
	if q.Group != "" {
		if !isSubject(s.table.kind) {
			return bad("group", "does not apply to %s", q.Kind)
		}
		if !storable(string(q.Group)) {
			return bad("group", notStorable)
		}
		s.add(memberOfGroup, string(q.Group))
	}
	if q.Search != "" {
		pattern, err := containing("search", q.Search)
		if err != nil {
			return err
		}
		like := make([]string, len(s.table.search))
		for i, column := range s.table.search {
			like[i] = contains(column)
		}
		s.add("("+strings.Join(like, " OR ")+")", pattern)
	}
	return nil
}

// compare adds one condition.
func (s *selection) compare(c rolecall.Condition) error {
	column, ok := s.table.column(c.Field)
	if !ok || column.sort == opaque {
		return bad(c.Field, "is not a field that %s records can be selected by", s.table.kind)
	}
	if c.Op != rolecall.In && len(c.Values) != 1 {
		return bad(c.Field, "must be compared with one value")
	}
	name := quote(column.name)
	switch c.Op {
	case rolecall.Equal, rolecall.In:
		return s.oneOf(column, c.Values)
	case rolecall.Before, rolecall.NotAfter, rolecall.From:
		if column.sort == flagged {
			break
		}
		value, err := operand(column, c.Op, c.Values[0])
		if err != nil {
			return err
		}
		s.add(name+" "+string(c.Op)+" $1", value) // NULL is neither
		return nil
	case rolecall.Contains:
		if column.sort != textual {
			break
		}
		pattern, err := containing(c.Field, c.Values[0])
		if err != nil {
			return err
		}
		s.add(contains(column.name), pattern)
		return nil
	case rolecall.Prefix:
		if column.sort != textual {
			break
		}
		if !storable(c.Values[0]) {
			return bad(c.Field, notStorable)
		}
		s.add(name+" >= $1", c.Values[0])
		if next, ok := successor(c.Values[0]); ok {
			s.add(name+" < $1", next)
		}
		return nil
	}
	return bad(c.Field, "can't be compared by %q", c.Op)
}

// maxIn is how many values In takes.
const maxIn = 500

// oneOf adds the condition that a column equals one of values. The number of
// places is rounded up to a power of two, so that few statements are prepared.
func (s *selection) oneOf(column field, texts []string) error {
	if len(texts) > maxIn {
		return bad(column.name, "must be compared with at most %d values", maxIn)
	}
	var values []any
	terms := []string{}
	for _, text := range texts {
		value, err := operand(column, rolecall.Equal, text)
		if err != nil {
			return err
		}
		if value == nil {
			terms = append(terms, quote(column.name)+" IS NULL")
		} else {
			values = append(values, value)
		}
	}
	if len(values) == 1 {
		s.args = append(s.args, values[0])
		terms = append(terms, quote(column.name)+" = "+placeholder(len(s.args)))
	} else if len(values) > 1 {
		size := 2
		for size < len(values) {
			size *= 2
		}
		for len(values) < size {
			values = append(values, values[0])
		}
		terms = append(terms, quote(column.name)+" IN ("+places(len(s.args)+1, size)+")")
		s.args = append(s.args, values...)
	}
	if len(terms) == 0 {
		terms = append(terms, "1 = 0")
	}
	s.terms = append(s.terms, "("+strings.Join(terms, " OR ")+")")
	return nil
}

// operand turns the text of a condition into what its column holds; nil for an
// absent time. A time between two milliseconds becomes the one that compares alike.
func operand(column field, op rolecall.Operator, text string) (any, error) {
	switch column.sort {
	case flagged:
		switch text {
		case "true":
			return int64(1), nil
		case "false", "":
			return int64(0), nil
		}
		return nil, bad(column.name, "must be compared with true or false")
	case momentous:
		if text == "" && op == rolecall.Equal {
			return nil, nil
		}
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, bad(column.name, "must be compared with a time like 2006-01-02T15:04:05Z")
		}
		switch op {
		case rolecall.Before, rolecall.From:
			return ceil(at), nil
		case rolecall.Equal:
			if at.Nanosecond()%int(time.Millisecond) != 0 {
				return int64(noTime), nil // equals none
			}
		}
		return at.UnixMilli(), nil
	}
	if !storable(text) {
		return nil, bad(column.name, notStorable)
	}
	return text, nil
}

// contains is a condition that both engines read alike: PostgreSQL's LIKE tells
// case apart and SQLite's does not.
func contains(column string) string { return "lower(" + quote(column) + `) LIKE $1 ESCAPE '\'` }

// containing returns the pattern for contains.
func containing(name, text string) (string, error) {
	if !storable(text) || len(text) > rolecall.MaxTextRunes*utf8.UTFMax {
		return "", bad(name, "must be text of at most %d bytes", rolecall.MaxTextRunes*utf8.UTFMax)
	}
	lower := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lower) + "%", nil
}

// successor returns the least text that is greater than every text with the
// prefix. There is none for a prefix of nothing but the greatest character.
func successor(prefix string) (string, bool) {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; {
		case r == utf8.MaxRune:
			continue
		case r == 0xd7ff: // the surrogates that follow are not characters
			return string(runes[:i]) + string(rune(0xe000)), true
		default:
			return string(runes[:i]) + string(r+1), true
		}
	}
	return "", false
}

// storable reports whether both engines can hold text.
func storable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

const notStorable = "must be valid UTF-8 without zero bytes"

// order returns the columns to sort by, which end in the key: so no two rows tie.
func (t *table) order(by string) ([]field, error) {
	keys := t.columns[:t.key]
	if by == "" {
		return keys, nil
	}
	column, ok := t.column(by)
	if !ok || column.sort == opaque {
		return nil, bad("sort", "%q is not a field that %s records can be sorted by", by, t.kind)
	}
	order := []field{column}
	for _, k := range keys {
		if k.name != by {
			order = append(order, k)
		}
	}
	return order, nil
}

func orderBy(order []field, desc bool) string {
	direction := ""
	if desc {
		direction = " DESC"
	}
	terms := make([]string, len(order))
	for i, column := range order {
		terms[i] = sortable(column) + direction
	}
	return " ORDER BY " + strings.Join(terms, ", ")
}

// sortable puts absent times before all others, on both engines.
func sortable(column field) string {
	if column.sort == momentous {
		return "coalesce(" + quote(column.name) + ", " + strconv.Itoa(noTime) + ")"
	}
	return quote(column.name)
}

// noTime is how an absent time is sorted: before every real one.
const noTime = -1 << 62

// after starts the selection behind the row that q's cursor stands for.
func (s *selection) after(q rolecall.Query, order []field) error {
	if q.After == "" {
		return nil
	}
	wrong := bad("after", "is not the cursor of this query")
	text, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return wrong
	}
	var parts []string
	if json.Unmarshal(text, &parts) != nil || len(parts) != len(order)+1 || parts[0] != fingerprint(q) {
		return wrong
	}
	columns := make([]string, len(order))
	from := len(s.args) + 1
	for i, column := range order {
		columns[i] = sortable(column)
		if column.sort == textual && storable(parts[i+1]) {
			s.args = append(s.args, parts[i+1])
			continue
		}
		n, err := strconv.ParseInt(parts[i+1], 10, 64)
		if err != nil {
			return wrong
		}
		s.args = append(s.args, n)
	}
	beyond := ">"
	if q.Desc {
		beyond = "<"
	}
	s.terms = append(s.terms, "("+strings.Join(columns, ", ")+") "+beyond+" ("+places(from, len(order))+")")
	return nil
}

// cursorAfter stands for a row's place in the order: the values it is sorted by,
// after the fingerprint of the query, so that no other query takes it.
func cursorAfter(q rolecall.Query, order, row []field) string {
	parts := []string{fingerprint(q)}
	for _, value := range values(row, names(order)) {
		if value == nil {
			value = int64(noTime)
		}
		parts = append(parts, fmt.Sprint(value))
	}
	text, _ := json.Marshal(parts)
	return base64.RawURLEncoding.EncodeToString(text)
}

// fingerprint tells q apart from other queries, whatever their pages.
func fingerprint(q rolecall.Query) string {
	q.After, q.Limit, q.Total = "", 0, false
	text, _ := json.Marshal(q)
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

func bad(name, rule string, args ...any) error {
	return &rolecall.FieldError{Field: name, Rule: fmt.Sprintf(rule, args...), Kind: rolecall.ErrInvalid}
}
