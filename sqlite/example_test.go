package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

// A project stays in its file, and several processes may have it open.
func ExampleFile() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	file := sqlite.File(filepath.Join(folder, "app.db"))

	rc, err := rolecall.Open(ctx, file)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := rc.Write(ctx, rolecall.System("app"), rolecall.Create(&rolecall.User{ID: "alice", Name: "Alice"})); err != nil {
		log.Fatal(err)
	}
	if err := rc.Close(); err != nil {
		log.Fatal(err)
	}

	rc, err = rolecall.Open(ctx, file)
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	alice, err := rolecall.Find(ctx, rc, rolecall.System("app"), &rolecall.User{ID: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(alice.Name)
	// Output: Alice
}
