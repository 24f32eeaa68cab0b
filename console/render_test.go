package console

import "testing"

// Pages are parsed when they are first asked for, which is too late to learn of a mistake.
func TestEveryPagesTemplateParses(t *testing.T) {
	if len(templates) == 0 {
		t.Error("there are no pages")
	}
	for name, page := range templates {
		if page().Lookup("layout") == nil {
			t.Errorf("%s has no layout", name)
		}
	}
}
