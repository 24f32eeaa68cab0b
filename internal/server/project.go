package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/store"
	"github.com/rolecall/rolecall/internal/token"
	"github.com/rolecall/rolecall/sqlite"
)

// DataFile is the name of the data file in its folder.
const DataFile = "rolecall.db"

// A Project is a data folder in use: who decides, who signs in, who signs.
type Project struct {
	Rolecall *rolecall.Service
	Identity *identity.Identity
	Tokens   *token.Keys

	store *store.DB
	lock  *folderLock
}

// Options say how a project is opened.
type Options struct {
	Create bool   // make the folder and the project where there is none
	Issuer string // of the project's tokens
	Secret []byte // seals private keys; nil leaves them open
	Log    *slog.Logger
}

// ErrNoProject means that a folder holds no data file.
var ErrNoProject = errors.New("no project")

// Open opens the project in a data folder. Other processes may have it open too,
// but for one that replaces the data file: see Lock.
func Open(ctx context.Context, folder string, o Options) (*Project, error) {
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
	p := &Project{lock: lock}
	if err := p.open(ctx, file, o); err != nil {
		lock.release()
		return nil, err
	}
	return p, nil
}

func (p *Project) open(ctx context.Context, file string, o Options) error {
	var err error
	if p.store, err = sqlite.Open(ctx, file); err != nil {
		return err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if p.Rolecall, err = rolecall.New(ctx, p.store, rolecall.WithLogger(o.Log)); err != nil {
		p.store.Close()
		return err
	}
	p.Identity = identity.New(p.Rolecall, p.store)
	options := []token.Option{token.WithIssuer(o.Issuer)}
	if len(o.Secret) > 0 {
		options = append(options, token.WithSecret(o.Secret))
	}
	p.Tokens = token.New(p.Rolecall, options...)
	return nil
}

// Ready reports why the project can't answer, or nil.
func (p *Project) Ready(ctx context.Context) error {
	_, err := p.store.Head(ctx)
	return err
}

// Close ends the use of the project. What was acknowledged is on disk already.
func (p *Project) Close() error {
	defer p.lock.release()
	return errors.Join(p.Identity.Close(), p.Rolecall.Close())
}
