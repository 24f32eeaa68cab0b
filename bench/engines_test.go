package bench

import (
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheOtherEnginesProgramsUseWhatIsHere checks the types of the modules that
// take minutes to compile, without the engines: what they use of ours is looked
// up, and the rest is taken on trust.
func TestTheOtherEnginesProgramsUseWhatIsHere(t *testing.T) {
	modules, err := filepath.Glob("*/go.mod")
	if err != nil || len(modules) == 0 {
		t.Fatalf("there are no modules of other engines: %v", err)
	}
	ours := exported(t)
	for _, module := range modules {
		t.Run(filepath.Dir(module), func(t *testing.T) {
			fset := token.NewFileSet()
			var files []*ast.File
			names, err := filepath.Glob(filepath.Join(filepath.Dir(module), "*.go"))
			if err != nil || len(names) == 0 {
				t.Fatalf("it has no files: %v", err)
			}
			for _, name := range names {
				f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
				if err != nil {
					t.Fatal(err)
				}
				files = append(files, f)
			}
			known := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
				file, ok := ours[path]
				if !ok {
					return nil, errElsewhere
				}
				return os.Open(file)
			})
			config := types.Config{Importer: known, Error: func(err error) {
				if !strings.Contains(err.Error(), errElsewhere.Error()) && !rests(err, files) {
					t.Error(err)
				}
			}}
			config.Check(module, fset, files, nil) // Error has them all
		})
	}
}

// embeds is what is said of a member that a type of the module's own may have from
// an engine's type in it.
var embeds = regexp.MustCompile(`undefined \(type \*?\w+ has no field or method`)

// rests reports whether err may be due to what is not read: what an engine's type
// has, and names of packages, since github.com/cedar-policy/cedar-go is cedar.
func rests(err error, files []*ast.File) bool {
	if embeds.MatchString(err.Error()) {
		return true
	}
	_, name, is := strings.Cut(err.Error(), "undefined: ")
	if !is {
		return false
	}
	for _, f := range files {
		for _, i := range f.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if i.Name == nil && !strings.HasPrefix(path, "github.com/rolecall/") && strings.Contains(path, name) {
				return true
			}
		}
	}
	return false
}

var errElsewhere = errors.New("a package of another engine's")

// exported returns the files in which the compiler keeps what packages export:
// those of this module, and all that they rest on.
func exported(t *testing.T) map[string]string {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, file, _ := strings.Cut(strings.TrimSpace(line), " "); file != "" {
			files[path] = file
		}
	}
	return files
}
