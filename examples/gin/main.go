// Gin guards routes of github.com/gin-gonic/gin, by an adapter of ten lines.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/gin-gonic/gin"

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

	app := gin.New()
	app.Use(gin.Recovery())
	app.GET("/docs", func(c *gin.Context) { c.String(http.StatusOK, "7 8\n") })
	app.PUT("/docs/:id", use(docs.Require("doc.edit")), func(c *gin.Context) {
		c.String(http.StatusOK, "%s was edited by %s\n", c.Param("id"), pep.SubjectOf(c.Request.Context()))
	})
	return app, nil
}

// use makes gin's middleware of net/http's: the handlers after it run only if
// the guard calls the next. It hands gin's path parameters on, for PathResource.
func use(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		for _, p := range c.Params {
			c.Request.SetPathValue(p.Key, p.Value)
		}
		passed := false
		middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed, c.Request = true, r
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

// policy puts what the app needs into the policy: what is there already stays.
func policy(ctx context.Context, rc *rolecall.Service) error {
	_, err := rc.Write(ctx, rolecall.System("gin"),
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
