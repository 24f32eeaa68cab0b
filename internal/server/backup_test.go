package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rolecall/rolecall"
)

// project opens a project in a new folder and makes a role in it.
func project(t *testing.T, role string) (*Project, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "data")
	p, err := Open(context.Background(), folder, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	_, err = p.Rolecall.Write(context.Background(), devActor, rolecall.Create(&rolecall.Role{ID: rolecall.RoleID(role), Name: role}))
	if err != nil {
		t.Fatal(err)
	}
	return p, folder
}

func roleIn(t *testing.T, folder, role string) bool {
	t.Helper()
	p, err := Open(context.Background(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = rolecall.Find(context.Background(), p.Rolecall, devActor, &rolecall.Role{ID: rolecall.RoleID(role)})
	return err == nil
}

func TestABackupRestoresTheProject(t *testing.T) {
	ctx := context.Background()
	p, _ := project(t, "old")
	backup := filepath.Join(t.TempDir(), "b.db")
	want, err := p.Backup(ctx, backup)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "new")
	got, err := Restore(ctx, backup, folder, false)
	if err != nil {
		t.Fatal(err)
	}
	if got != want || got.Project != p.Rolecall.Project() {
		t.Errorf("restored %+v, want %+v", got, want)
	}
	if !roleIn(t, folder, "old") {
		t.Error("the role is not there")
	}
}

func TestABackupOverwritesNothing(t *testing.T) {
	p, _ := project(t, "x")
	file := filepath.Join(t.TempDir(), "b.db")
	os.WriteFile(file, []byte("mine"), 0o600)
	if _, err := p.Backup(context.Background(), file); !errors.Is(err, ErrExists) {
		t.Errorf("Backup() = %v, want ErrExists", err)
	}
	if data, _ := os.ReadFile(file); string(data) != "mine" {
		t.Errorf("the file now holds %d bytes", len(data))
	}
}

func TestARestoreThatFailsLeavesTheProjectAsItWas(t *testing.T) {
	ctx := context.Background()
	source, _ := project(t, "new")
	good := filepath.Join(t.TempDir(), "good.db")
	if _, err := source.Backup(ctx, good); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte{}, whole...)
	for i := len(flipped) - 2000; i < len(flipped); i++ {
		flipped[i] ^= 1
	}
	for _, tt := range []struct {
		name  string
		data  []byte
		force bool
	}{
		{"without force", whole, false},
		{"from half a file", whole[:len(whole)/2], true},
		{"from a file that is no database", []byte("hello, this is text, and long enough to look at"), true},
		{"from an empty file", nil, true},
		{"from a backup that was altered", flipped, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, folder := project(t, "old")
			p.Close()
			file := filepath.Join(t.TempDir(), "b.db")
			os.WriteFile(file, tt.data, 0o600)
			if _, err := Restore(ctx, file, folder, tt.force); err == nil {
				t.Error("it was restored")
			} else {
				t.Log(err)
			}
			if !roleIn(t, folder, "old") || roleIn(t, folder, "new") {
				t.Error("the project has changed")
			}
			only(t, folder, DataFile)
		})
	}
}

func TestARestoreReplacesAProjectWithForce(t *testing.T) {
	ctx := context.Background()
	source, _ := project(t, "new")
	backup := filepath.Join(t.TempDir(), "b.db")
	if _, err := source.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	p, folder := project(t, "old")
	if _, err := Restore(ctx, backup, folder, true); err == nil {
		t.Error("it was restored under a process that uses it")
	}
	p.Close()
	if _, err := Restore(ctx, backup, folder, true); err != nil {
		t.Fatal(err)
	}
	if roleIn(t, folder, "old") || !roleIn(t, folder, "new") {
		t.Error("the project is not the backup's")
	}
	only(t, folder, DataFile)
}

// only fails if a folder holds anything but one file.
func only(t *testing.T, folder, file string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != file {
			t.Errorf("%s was left in the folder", e.Name())
		}
	}
}
