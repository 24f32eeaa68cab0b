package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/alexedwards/argon2id"
	_ "modernc.org/sqlite"

	"github.com/rolecall/rolecall"
)

// tables are the app's own: its users and their posts.
type tables struct{ db *sql.DB }

const schema = `
	CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users (id), title TEXT NOT NULL, body TEXT NOT NULL);`

// openTables opens the app's database, with three people in a new one whose
// passwords are their names: change them, or take your own users.
func openTables(ctx context.Context, path string) (*tables, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	t := &tables{db}
	var count int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM users").Scan(&count); err != nil || count > 0 {
		return t, err
	}
	for _, name := range []string{"ann", "bob", "cleo"} {
		hash, err := argon2id.CreateHash(name, argon2id.DefaultParams)
		if err != nil {
			return nil, err
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO users (name, password) VALUES (?, ?)", name, hash); err != nil {
			return nil, err
		}
	}
	return t, t.create(ctx, "2", "Hello", "The first post.")
}

// signIn returns the id of the user with a name and a password, 0 if there is none.
func (t *tables) signIn(ctx context.Context, name, password string) (id int64, err error) {
	var hash string
	err = t.db.QueryRowContext(ctx, "SELECT id, password FROM users WHERE name = ?", name).Scan(&id, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		hash = nobody // takes as long as anybody's
	} else if err != nil {
		return 0, err
	}
	if ok, err := argon2id.ComparePasswordAndHash(password, hash); err != nil || !ok {
		return 0, err
	}
	return id, nil
}

// nobody is the hash of a password that nobody has.
var nobody, _ = argon2id.CreateHash(rolecall.RandomText(20), argon2id.DefaultParams)

// User and Users make the table a rolecall.Directory.
var _ rolecall.Directory = (*tables)(nil)

func (t *tables) User(ctx context.Context, id rolecall.SubjectID) (*rolecall.User, error) {
	u := &rolecall.User{ID: id}
	err := t.db.QueryRowContext(ctx, "SELECT name FROM users WHERE id = ?", string(id)).Scan(&u.Name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("user %q: %w", id, rolecall.ErrNotFound)
	}
	return u, err
}

// sorts are the columns that the list of users can be sorted by.
var sorts = map[string]string{"": "id", "id": "id", "name": "name", "created_at": "id"}

func (t *tables) Users(ctx context.Context, q rolecall.Query) (page rolecall.Page, err error) {
	column, ok := sorts[q.Sort]
	if !ok {
		return page, &rolecall.FieldError{Field: "sort", Rule: "must be id, name or created_at", Kind: rolecall.ErrInvalid}
	}
	where, args := "name LIKE ? ESCAPE '\\'", []any{"%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Search) + "%"}
	for _, c := range q.Where {
		field := map[string]string{"id": "CAST(id AS TEXT)", "name": "name", "email": "''"}[c.Field]
		where += " AND " + field + " IN (?" + strings.Repeat(", ?", len(c.Values)-1) + ")"
		for _, v := range c.Values {
			args = append(args, v)
		}
	}
	if err := t.db.QueryRowContext(ctx, "SELECT count(*) FROM users WHERE "+where, args...).Scan(&page.Total); err != nil {
		return page, err
	}
	order := column
	if q.Desc {
		order += " DESC"
	}
	after, _ := strconv.Atoi(q.After) // how many were on the pages before
	limit := q.Limit
	if limit == 0 {
		limit = rolecall.MaxPage
	}
	rows, err := t.db.QueryContext(ctx, "SELECT CAST(id AS TEXT), name FROM users WHERE "+where+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(args, limit, after)...)
	if err != nil {
		return page, err
	}
	defer rows.Close()
	for rows.Next() {
		u := new(rolecall.User)
		if err := rows.Scan(&u.ID, &u.Name); err != nil {
			return page, err
		}
		page.Records = append(page.Records, u)
	}
	if after+limit < page.Total {
		page.Next = strconv.Itoa(after + limit)
	}
	return page, rows.Err()
}

// A post is what the blog is about.
type post struct {
	ID                  int64
	Author, Title, Body string
}

func (t *tables) posts(ctx context.Context) (all []post, err error) {
	rows, err := t.db.QueryContext(ctx, "SELECT p.id, u.name, p.title, p.body FROM posts p JOIN users u ON u.id = p.author ORDER BY p.id DESC LIMIT 100")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p post
		if err := rows.Scan(&p.ID, &p.Author, &p.Title, &p.Body); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

func (t *tables) create(ctx context.Context, author rolecall.SubjectID, title, body string) error {
	_, err := t.db.ExecContext(ctx, "INSERT INTO posts (author, title, body) VALUES (?, ?, ?)", string(author), title, body)
	return err
}

func (t *tables) edit(ctx context.Context, id, title, body string) error {
	return t.changed(t.db.ExecContext(ctx, "UPDATE posts SET title = ?, body = ? WHERE id = ?", title, body, id))
}

func (t *tables) remove(ctx context.Context, id string) error {
	return t.changed(t.db.ExecContext(ctx, "DELETE FROM posts WHERE id = ?", id))
}

var errNoPost = errors.New("there is no such post")

func (t *tables) changed(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errNoPost)
	}
	return nil
}
