package store

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A migration is written for both engines, under one name: its number, counted
// from 1, and what it does.
func TestBothEnginesHaveTheSameMigrations(t *testing.T) {
	list := func(engine string) []string {
		files, err := fs.Glob(migrations, "migrations/"+engine+"/*.sql")
		if err != nil || len(files) == 0 {
			t.Fatalf("%d migrations of %s, %v", len(files), engine, err)
		}
		for i, file := range files {
			files[i] = path.Base(file)
			if !strings.HasPrefix(files[i], fmt.Sprintf("%04d_", i+1)) {
				t.Errorf("%s's migration %d is called %s", engine, i+1, files[i])
			}
		}
		return files
	}
	if d := cmp.Diff(list("sqlite"), list("postgres")); d != "" {
		t.Errorf("migrations (-sqlite +postgres):\n%s", d)
	}
}
