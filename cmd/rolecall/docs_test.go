package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// What a ```sh block tells a reader to do is a target of the Makefile, or is
// shown in a transcript, where --once may make it end.
func TestCommandsInTheDocsExist(t *testing.T) {
	makefile := read(t, "Makefile")
	shown := map[string]bool{}
	for _, doc := range docs(t) {
		for _, c := range doc.transcripts() {
			shown[strings.TrimSuffix(c.run, " --once")] = true
		}
	}
	for _, doc := range docs(t) {
		for _, b := range doc.blocks("sh") {
			for _, line := range strings.Split(strings.TrimSpace(b), "\n") {
				command, _, _ := strings.Cut(line, " #")
				command = strings.TrimSpace(command)
				if target, ok := strings.CutPrefix(command, "make "); ok {
					target, _, _ = strings.Cut(target, " ")
					if !strings.Contains(makefile, "\n"+target+":") {
						t.Errorf("%s: %s: the Makefile has no such target", doc.name, command)
					}
				} else if !shown[command] {
					t.Errorf("%s: no transcript shows what %q prints", doc.name, command)
				}
			}
		}
	}
	if !strings.Contains(read(t, ".ci/run"), "\nmake test\n") {
		t.Error(".ci/run does not run the README's test command, make test")
	}
}

// Go code in the docs is a part of a program in examples/, where it is compiled.
func TestGoCodeInTheDocsIsCompiled(t *testing.T) {
	var programs []string
	err := filepath.WalkDir(filepath.Join(root, "examples"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			var text []byte
			if text, err = os.ReadFile(path); err == nil {
				programs = append(programs, flush(string(text)))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs(t) {
		for _, code := range doc.blocks("go") {
			if !contained(flush(code), programs) {
				t.Errorf("%s: no program in examples/ contains\n%s", doc.name, code)
			}
		}
	}
}

// Links lead to files, and Go files that the docs name are there, in a folder
// that may have been named before.
func TestWhatTheDocsNameIsThere(t *testing.T) {
	files := "\n"
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, _ fs.DirEntry, err error) error {
		files += path + "\n"
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	file := regexp.MustCompile("`([a-z][\\w/.-]*\\.go)`")
	for _, doc := range append(docs(t), decisions(t)...) {
		text := strings.Join(doc.lines, "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(doc.name), m[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", doc.name, m[1])
			}
		}
		for _, m := range file.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(files, "/"+m[1]+"\n") && !strings.Contains(files, "\n"+m[1]+"\n") {
				t.Errorf("%s: there is no file %s", doc.name, m[1])
			}
		}
	}
}

// Decisions made side by side must not take the same number.
func TestDecisionsAreNumberedInOrder(t *testing.T) {
	for i, doc := range decisions(t) {
		if want := fmt.Sprintf("docs/decisions/%04d-", i+1); !strings.HasPrefix(doc.name, want) {
			t.Fatalf("%s: its name must begin with %s", doc.name, want)
		}
		if want := fmt.Sprintf("# %d. ", i+1); !strings.HasPrefix(doc.lines[0], want) {
			t.Errorf("%s: its title must begin with %q", doc.name, want)
		}
	}
}

func contained(code string, programs []string) bool {
	for _, p := range programs {
		if strings.Contains(p, code) {
			return true
		}
	}
	return false
}

// flush removes what indents the lines of code.
func flush(code string) string {
	lines := strings.Split(code, "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], " \t")
	}
	return strings.Join(lines, "\n")
}

// A document is a Markdown file of the project.
type document struct {
	name  string
	lines []string // with their ends
}

// docs are what may hold commands and code.
func docs(t *testing.T) []*document {
	return documents(t, "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "docs/compat/*.md")
}

func decisions(t *testing.T) []*document { return documents(t, "docs/decisions/*.md") }

func documents(t *testing.T, patterns ...string) (all []*document) {
	t.Helper()
	for _, pattern := range patterns {
		names, err := fs.Glob(os.DirFS(root), pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no documents %s: %v", pattern, err)
		}
		for _, name := range names {
			all = append(all, &document{name, strings.SplitAfter(read(t, name), "\n")})
		}
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the contents of d's fenced blocks in a language.
func (d *document) blocks(language string) (all []string) {
	var inside string
	for _, line := range d.lines {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && inside != "":
			inside = ""
		case isFence:
			if inside = fence; inside == "" {
				inside = "text"
			}
			if inside == language {
				all = append(all, "")
			}
		case inside == language:
			all[len(all)-1] += line
		}
	}
	return all
}
