package identity

import (
	"context"
	"sync"
	"time"

	"github.com/rolecall/rolecall"
)

// marks writes down when credentials were used, beside the requests that use
// them. A mark that can't be written is lost, and the next one replaces it.
type marks struct {
	store Store

	mu      sync.Mutex
	pending map[rolecall.CredentialID]time.Time
	writing bool
	done    sync.WaitGroup
}

func newMarks(store Store) *marks {
	return &marks{store: store, pending: map[rolecall.CredentialID]time.Time{}}
}

// note has the use of a credential written down soon.
func (m *marks) note(id rolecall.CredentialID, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending[id] = at
	if !m.writing {
		m.writing = true
		m.done.Go(m.write)
	}
}

// write writes until nothing is pending. What comes while one batch is written
// makes up the next.
func (m *marks) write() {
	for {
		m.mu.Lock()
		batch := m.pending
		m.pending = map[rolecall.CredentialID]time.Time{}
		m.writing = len(batch) > 0
		m.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		m.store.MarkUsed(context.Background(), batch)
	}
}

func (m *marks) wait() { m.done.Wait() }
