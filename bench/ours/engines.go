package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/bench/measure"
	"github.com/rolecall/rolecall/bench/workload"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/sqlite"
)

// engines are ours, and the floor against itself, which shows the noise. What
// they keep in files is under folder.
func engines(folder, binary string) []*measure.Engine {
	var server *server
	return []*measure.Engine{
		{
			Name: "floor", Label: "floor", Note: "against itself: the noise",
			Load: func(_ context.Context, w *workload.World) (measure.Decide, error) {
				f := workload.New(w.Size).Floor
				return func(q *workload.Question) (bool, error) { return f.Decide(q), nil }, nil
			},
		},
		{
			Name: "dated", Label: "floor, dated", Note: "the floor, which looks at the clock too for each decision",
			Load: func(_ context.Context, w *workload.World) (measure.Decide, error) {
				f, until := workload.New(w.Size).Floor, time.Now().Add(time.Hour)
				return func(q *workload.Question) (bool, error) { return time.Now().Before(until) && f.Decide(q), nil }, nil
			},
		},
		{
			Name: "embedded", Label: "Rolecall, embedded", Note: "`Service.Can`, data in a SQLite file",
			File:    true,
			Prepare: func(ctx context.Context, w *workload.World) error { return write(ctx, folder, w) },
			Load: func(ctx context.Context, _ *workload.World) (measure.Decide, error) {
				rc, err := rolecall.Open(ctx, sqlite.File(filepath.Join(folder, dataFile)))
				if err != nil {
					return nil, err
				}
				return asking(ctx, rc), nil
			},
		},
		{
			Name: "replica", Label: "Rolecall, replica", Note: "`Replica.Can`, a live copy of a server's policy",
			File: true,
			Prepare: func(ctx context.Context, w *workload.World) (err error) {
				if err := write(ctx, folder, w); err != nil {
					return err
				}
				server, err = serve(ctx, folder, binary)
				return err
			},
			Load: func(ctx context.Context, _ *workload.World) (measure.Decide, error) {
				r, err := client.Replicate(ctx, server.URL, server.key)
				if err != nil {
					return nil, err
				}
				return asking(ctx, r), nil
			},
		},
		ofPolicy(&measure.Engine{Name: "request", Label: "Rolecall, by a Request", Note: "`Policy.Decide`, as *policy*; it says why, too"},
			func(p *rolecall.Policy, now time.Time) measure.Decide {
				return func(q *workload.Question) (bool, error) {
					return p.Decide(rolecall.Request{Subject: rolecall.SubjectID(q.User), Permission: q.Permission, Tenant: rolecall.TenantID(q.Tenant)}, now).Allowed, nil
				}
			}),
		ofPolicy(&measure.Engine{Name: "policy", Label: "Rolecall, policy", Note: "`Policy.Can`, read from a snapshot"},
			func(p *rolecall.Policy, now time.Time) measure.Decide {
				return func(q *workload.Question) (bool, error) {
					return p.Can(rolecall.SubjectID(q.User), q.Permission, rolecall.TenantID(q.Tenant), now), nil
				}
			}),
	}
}

// ofPolicy completes an engine that is a policy read from a snapshot, and asked.
func ofPolicy(e *measure.Engine, ask func(*rolecall.Policy, time.Time) measure.Decide) *measure.Engine {
	var snapshot []byte
	e.Prepare = func(_ context.Context, w *workload.World) (err error) {
		snapshot, err = snapshotOf(w)
		return err
	}
	e.Load = func(context.Context, *workload.World) (measure.Decide, error) {
		m, err := rolecall.ReadSnapshot(bytes.NewReader(snapshot), rolecall.Part{})
		if err != nil {
			return nil, err
		}
		return ask(m.Policy(), time.Now()), nil
	}
	return e
}

// asking asks the plain question of what decides in this process.
func asking(ctx context.Context, c interface {
	Can(context.Context, rolecall.SubjectID, string, rolecall.TenantID) (bool, error)
}) measure.Decide {
	return func(q *workload.Question) (bool, error) {
		return c.Can(ctx, rolecall.SubjectID(q.User), q.Permission, rolecall.TenantID(q.Tenant))
	}
}

