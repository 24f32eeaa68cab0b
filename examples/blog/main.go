// Blog is a small app with users of its own, in a database of its own, that
// mounts Rolecall: guards on its routes, buttons that only show for those who
// may, and the console as its dashboard. Nothing else runs beside it.
//
//	go run . -data /tmp/blog
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/sqlite"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8788", "where to listen")
	data := flag.String("data", "blog-data", "the folder of the two data files")
	flag.Parse()
	app, err := open(context.Background(), *data)
	if err != nil {
		log.Fatal(err)
	}
	defer app.close()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%[1]s/ and, for administrators, http://%[1]s/perm-admin/\n", listener.Addr())
	log.Fatal(http.Serve(listener, app.handler()))
}

// An app is the blog: its own tables, and the policy beside them.
type app struct {
	*tables
	rc *rolecall.Service
}

// open opens the blog in a folder, and fills a new one with people and a post.
func open(ctx context.Context, folder string) (*app, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	t, err := openTables(ctx, filepath.Join(folder, "blog.db"))
	if err != nil {
		return nil, err
	}
	rc, err := rolecall.Open(ctx, sqlite.File(filepath.Join(folder, "policy.db")), rolecall.WithDirectory(t))
	if err != nil {
		return nil, errors.Join(err, t.db.Close())
	}
	a := &app{t, rc}
	return a, a.policy(ctx)
}

func (a *app) close() error { return errors.Join(a.rc.Close(), a.db.Close()) }

// policy says which roles there are, and who has them at first: ann administers,
// bob writes, cleo may do nothing but read. What is there already stays, so that
// what the dashboard changed is not changed back; roles are given to people
// only when the roles are new.
func (a *app) policy(ctx context.Context) error {
	by := rolecall.System("blog")
	if _, err := rolecall.Find(ctx, a.rc, by, &rolecall.Role{ID: "author"}); !errors.Is(err, rolecall.ErrNotFound) {
		return err
	}
	var ops []rolecall.Op
	for _, name := range []string{"post.read", "post.create", "post.edit", "post.delete"} {
		ops = append(ops, rolecall.Put(&rolecall.Permission{ID: rolecall.PermissionID(name), Name: name}))
	}
	ops = append(ops,
		rolecall.Create(&rolecall.Role{ID: "reader", Name: "Reader"}),
		rolecall.Create(&rolecall.Grant{Role: "reader", Permission: "post.read"}),
		rolecall.Create(&rolecall.Role{ID: "author", Name: "Author"}),
		rolecall.Create(&rolecall.Inheritance{Senior: "author", Junior: "reader"}),
		rolecall.Create(&rolecall.Grant{Role: "author", Permission: "post.create"}),
		rolecall.Create(&rolecall.Grant{Role: "author", Permission: "post.edit"}),
		rolecall.Create(&rolecall.Role{ID: "moderator", Name: "Moderator"}),
		rolecall.Create(&rolecall.Inheritance{Senior: "moderator", Junior: "author"}),
		rolecall.Create(&rolecall.Grant{Role: "moderator", Permission: "post.delete"}),
		// The users are the app's: the policy adopts them as they are given something.
		rolecall.Create(&rolecall.Assignment{Subject: "1", Role: rolecall.RoleOwner}),
		rolecall.Create(&rolecall.Assignment{Subject: "1", Role: "moderator"}),
		rolecall.Create(&rolecall.Assignment{Subject: "2", Role: "author"}),
		rolecall.Create(&rolecall.Assignment{Subject: "3", Role: "reader"}),
	)
	_, err := a.rc.Write(ctx, by, ops...)
	return err
}
