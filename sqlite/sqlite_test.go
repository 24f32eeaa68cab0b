package sqlite_test

import (
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/storetest"
	"github.com/rolecall/rolecall/sqlite"
)

func TestFile(t *testing.T) {
	storetest.Run(t, storetest.Engine{
		New:     func(t *testing.T) rolecall.Opener { return sqlite.File(filepath.Join(t.TempDir(), "app.db")) },
		Lasting: true,
		Restore: sqlite.File,
	})
}

func TestMemory(t *testing.T) {
	if raced() && testing.Short() {
		t.Skip("-short: a project in memory is a file, and TestFile looks for races in all of the suite")
	}
	storetest.Run(t, storetest.Engine{
		New:     func(t *testing.T) rolecall.Opener { return sqlite.Memory() },
		Restore: sqlite.File,
	})
}

// raced reports whether the race detector is in the test binary.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
