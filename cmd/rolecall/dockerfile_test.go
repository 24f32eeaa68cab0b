package main_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A dockerfile is what deploy/Dockerfile says: how an image is built, and how it runs.
type dockerfile struct {
	build  []string // commands of the stage that builds, in their order
	copies []copied // into the image
	env    []string
	user   string
	volume string
	port   string
	stop   string // the signal that ends it
	run    []string
}

// A copied is the content of a folder of the building stage, put into the image's root.
type copied struct {
	from  string
	owner string // user:group, root's if it is ""
}

// readDockerfile knows the instructions that deploy/Dockerfile has, and fails on any other:
// what the test does not know it can't vouch for.
func readDockerfile(t *testing.T) (d dockerfile) {
	t.Helper()
	stage := 0
	for line := range strings.Lines(read(t, "deploy/Dockerfile")) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case word == "FROM":
			stage++
		case stage == 1 && line == "RUN go mod download", stage == 1 && word == "ARG", stage == 1 && word == "WORKDIR",
			stage == 1 && word == "COPY": // of the sources, which are here
		case stage == 1 && word == "RUN":
			d.build = append(d.build, rest)
		case stage == 2 && word == "COPY":
			fields := strings.Fields(rest)
			c := copied{}
			for _, f := range fields[:len(fields)-2] {
				if owner, ok := strings.CutPrefix(f, "--chown="); ok {
					c.owner = owner
				} else if f != "--from=build" {
					t.Fatalf("deploy/Dockerfile: the test does not know COPY %s", f)
				}
			}
			if c.from = fields[len(fields)-2]; !strings.HasSuffix(c.from, "/") || fields[len(fields)-1] != "/" {
				t.Fatalf("deploy/Dockerfile: %s: copy the content of a folder to /, so that modes are kept", line)
			}
			d.copies = append(d.copies, c)
		case stage == 2 && word == "ENV":
			d.env = append(d.env, strings.Fields(rest)...)
		case stage == 2 && word == "USER":
			d.user = rest
		case stage == 2 && word == "VOLUME":
			d.volume = rest
		case stage == 2 && word == "EXPOSE":
			d.port = rest
		case stage == 2 && word == "STOPSIGNAL":
			d.stop = rest
		case stage == 2 && (word == "ENTRYPOINT" || word == "CMD"):
			var part []string
			if err := json.Unmarshal([]byte(rest), &part); err != nil {
				t.Fatalf("deploy/Dockerfile: %s: %v", line, err)
			}
			d.run = append(d.run, part...)
		default:
			t.Fatalf("deploy/Dockerfile: the test does not know %q", line)
		}
	}
	return d
}

// image does what d says, in a folder of its own, and returns the image's root.
func (d dockerfile) image(t *testing.T) string {
	t.Helper()
	out, image := t.TempDir(), t.TempDir()
	for _, command := range d.build {
		here := strings.ReplaceAll(command, "/out/", out+"/")
		if here == command {
			t.Fatalf("deploy/Dockerfile: RUN %s writes elsewhere than below /out", command)
		}
		execute(t, "sh", "-c", here)
	}
	execute(t, "chmod", "0755", image)
	for _, c := range d.copies {
		from := strings.Replace(c.from, "/out/", out+"/", 1)
		if c.owner != "" {
			execute(t, "chown", "-R", c.owner, from)
		}
		entries, err := filepath.Glob(from + "*")
		if err != nil || len(entries) == 0 {
			t.Fatalf("%s is empty: %v", c.from, err)
		}
		execute(t, "cp", slices.Concat([]string{"-a"}, entries, []string{image})...)
	}
	return image
}

// execute runs a program in the project's folder.
func execute(t *testing.T, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}
