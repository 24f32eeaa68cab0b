package sqlite_test

import (
	"path/filepath"
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
	storetest.Run(t, storetest.Engine{
		New:     func(t *testing.T) rolecall.Opener { return sqlite.Memory() },
		Restore: sqlite.File,
	})
}
