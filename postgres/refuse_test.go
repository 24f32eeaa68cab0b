package postgres

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/freeport"
	"github.com/rolecall/rolecall/internal/pgtest"
)

// tables lists the tables of a schema and their sizes.
func tables(t *testing.T, source string) []string {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	rows, err := c.Query(ctx, `
		SELECT tablename || ' ' || pg_relation_size(format('%I.%I', schemaname, tablename)) FROM pg_tables
		WHERE schemaname = current_schema() ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const password = "s3cret-Passw0rd"

func TestOpenKeepsOffWhatIsNotItsOwn(t *testing.T) {
	// as returns source for another user of a kind, whom it makes.
	as := func(t *testing.T, source, user, what string) string {
		t.Helper()
		pgtest.Exec(t, source, "CREATE ROLE "+user+" "+what+" PASSWORD '"+password+"'")
		t.Cleanup(func() { pgtest.Exec(t, source, "DROP OWNED BY "+user, "DROP ROLE "+user) })
		u, _ := url.Parse(source)
		u.User = url.UserPassword(user, password)
		return u.String()
	}
	schemaOf := func(source string) string {
		u, _ := url.Parse(source)
		return u.Query().Get("search_path")
	}
	project := func(t *testing.T, source string) string {
		t.Helper()
		db, err := Open(context.Background(), source)
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		return source
	}
	changed := func(source string, f func(*url.URL)) string {
		u, _ := url.Parse(source)
		u.User = url.UserPassword("rolecall", password)
		f(u)
		return u.String()
	}
	tests := []struct {
		name string
		make func(t *testing.T, source string) (wrong string)
		says string
		kind error
	}{
		{"no URL", func(*testing.T, string) string { return "host=localhost password=" + password },
			"is named like postgres://", rolecall.ErrInvalid},
		{"a URL that can't be read", func(*testing.T, string) string { return "postgres://u:" + password + "@host:port/x" },
			"can't be read", rolecall.ErrInvalid},
		{"a parameter that can't be read", func(_ *testing.T, source string) string {
			return changed(source, func(u *url.URL) { u.RawQuery = "sslmode=perhaps" })
		}, "can't be read", rolecall.ErrInvalid},
		{"nobody listens", func(t *testing.T, source string) string {
			addr, err := freeport.Addr()
			if err != nil {
				t.Fatal(err)
			}
			return changed(source, func(u *url.URL) { u.Host = addr })
		}, "can't be reached: nobody listens there", rolecall.ErrUnavailable},
		{"something else listens", func(t *testing.T, source string) string {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					c.Write([]byte("220 mail.example.com ESMTP\r\n"))
					c.Close()
				}
			}()
			return changed(source, func(u *url.URL) { u.Host = l.Addr().String() })
		}, "can't be reached", rolecall.ErrUnavailable},
		{"no such host", func(_ *testing.T, source string) string {
			return changed(source, func(u *url.URL) { u.Host = "no-such-host.invalid:5432" })
		}, "can't be reached: the host no-such-host.invalid is not known", rolecall.ErrUnavailable},
		{"no such database", func(_ *testing.T, source string) string {
			return changed(source, func(u *url.URL) { u.Path = "/none" })
		}, "there is no such database", rolecall.ErrInvalid},
		{"TLS that the server lacks", func(_ *testing.T, source string) string {
			return changed(source, func(u *url.URL) { u.RawQuery = "sslmode=require" })
		}, "does not speak TLS", rolecall.ErrUnavailable},
		{"a user who may not come in", func(t *testing.T, source string) string {
			return as(t, source, "locked_out", "NOLOGIN")
		}, "does not let the user in", rolecall.ErrUnavailable},
		{"no such schema", func(_ *testing.T, source string) string {
			return changed(source, func(u *url.URL) { u.RawQuery = "sslmode=disable&search_path=nowhere" })
		}, "the schema that search_path names does not exist", rolecall.ErrInvalid},
		{"an encoding that can't hold all text", func(t *testing.T, source string) string {
			pgtest.Exec(t, source, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
			t.Cleanup(func() { pgtest.Exec(t, source, "DROP DATABASE latin") })
			return changed(source, func(u *url.URL) { u.Path, u.RawQuery = "/latin", "sslmode=disable" })
		}, "its encoding is LATIN1", rolecall.ErrInvalid},
		{"another program's tables", func(t *testing.T, source string) string {
			pgtest.Exec(t, source, "CREATE TABLE users (id TEXT)", "INSERT INTO users VALUES ('x')")
			return source
		}, "holds tables that are not rolecall's", rolecall.ErrInvalid},
		{"a newer schema", func(t *testing.T, source string) string {
			project(t, source)
			pgtest.Exec(t, source, "UPDATE rolecall_schema SET version = 9999, oldest = 9998")
			return source
		}, "it was written by a newer version of rolecall (schema 9999", rolecall.ErrInvalid},
		{"a user who may not make tables", func(t *testing.T, source string) string {
			user := as(t, source, "no_maker", "LOGIN")
			pgtest.Exec(t, source, "GRANT USAGE ON SCHEMA "+schemaOf(source)+" TO no_maker")
			return user
		}, "may not make tables", rolecall.ErrUnavailable},
		{"a user who may only read", func(t *testing.T, source string) string {
			project(t, source)
			user := as(t, source, "only_reader", "LOGIN")
			schema := schemaOf(source)
			pgtest.Exec(t, source, "GRANT USAGE ON SCHEMA "+schema+" TO only_reader", "GRANT SELECT ON ALL TABLES IN SCHEMA "+schema+" TO only_reader")
			return user
		}, "may not read and write its table", rolecall.ErrUnavailable},
		{"a user who may do nothing with the tables", func(t *testing.T, source string) string {
			project(t, source)
			user := as(t, source, "stranger", "LOGIN")
			pgtest.Exec(t, source, "GRANT USAGE ON SCHEMA "+schemaOf(source)+" TO stranger")
			return user
		}, "may not read and write its table", rolecall.ErrUnavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source := pgtest.Source(t)
			wrong := test.make(t, source)
			before := tables(t, source)
			db, err := Open(context.Background(), wrong)
			if err == nil {
				db.Close()
				t.Fatal("it was opened")
			}
			t.Log(err)
			if !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), password) {
				t.Errorf("got error %q, want one line with %q and without the password", err, test.says)
			}
			if !errors.Is(err, test.kind) {
				t.Errorf("got error %v, want one that is %q", err, test.kind)
			}
			if d := cmp.Diff(before, tables(t, source)); d != "" {
				t.Errorf("the database was touched (-before +after):\n%s", d)
			}
		})
	}
}

// Who may do everything with the tables, but owns none of them, is enough.
func TestAUserWhoOwnsNothing(t *testing.T) {
	source := pgtest.Source(t)
	db, err := Open(context.Background(), source)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	u, _ := url.Parse(source)
	schema := u.Query().Get("search_path")
	pgtest.Exec(t, source, "CREATE ROLE worker LOGIN", "GRANT USAGE ON SCHEMA "+schema+" TO worker",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "+schema+" TO worker")
	t.Cleanup(func() { pgtest.Exec(t, source, "DROP OWNED BY worker", "DROP ROLE worker") })
	u.User = url.User("worker")
	db, err = Open(context.Background(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := add(db, "a"); err != nil {
		t.Error(err)
	}
	holds(t, db, "a")
}

func TestNameHoldsNoSecret(t *testing.T) {
	got := Name("postgres://ann:" + password + "@db.example.com:6432/app?sslmode=disable&options=-c%20x%3D1")
	if want := `database "app" at db.example.com:6432`; got != want {
		t.Errorf("Name: got %s, want %s", got, want)
	}
	if got := Name("postgres://ann:" + password + "@:bad"); strings.Contains(got, password) {
		t.Errorf("Name: got %s", got)
	}
}