// dataFile is what the server calls it.
const dataFile = "rolecall.db"

// records calls f with all records of a world, each after those it refers to.
func records(w *workload.World, f func(rolecall.Record)) {
	permission := func(i int) rolecall.PermissionID { return rolecall.PermissionID(fmt.Sprint("permission-", i)) }
	for i := range w.Permissions {
		f(&rolecall.Permission{ID: permission(i), API: rolecall.DefaultAPI, Name: workload.Permission(i)})
	}
	for i := range w.Tenants {
		f(&rolecall.Tenant{ID: rolecall.TenantID(workload.Tenant(i)), Name: workload.Tenant(i)})
	}
	for i := range w.Roles {
		f(&rolecall.Role{ID: rolecall.RoleID(workload.Role(i)), Name: workload.Role(i)})
	}
	for r, permissions := range w.Grants {
		for _, p := range permissions {
			f(&rolecall.Grant{Role: rolecall.RoleID(workload.Role(r)), Permission: permission(p)})
		}
	}
	for i := range w.Users {
		f(&rolecall.User{ID: rolecall.SubjectID(workload.User(i))})
	}
	w.Assignments(func(user, role, tenant int) {
		a := &rolecall.Assignment{Subject: rolecall.SubjectID(workload.User(user)), Role: rolecall.RoleID(workload.Role(role))}
		if tenant >= 0 {
			a.Tenant = rolecall.TenantID(workload.Tenant(tenant))
		}
		f(a)
	})
}

// write puts a world into a data file, as an application would. A folder that has
// one keeps it: it is the same.
func write(ctx context.Context, folder string, w *workload.World) error {
	done := filepath.Join(folder, "written-"+w.Name)
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	rc, err := rolecall.Open(ctx, sqlite.File(filepath.Join(folder, dataFile)))
	if err != nil {
		return err
	}
	defer rc.Close()
	const batch = 20_000
	var ops []rolecall.Op
	flush := func() {
		if err == nil && len(ops) > 0 {
			_, err = rc.Write(ctx, rolecall.System("bench"), ops...)
		}
		ops = ops[:0]
	}
	records(w, func(r rolecall.Record) {
		if ops = append(ops, rolecall.Put(r)); len(ops) == batch {
			flush()
		}
	})
	flush()
	if err != nil {
		return err
	}
	return os.WriteFile(done, nil, 0o600)
}

// snapshotOf writes a world as a server writes its snapshots: docs/replicas.md.
func snapshotOf(w *workload.World) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	var err error
	put := func(line any) {
		if err == nil {
			err = e.Encode(line)
		}
	}
	put(map[string]any{"format": rolecall.SnapshotFormat, "project": "bench", "revision": 1,
		"mark": rolecall.Hash{}, "part": rolecall.Part{}, "time": time.Now()})
	type line struct {
		Kind   rolecall.Kind  `json:"kind"`
		Record map[string]any `json:"record"`
	}
	count := 1
	put(line{rolecall.KindAPI, map[string]any{"id": rolecall.DefaultAPI, "identifier": "default"}})
	records(w, func(r rolecall.Record) {
		count++
		put(line{r.Kind(), kept(r)})
	})
	if err == nil {
		sum := sha256.Sum256(out.Bytes())
		fmt.Fprintf(&out, `{"end":true,"records":%d,"sha256":"%x"}`+"\n", count, sum)
	}
	return out.Bytes(), err
}

// kept returns what a snapshot says of a record.
func kept(r rolecall.Record) map[string]any {
	switch r := r.(type) {
	case *rolecall.Permission:
		return map[string]any{"id": r.ID, "api": r.API, "name": r.Name}
	case *rolecall.Tenant:
		return map[string]any{"id": r.ID}
	case *rolecall.Role:
		return map[string]any{"id": r.ID, "name": r.Name}
	case *rolecall.Grant:
		return map[string]any{"role": r.Role, "permission": r.Permission}
	case *rolecall.User:
		return map[string]any{"id": r.ID}
	case *rolecall.Assignment:
		return map[string]any{"subject": r.Subject, "role": r.Role, "tenant": r.Tenant}
	}
	panic(fmt.Sprintf("a %T is not of this workload", r))
}
