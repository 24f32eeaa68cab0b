package main_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecall/rolecall/internal/freeport"
)

var updateDocs = flag.Bool("update-docs", false, "put what the commands print into the docs")

// A docs' server listens here, the test's at a free port.
var docAddr = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// shell is what the commands of the docs find: the programs that the docs run
// from their source, from wherever they are.
const shell = `
go() {
	case "$1 $2" in
	"run ./cmd/rolecall") shift 2; rolecall "$@";;
	"run -C") folder=$3 program=$4; shift 4; command go build -C "$ROOT/$folder" -o "$PWD/.program" "$program" && ./.program "$@";;
	"run ./examples/"*) program=$2; shift 2; command go build -C "$ROOT" -o "$PWD/.program" "$program" && ./.program "$@";;
	*) echo "the test does not know go $*"; return 1;;
	esac
}
`

// The docs show transcripts in ```console blocks: a line that begins with "$ " is
// a command (which goes on in the next line after a backslash and inside single
// quotes), what follows is what it prints. The blocks of a document run in one shell, in a
// folder that holds compat alone, in their order; a command that ends with & stays until the end.
// Ids, times, secrets and the like may differ; "…" stands for any text, on a
// line of its own for any lines.
func TestTranscriptsInTheDocsAreTrue(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq", "python3"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("the docs' commands need %s", program)
		}
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, doc := range docs(t) {
		if len(doc.transcripts()) == 0 {
			continue
		}
		t.Run(doc.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, bin, doc)
			for i, c := range doc.transcripts() {
				if agree(got[i], c.want) {
					continue
				}
				if *updateDocs {
					doc.lines[c.at] = c.text + got[i]
					for at := c.at + 1; at < c.end; at++ {
						doc.lines[at] = ""
					}
					continue
				}
				t.Errorf("%s:%d: %s\nprints (-doc +printed):\n%s", doc.name, c.at+1, c.run, cmp.Diff(c.want, got[i]))
			}
			if *updateDocs {
				if err := os.WriteFile(filepath.Join(root, doc.name), []byte(strings.Join(doc.lines, "")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A transcript is a command and what it prints.
type transcript struct {
	text, run, want string
	at, end         int // its lines in the document
}

func (d *document) transcripts() (all []transcript) {
	inside := false
	for at := 0; at < len(d.lines); at++ {
		line := d.lines[at]
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.TrimSpace(line) == "```console"
		case inside && strings.HasPrefix(line, "$ "):
			c := transcript{text: line, at: at}
			for strings.HasSuffix(c.text, "\\\n") || strings.Count(c.text, "'")%2 == 1 {
				at++
				c.text += d.lines[at]
			}
			c.run, c.end = strings.TrimSpace(c.text[len("$ "):]), at+1
			all = append(all, c)
		case inside && len(all) > 0:
			last := &all[len(all)-1]
			last.want += line
			last.end = at + 1
		}
	}
	return all
}

// run runs d's commands, with the programs in bin, and returns what each printed.
func run(t *testing.T, bin string, d *document) []string {
	t.Helper()
	dir, out := t.TempDir(), t.TempDir()
	printed := func(i int) string { return filepath.Join(out, fmt.Sprint(i)) }
	const defaultAddr = "127.0.0.1:8787"                // that no command has to name
	ours := map[string]string{defaultAddr: freeAddr(t)} // addresses, by those of the docs
	theirs := func(text string) string {
		for doc, addr := range ours {
			text = strings.ReplaceAll(text, addr, doc)
		}
		return text
	}

	var script strings.Builder
	script.WriteString(shell)
	for i, c := range d.transcripts() {
		command := docAddr.ReplaceAllStringFunc(c.run, func(doc string) string {
			if ours[doc] == "" {
				ours[doc] = freeAddr(t)
			}
			return ours[doc]
		})
		fmt.Fprintf(&script, "{ %s\n} >%q 2>&1\n", command, printed(i))
		if strings.HasSuffix(command, "&") { // goes on when it has said what the document says
			fmt.Fprintf(&script, "for _ in $(seq 1200); do [ $(wc -l <%q) -ge %d ] && break; sleep 0.1; done\n", printed(i), strings.Count(c.want, "\n"))
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 8*time.Minute) // a vendor's SDK may have to be fetched
	defer stop()
	bash := exec.CommandContext(ctx, "bash", "-c", script.String())
	bash.Dir = dir
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(top, "compat"), filepath.Join(dir, "compat")); err != nil {
		t.Fatal(err)
	}
	bash.Env = append(os.Environ(), "ROOT="+top, "ROLECALL_ADDR="+ours[defaultAddr], "PATH="+bin+":"+os.Getenv("PATH"),
		"LC_ALL=C.UTF-8") // bash complains of one that is not installed
	bash.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	bash.Cancel = func() error { return syscall.Kill(-bash.Process.Pid, syscall.SIGKILL) }
	if err := bash.Start(); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(-bash.Process.Pid, syscall.SIGTERM) // the servers that it left
	bash.Wait()
	if ctx.Err() != nil {
		t.Error("the commands did not end within eight minutes")
	}

	var all []string
	for i := range d.transcripts() {
		text, err := os.ReadFile(printed(i))
		if err != nil {
			t.Error(err)
		}
		s := strings.ReplaceAll(theirs(string(text)), dir, "~")
		if s != "" && !strings.HasSuffix(s, "\n") {
			s += "\n"
		}
		all = append(all, s)
	}
	return all
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Addr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// masks stand for what differs from run to run.
var masks = []struct {
	pattern *regexp.Regexp
	mask    string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`), "eyJTOKEN"},
	{regexp.MustCompile(`\brck_\w+`), "rck_KEY"},
	{regexp.MustCompile(`\b([a-z]{2,4})_[A-Za-z0-9]{16}\b`), "${1}_ID"},
	{regexp.MustCompile(`\bP[A-Za-z0-9]{27}\b`), "PROJECT"},
	{regexp.MustCompile(`\bU[A-Za-z0-9]{27}\b`), "USER"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "HASH"},
	{regexp.MustCompile(`"expires_in":\d+`), `"expires_in":SECONDS`},
	{docAddr, "127.0.0.1:PORT"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?`), "TIME"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ns|µs|ms|s)\b`), "DURATION"},
}

func masked(s string) string {
	for _, m := range masks {
		s = m.pattern.ReplaceAllString(s, m.mask)
	}
	return s
}

// agree reports whether got is what a document says. Empty lines at the end don't count.
func agree(got, want string) bool {
	got, want = strings.TrimRight(got, "\n")+"\n", strings.TrimRight(want, "\n")+"\n"
	pattern := regexp.QuoteMeta(masked(want))
	pattern = regexp.MustCompile(`(?m)^…\n`).ReplaceAllString(pattern, `(?:.*\n)*`)
	pattern = strings.ReplaceAll(pattern, "…", ".*")
	return regexp.MustCompile(`\A` + pattern + `\z`).MatchString(masked(got))
}

func TestAgree(t *testing.T) {
	tests := []struct {
		name, want, got string
		agree           bool
	}{
		{"the same text", "a\nb\n", "a\nb\n", true},
		{"another text", "a\nb\n", "a\nc\n", false},
		{"more text", "a\n", "a\nb\n", false},
		{"no text", "a\n", "", false},
		{"another id of the same kind", "role rol_0123456789abcdef\n", "role rol_fedcba9876543210\n", true},
		{"an id of another kind", "role rol_0123456789abcdef\n", "role usr_0123456789abcdef\n", false},
		{"another time", "at 2026-11-22T10:00:00Z\n", "at 2027-01-01T00:00:00.123Z\n", true},
		{"dots for a part of a line", "a … c\n", "a b c\n", true},
		{"dots that end too early", "a …\n", "a b\nc\n", false},
		{"dots for lines", "a\n…\nd\n", "a\nb\nc\nd\n", true},
		{"dots for no lines", "a\n…\nd\n", "a\nd\n", true},
		{"signs that mean something in patterns", "a.b*\n", "aXb*\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := agree(tt.got, tt.want); got != tt.agree {
				t.Errorf("agree(%q, %q) = %v, want %v", tt.got, tt.want, got, tt.agree)
			}
		})
	}
}
