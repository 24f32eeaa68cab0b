package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
	"github.com/rolecall/rolecall/examples/hello"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/server"
	"github.com/rolecall/rolecall/pep"
)

// This file sets the stage of the demo: a server with a project, and an API of
// another process, so to speak, that asks the server over HTTP. tour.go plays.

func (a *app) demo() *cobra.Command {
	var once bool
	var addr, apiAddr string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a server and an API that it guards, and show what they do",
		Long: `Run a server with three users and an API that it guards, and show with real HTTP
requests who gets 200, 401 and 403, and why. Then both stay up, for you to try.
Without --data the project is in a temporary folder. With --once the command ends
after the tour: with 0 if every answer was the expected one.`,
		Args: arguments(0, 0),
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the tour")
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "`host:port` of the server; port 0 takes a free one")
	cmd.Flags().StringVar(&apiAddr, "api-addr", "127.0.0.1:0", "`host:port` of the guarded API")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		folder := a.settings.Data
		if !a.flags.Lookup("data").Changed {
			if folder, err = os.MkdirTemp("", "rolecall-demo-"); err != nil {
				return err
			}
			defer os.RemoveAll(folder)
		}
		return a.play(cmd.Context(), folder, addr, apiAddr, once)
	}
	return cmd
}

// play runs the servers of the demo around the tour.
func (a *app) play(ctx context.Context, folder, addr, apiAddr string, once bool) error {
	begin := time.Now()
	s, err := server.New(ctx, server.Config{Data: folder, Addr: addr, DrainTimeout: 5 * time.Second})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cast, err := setUp(ctx, s)
	if err != nil {
		s.Close()
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()

	err = func() error {
		api, url, err := startAPI(ctx, s.URL(), cast.apiKey, apiAddr)
		if err != nil {
			return err
		}
		defer api.Shutdown(context.Background())
		t := &tour{ctx: ctx, paint: newPaint(a.stdout, a.lookup), server: s.URL(), api: url, cast: cast}
		if err := t.play(); err != nil || once {
			return err
		}
		t.stay(folder, time.Since(begin))
		<-ctx.Done()
		return nil
	}()
	stop()
	return errors.Join(err, <-ended)
}

// A cast is whom the demo needs, with the secrets of this run.
type cast struct {
	passwords map[rolecall.SubjectID]string
	ownerKey  string // of cleo
	apiKey    string // of the guarded API
}

// What the demo is about. The ids are fixed, so that it can be run again in the
// same folder.
const (
	audience  = "https://hello.example.com"
	helloAPI  = rolecall.APIID("hello")
	adminRole = rolecall.RoleID("messages-admin")
	askerRole = rolecall.RoleID("decision-asker")

	ada  = rolecall.SubjectID("ada")  // may read the admin message, at first
	ben  = rolecall.SubjectID("ben")  // may not
	cleo = rolecall.SubjectID("cleo") // owns the project
)

// errNotOurs keeps the demo out of a project that somebody uses.
var errNotOurs = errors.New("the folder holds a project that is not the demo's: name another folder with --data")

// setUp makes the demo's project what it is before the tour.
func setUp(ctx context.Context, s *server.Server) (*cast, error) {
	by := rolecall.System("demo")
	_, err := rolecall.Find(ctx, s.Rolecall, by, &rolecall.API{ID: helloAPI})
	if errors.Is(err, rolecall.ErrNotFound) && s.Rolecall.Revision() > 1 {
		return nil, errNotOurs
	}
	if err != nil && !errors.Is(err, rolecall.ErrNotFound) {
		return nil, err
	}

	c := &cast{passwords: map[rolecall.SubjectID]string{}}
	ops := []rolecall.Op{
		rolecall.Put(&rolecall.API{ID: helloAPI, Identifier: audience, Name: "Hello World"}),
		rolecall.Put(&rolecall.Permission{ID: hello.Permission, API: helloAPI, Name: hello.Permission, Description: "Read the admin message"}),
		rolecall.Put(&rolecall.Role{ID: adminRole, Name: "Messages Admin"}),
		rolecall.Put(&rolecall.Grant{Role: adminRole, Permission: hello.Permission}),
		rolecall.Put(&rolecall.Role{ID: askerRole, Name: "Decision Asker", Description: "What an API needs to ask about its callers"}),
		rolecall.Put(&rolecall.Grant{Role: askerRole, Permission: rolecall.PermissionCheck}),
	}
	for id, user := range map[rolecall.SubjectID]identity.NewUser{
		ada:  {User: rolecall.User{Name: "Ada"}, Roles: []rolecall.Assignment{{Role: adminRole}}},
		ben:  {User: rolecall.User{Name: "Ben"}},
		cleo: {User: rolecall.User{Name: "Cleo"}, Roles: []rolecall.Assignment{{Role: rolecall.RoleOwner}}},
	} {
		c.passwords[id] = rolecall.RandomText(12)
		user.ID, user.Email, user.Password = id, string(id)+"@example.com", c.passwords[id]
		made, err := s.Identity.ReplaceOps(ctx, user)
		if err != nil {
			return nil, err
		}
		ops = append(ops, made...)
	}
	if _, err := s.Rolecall.Write(ctx, by, ops...); err != nil {
		return nil, err
	}
	if c.ownerKey, err = freshKey(ctx, s, by, identity.NewKey{ID: "key_democleo", Name: "Cleo's key", Subject: cleo}); err != nil {
		return nil, err
	}
	c.apiKey, err = freshKey(ctx, s, by, identity.NewKey{ID: "key_demoapi", Name: "Hello World API", Roles: []rolecall.Assignment{{Role: askerRole}}})
	return c, err
}

// freshKey returns a new secret of the key that k is.
func freshKey(ctx context.Context, s *server.Server, by rolecall.Actor, k identity.NewKey) (string, error) {
	key, err := s.Identity.RotateKey(ctx, by, k.ID)
	if errors.Is(err, rolecall.ErrNotFound) {
		key, err = s.Identity.CreateKey(ctx, by, k)
	}
	if err != nil {
		return "", err
	}
	return key.Secret, nil
}

// startAPI starts the guarded API: all that it knows is the server's URL and an
// access key. It returns the API's URL.
func startAPI(ctx context.Context, issuer, key, addr string) (*http.Server, string, error) {
	checker, err := client.Dial(ctx, issuer, key)
	if err != nil {
		return nil, "", err
	}
	verifier, err := pep.NewVerifier(pep.Tokens{Issuer: issuer, Audience: audience})
	if err != nil {
		return nil, "", err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, "", fmt.Errorf("can't listen on %s: %w", addr, err)
	}
	api := &http.Server{Handler: hello.New(checker, verifier, ""), ReadHeaderTimeout: 10 * time.Second}
	go api.Serve(listener)
	return api, "http://" + listener.Addr().String(), nil
}
