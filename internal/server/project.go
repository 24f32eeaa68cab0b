package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/store"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/internal/webhook"
	"github.com/rolecall/rolecall/postgres"
	"github.com/rolecall/rolecall/sqlite"
)

// DataFile is the name of the data file in its folder.
const DataFile = "rolecall.db"

// A Project is a data folder in use: who decides, who signs in, who signs.
type Project struct {
	Rolecall *rolecall.Service
	Identity *identity.Identity
	Tokens   *token.Keys
	Webhooks *webhook.Hooks // tell nothing until they are run

	store *store.DB
	place string
	lock  *folderLock // nil for a database
}

// Options say how a project is opened.
type Options struct {
	Create bool   // make the folder and the project where there is none
	Store  string // the PostgreSQL database that holds the project instead of a data file
	Issuer string // of the project's tokens
	// StaleFor is how long decisions are made when the store does not answer; 0
	// means the default.
	StaleFor time.Duration
	Secret   []byte          // seals private keys; nil leaves them open
	Mail     identity.Mailer // nil sends none
	Observer rolecall.Observer
	SignIns  func(error) // is told how sign-ins end; nil is none
	// WebhookAllow are the networks that are not public and webhooks may reach.
	WebhookAllow []netip.Prefix
	Log          *slog.Logger
}

// ErrNoProject means that a folder holds no data file, or a database no project.
var ErrNoProject = errors.New("no project")

// Open opens the project in a data folder, or in o.Store. Other processes may
// have it open too, but for one that replaces the data file: see Lock.
func Open(ctx context.Context, folder string, o Options) (*Project, error) {
	if o.Store != "" {
		return openDatabase(ctx, o)
	}
	if o.Create {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	file := filepath.Join(folder, DataFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && !o.Create {
		return nil, fmt.Errorf("%w in the folder %s: it has no file %s", ErrNoProject, folder, DataFile)
	}
	lock, err := lockFolder(folder, false)
	if err != nil {
		return nil, err
	}
	p := &Project{place: "data file " + file, lock: lock}
	if p.store, err = sqlite.Open(ctx, file); err == nil {
		err = p.open(ctx, o)
	}
	if err != nil {
		lock.release()
		return nil, err
	}
	return p, nil
}

func openDatabase(ctx context.Context, o Options) (*Project, error) {
	if !o.Create {
		version, _, err := postgres.Version(ctx, o.Store)
		if err != nil {
			return nil, err
		}
		if version == 0 {
			return nil, fmt.Errorf("%w in the %s", ErrNoProject, postgres.Name(o.Store))
		}
	}
	p := &Project{place: postgres.Name(o.Store)}
	var err error
	if p.store, err = postgres.Open(ctx, o.Store); err != nil {
		return nil, err
	}
	return p, p.open(ctx, o)
}

// Place names the project's data file or database, without secrets.
func (p *Project) Place() string { return p.place }

// open begins to work on the open store, and closes it if it can't.
func (p *Project) open(ctx context.Context, o Options) (err error) {
	if !o.Create {
		head, err := p.store.Head(ctx)
		if err == nil && head.Project == "" {
			err = fmt.Errorf("%w in the %s: its tables are empty", ErrNoProject, p.place)
		}
		if err != nil {
			p.store.Close()
			return err
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	staleFor := cmp.Or(o.StaleFor, rolecall.DefaultStaleFor)
	service := []rolecall.Option{rolecall.WithLogger(o.Log), rolecall.WithStaleFor(staleFor)}
	if o.Observer != nil {
		service = append(service, rolecall.WithObserver(o.Observer))
	}
	if p.Rolecall, err = rolecall.New(ctx, p.store, service...); err != nil {
		p.store.Close()
		return err
	}
	options := []token.Option{token.WithIssuer(o.Issuer)}
	if len(o.Secret) > 0 {
		options = append(options, token.WithSecret(o.Secret))
	}
	p.Tokens = token.New(p.Rolecall, options...)
	people := []identity.Option{identity.WithSealer(p.Tokens.Box("single sign-on")), identity.WithMail(o.Mail, o.Issuer, func(err error) {
		o.Log.Error("a mail could not be made", "error", err)
	})}
	if o.SignIns != nil {
		people = append(people, identity.WithSignIns(o.SignIns))
	}
	people = append(people, identity.WithEventLog(func(lost int, err error) {
		o.Log.Error("the sign-in log could not be written", "lost", lost, "error", err)
	}))
	p.Identity = identity.New(p.Rolecall, p.store, people...)
	p.Webhooks = webhook.New(p.Rolecall, p.store, p.Tokens.Box("webhooks"), webhook.Allow(o.WebhookAllow...), webhook.Logger(o.Log))
	return nil
}

// Ready reports why the project can't answer, or nil.
func (p *Project) Ready(ctx context.Context) error {
	_, err := p.store.Head(ctx)
	return err
}

// Close ends the use of the project. What was acknowledged is on disk already.
func (p *Project) Close() error {
	if p.lock != nil {
		defer p.lock.release()
	}
	return errors.Join(p.Identity.Close(), p.Rolecall.Close())
}
