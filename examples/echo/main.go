// Echo guards routes of github.com/labstack/echo, which takes net/http's middleware.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/pep"
	"github.com/rolecall/rolecall/sqlite"
)

func main() {
	rc, err := rolecall.Open(context.Background(), sqlite.File("docs.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	app, err := newApp(context.Background(), rc)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8788", app))
}

func newApp(ctx context.Context, rc *rolecall.Service) (http.Handler, error) {
	if err := policy(ctx, rc); err != nil {
		return nil, err
	}
	guard := pep.New(rc, pep.Subject(user))
	docs := guard.With(pep.Resource(pep.PathResource("doc", "id")))

	app := echo.New()
	app.GET("/docs", func(c echo.Context) error { return c.String(http.StatusOK, "7 8\n") })
	app.PUT("/docs/:id", func(c echo.Context) error {
		return c.String(http.StatusOK, c.Param("id")+" was edited by "+string(pep.SubjectOf(c.Request().Context()))+"\n")
	}, params, echo.WrapMiddleware(docs.Require("doc.edit")))
	return app, nil
}

// params hands echo's path parameters on, for PathResource.
func params(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		for i, name := range c.ParamNames() {
			c.Request().SetPathValue(name, c.ParamValues()[i])
		}
		return next(c)
	}
}

// policy puts what the app needs into the policy: what is there already stays.
func policy(ctx context.Context, rc *rolecall.Service) error {
	_, err := rc.Write(ctx, rolecall.System("echo"),
		rolecall.Put(&rolecall.Permission{ID: "doc.edit", Name: "doc.edit"}),
		rolecall.Put(&rolecall.Role{ID: "editor", Name: "Editor"}),
		rolecall.Put(&rolecall.Grant{Role: "editor", Permission: "doc.edit"}),
		rolecall.Put(&rolecall.User{ID: "alice"}),
		rolecall.Put(&rolecall.User{ID: "bob"}),
		rolecall.Put(&rolecall.Assignment{Subject: "alice", Role: "editor"}),
		rolecall.Put(&rolecall.Assignment{Subject: "bob", Role: "editor", Scope: rolecall.Scope{Resource: "doc:7"}}),
	)
	return err
}

// user says who makes a request. Yours asks the session, or verifies a token;
// this one believes the name in Basic credentials, as only an example may.
func user(r *http.Request) (rolecall.SubjectID, error) {
	name, _, ok := r.BasicAuth()
	if !ok {
		return "", pep.ErrNoSubject
	}
	return rolecall.SubjectID(name), nil
}
