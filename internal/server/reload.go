package server

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A certificate is a pair of PEM files that is read again when either changes,
// so that a renewal needs no restart. A pair that can't be used, as while one
// file is new and the other not, leaves the one before in use.
type certificate struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu     sync.Mutex
	inUse  *tls.Certificate
	stamp  [2]stamp
	looked time.Time
	failed bool // the log knows
}

// A stamp tells a file from what it was before.
type stamp struct {
	size     int64
	modified time.Time
	file     fs.FileInfo
}

func (s stamp) same(t stamp) bool {
	return s.size == t.size && s.modified.Equal(t.modified) && os.SameFile(s.file, t.file)
}

// lookEvery is how often the files are looked at, at most: when a connection begins.
const lookEvery = time.Second

func newCertificate(cert, key string, log *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log, now: time.Now}
	c.stamp, _ = c.stamps() // before reading, which says what is wrong
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("can't use the TLS certificate: %w", err)
	}
	return c, nil
}

// get is a tls.Config's GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.looked) < lookEvery {
		return c.inUse, nil
	}
	c.looked = now
	at, err := c.stamps()
	if err == nil {
		if at[0].same(c.stamp[0]) && at[1].same(c.stamp[1]) {
			return c.inUse, nil
		}
		err = c.read()
	}
	if err != nil {
		if !c.failed {
			c.log.Error("the TLS certificate has changed and can't be used; the one before stays", "error", err)
		}
		c.failed = true
		return c.inUse, nil
	}
	c.stamp, c.failed = at, false
	c.log.Info("the TLS certificate was read again", "expires_at", c.inUse.Leaf.NotAfter)
	return c.inUse, nil
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		c.inUse = &pair
	}
	return err
}

func (c *certificate) stamps() (all [2]stamp, err error) {
	for n, file := range []string{c.cert, c.key} {
		info, err := os.Stat(file)
		if err != nil {
			return all, err
		}
		all[n] = stamp{info.Size(), info.ModTime(), info}
	}
	return all, nil
}
