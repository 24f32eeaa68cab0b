package rolecall_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	module       = "github.com/rolecall/rolecall"
	architecture = "docs/architecture.md"
	longestChain = 6 // packages, from a program down to the core
)

// The import table in docs/architecture.md is the law: what a package imports,
// of ours and from outside the standard library, stands in its row. Rows may be
// there before their package is. Tests may import anything.
func TestImportsStandInTheTable(t *testing.T) {
	rows := importTable(t)
	for _, p := range packages(t) {
		row, ok := rows.of(p.name)
		if !ok {
			t.Errorf("package %s has no row in the import table of %s", p.name, architecture)
			continue
		}
		for _, i := range p.imports {
			if !row.allows(i) {
				t.Errorf("package %s imports %s, which its row in %s lacks", p.name, i, architecture)
			}
		}
	}
}

func TestTheCoreImportsOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range packages(t) {
		if p.name == "." && len(p.imports) > 0 {
			t.Errorf("the core imports %v", p.imports)
		}
	}
}

func TestTheLongestImportChainIsShort(t *testing.T) {
	imports := map[string][]string{}
	for _, p := range packages(t) {
		imports[p.name] = p.imports
	}
	known := map[string][]string{}
	var longest func(name string) []string
	longest = func(name string) []string {
		if chain, ok := known[name]; ok {
			return chain
		}
		var below []string
		for _, i := range imports[name] {
			if _, ours := imports[i]; ours && len(longest(i)) > len(below) {
				below = longest(i)
			}
		}
		known[name] = append([]string{name}, below...)
		return known[name]
	}
	for name := range imports {
		if chain := longest(name); len(chain) > longestChain {
			t.Errorf("%d packages in a chain of imports, want at most %d: %s", len(chain), longestChain, strings.Join(chain, " > "))
		}
	}
}

// An application links what it imports, and everything beneath. Enforcing and
// asking must not bring it a database, a web framework or a command line.
func TestAppsLinkLittle(t *testing.T) {
	for name, want := range map[string][]string{
		"pep":    {"github.com/go-jose/go-jose/v4"},
		"client": nil,
	} {
		out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.Module.Path}} {{.ImportPath}}{{end}}", "./"+name).Output()
		if err != nil {
			t.Fatalf("go list ./%s: %v", name, err)
		}
		for line := range strings.Lines(string(out)) {
			from, imported, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch {
			case from == module:
				if f := folder(imported); f != "." && f != name {
					t.Errorf("package %s links our %s", name, f)
				}
			case !slices.Contains(want, from):
				t.Errorf("package %s links %s", name, imported)
			}
		}
	}
}

func TestTheTableHasNoRowTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range importTable(t) {
		for _, name := range row.packages {
			if seen[name] {
				t.Errorf("package %s has two rows in %s", name, architecture)
			}
			seen[name] = true
		}
	}
}

// A goPackage is a package of the module with what its non-test files import
// beyond the standard library, and database/sql, which has a door of its own.
// Our packages are named by their folder, the core ".".
type goPackage struct {
	name    string
	imports []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		err := d.Decode(&listed)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := goPackage{name: folder(listed.ImportPath)}
		for _, i := range listed.Imports {
			if first, _, _ := strings.Cut(i, "/"); strings.Contains(first, ".") || i == "database/sql" {
				p.imports = append(p.imports, folder(i))
			}
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatal("go list found no packages")
	}
	return all
}

// folder turns the path of one of our packages into its folder, and leaves others.
func folder(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// A tableRow says what some packages may import: folders of ours, and prefixes
// of import paths from outside.
type tableRow struct {
	packages, ours, outside []string
}

func (r tableRow) allows(imported string) bool {
	return slices.Contains(r.ours, imported) || slices.ContainsFunc(r.outside, func(prefix string) bool {
		return imported == prefix || strings.HasPrefix(imported, prefix+"/")
	})
}

type table []tableRow

// of finds a package's row: by name, or by a pattern such as examples/*.
func (t table) of(name string) (tableRow, bool) {
	for _, row := range t {
		for _, p := range row.packages {
			if ok, _ := path.Match(p, name); ok {
				return row, true
			}
		}
	}
	return tableRow{}, false
}

// importTable reads the Markdown table that begins "| package |".
func importTable(t *testing.T) (rows table) {
	t.Helper()
	text, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "\n| package |")
	if !ok {
		t.Fatalf("%s has no table that begins | package |", architecture)
	}
	for _, line := range strings.Split(after, "\n")[1:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 3 {
			t.Fatalf("%s: the row %q has %d cells, want 3", architecture, line, len(cells))
		}
		rows = append(rows, tableRow{words(cells[0]), words(cells[1]), words(cells[2])})
	}
	if len(rows) == 0 {
		t.Fatalf("%s: the import table has no rows", architecture)
	}
	return rows
}

// words splits a cell into the names in it, whatever stands between them.
func words(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(" ,`", r) })
}
