package postgres_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/pgtest"
	"github.com/rolecall/rolecall/internal/server"
	"github.com/rolecall/rolecall/postgres"
)

// A dump of PostgreSQL's own, made while a node writes, is a backup.
func TestADumpIsABackup(t *testing.T) {
	ctx := context.Background()
	cluster, err := pgtest.Start()
	if err != nil {
		pgtest.Missing(t, err)
	}
	defer cluster.Stop()
	rc, err := rolecall.Open(ctx, postgres.Database(cluster.Source))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	by := rolecall.System("test")
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			default:
				if _, err := rc.Write(ctx, by, rolecall.Create(&rolecall.User{ID: rolecall.SubjectID(rolecall.NewID("usr"))})); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	if err := rc.WaitFor(ctx, 5); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "app.dump")
	run := func(program string, args ...string) {
		t.Helper()
		if out, err := exec.Command(cluster.Program(program), args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", program, err, out)
		}
	}
	run("pg_dump", "--format", "custom", "--file", file, cluster.Source)
	close(done)
	<-stopped
	pgtest.Exec(t, cluster.Source, "CREATE DATABASE restored")
	restored := strings.Replace(cluster.Source, "/postgres?", "/restored?", 1)
	run("pg_restore", "--no-owner", "--dbname", restored, file)
	again, err := rolecall.Open(ctx, postgres.Database(restored))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	head, err := again.VerifyAudit(ctx, by, nil)
	if err != nil || head.Project != rc.Project() || head.Revision < 5 || head.Revision > rc.Revision() {
		t.Errorf("the restored project %v, %v; want %s at 5 to %d", head, err, rc.Project(), rc.Revision())
	}
	// pg_restore makes tables in the order of their names, not in that of what they refer to.
	copied, err := server.Copy(ctx, restored, "sqlite:"+filepath.Join(t.TempDir(), "copy"))
	if err != nil || copied.Head.Revision != head.Revision {
		t.Errorf("a copy of the restored project is at revision %d, %v; want %d", copied.Head.Revision, err, head.Revision)
	}
}
