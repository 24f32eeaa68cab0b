package migrate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNodesKnowTheirLines(t *testing.T) {
	docs, _, err := Documents([]byte("\n{\n \"a\": [\n  1,\n\n  {\"b\": 2}\n ],\n \"c\":\n   3}\n[4]"))
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	type line struct {
		name, raw string
		line      int
	}
	var got []line
	var visit func(Node)
	visit = func(n Node) {
		parts := n.Parts()
		if len(parts) == 0 {
			got = append(got, line{n.Name, string(n.Raw), n.Line})
		}
		for _, p := range parts {
			visit(p)
		}
	}
	for _, d := range docs {
		visit(d)
	}
	want := []line{{"", "1", 4}, {"b", "2", 6}, {"c", "3", 9}, {"", "4", 10}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotJSONHasALine(t *testing.T) {
	for text, want := range map[string]int{
		"{}\n{]":       2,
		"{\n\"a\": x}": 2,
		"[1,\n2":       2,
		"\n\nnothing":  3,
	} {
		if _, line, err := Documents([]byte(text)); err == nil || line != want {
			t.Errorf("%q: line %d, %v, want line %d", text, line, err, want)
		}
	}
}
