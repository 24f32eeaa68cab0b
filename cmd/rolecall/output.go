package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

// json reports whether the output is for programs.
func (a *app) json() bool { return a.output == "json" }

// show prints v as JSON, or calls people.
func (a *app) show(v any, people func()) error {
	if !a.json() {
		people()
		return nil
	}
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// lines prints aligned columns: every row that f writes, with tabs between cells.
func (a *app) lines(f func(w io.Writer)) { alignTo(a.stdout, "", f) }

// alignTo aligns what f writes, with a margin before and no blanks behind each line.
func alignTo(out io.Writer, margin string, f func(w io.Writer)) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 4, 2, ' ', 0)
	f(w)
	w.Flush()
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(out, strings.TrimRight(margin+line, " \n"))
	}
}

// table prints records: a row for each, with these fields of their JSON form.
func (a *app) table(cmd *cobra.Command, p project, records []rolecall.Record, fields []string) error {
	if a.json() {
		return a.show(append([]rolecall.Record{}, records...), nil)
	}
	n := newNames(cmd.Context(), p)
	if err := n.learn(records, fields); err != nil {
		return err
	}
	a.lines(func(w io.Writer) { n.rows(w, records, fields) })
	return nil
}

// valuesOf returns the fields of a record's JSON form.
func valuesOf(r rolecall.Record) map[string]any {
	data, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	values := map[string]any{}
	json.Unmarshal(data, &values)
	return values
}

// cell is how a table shows a value. What is absent or false is blank.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "yes"
		}
		return ""
	case string:
		return v
	}
	data, _ := json.Marshal(v)
	return string(data)
}

// A section is a list of records that belong to a shown one.
type section struct {
	title   string
	columns []string
	records []rolecall.Record
}

// sheet prints a record with its sections: in JSON, the record's form with the
// sections as members.
func (a *app) sheet(cmd *cobra.Command, p project, r rolecall.Record, sections []section) error {
	if a.json() {
		object := valuesOf(r)
		for _, s := range sections {
			object[s.title] = append([]rolecall.Record{}, s.records...)
		}
		return a.show(object, nil)
	}
	n := newNames(cmd.Context(), p)
	fields := fieldsOf(r)
	if err := n.learn([]rolecall.Record{r}, fields); err != nil {
		return err
	}
	values := valuesOf(r)
	a.lines(func(w io.Writer) {
		for _, field := range fields {
			if text := n.cell(field, values[field]); text != "" {
				fmt.Fprintf(w, "%s:\t%s\n", spaced(field), text)
			}
		}
	})
	for _, s := range sections {
		if len(s.records) == 0 {
			continue
		}
		if err := n.learn(s.records, s.columns); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "\n%s\n", spaced(s.title))
		alignTo(a.stdout, "  ", func(w io.Writer) { n.rows(w, s.records, s.columns) })
	}
	return nil
}

func spaced(field string) string { return strings.ReplaceAll(field, "_", " ") }

// fieldsOf returns the fields of a record's JSON form, in its order.
func fieldsOf(r rolecall.Record) (fields []string) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.Token() // the brace
	for d.More() {
		field, _ := d.Token()
		fields = append(fields, fmt.Sprint(field))
		var value json.RawMessage
		d.Decode(&value)
	}
	return fields
}

// effects prints what a dry run found.
func (a *app) effects(receipt rolecall.Receipt) error {
	shown := struct {
		DryRun    bool              `json:"dry_run"`
		Gained    []rolecall.Effect `json:"gained"`
		Lost      []rolecall.Effect `json:"lost"`
		Truncated bool              `json:"truncated"`
	}{true, append([]rolecall.Effect{}, receipt.Gained...), append([]rolecall.Effect{}, receipt.Lost...), receipt.Truncated}
	return a.show(shown, func() {
		if len(shown.Gained)+len(shown.Lost) == 0 {
			fmt.Fprintln(a.stdout, "dry run: nothing was changed; nobody would gain or lose a permission")
			return
		}
		fmt.Fprintln(a.stdout, "dry run: nothing was changed")
		a.lines(func(w io.Writer) {
			for _, e := range shown.Gained {
				fmt.Fprintf(w, "%s\tgains\t%s\t%s\n", e.Subject, permissionText(e.PermissionRef), where(e.Scope, e.Validity))
			}
			for _, e := range shown.Lost {
				fmt.Fprintf(w, "%s\tloses\t%s\t%s\n", e.Subject, permissionText(e.PermissionRef), where(e.Scope, e.Validity))
			}
		})
		if shown.Truncated {
			fmt.Fprintln(a.stdout, "and more")
		}
	})
}

// shellQuote returns text as one word of a POSIX shell.
func shellQuote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
