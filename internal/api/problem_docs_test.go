package api

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDocsListEveryProblem(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Problems\n")
	section, _, _ = strings.Cut(section, "\n## ")
	row := regexp.MustCompile("(?m)^\\| ([0-9, ]+) \\| (`[a-z, `-]+`) \\|")
	var got []string
	for _, cells := range row.FindAllStringSubmatch(section, -1) {
		statuses, names := strings.Split(cells[1], ", "), strings.Split(strings.ReplaceAll(cells[2], "`", ""), ", ")
		for i, name := range names {
			got = append(got, fmt.Sprintf("%s %s", statuses[min(i, len(statuses)-1)], name))
		}
	}
	var want []string
	for _, p := range table {
		want = append(want, fmt.Sprintf("%d %s", p.status, p.name))
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(slices.Compact(want), got); d != "" {
		t.Errorf("docs/api.md has other problems than table (- table, + page):\n%s", d)
	}
}
