package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rolecall/rolecall"
)

// Get returns a webhook to by, who takes rolecall:settings.read.
func (h *Hooks) Get(ctx context.Context, by rolecall.Actor, id string) (hook Hook, err error) {
	setting, err := rolecall.Find(ctx, h.rc, by, settingOf(id))
	if err != nil {
		return hook, missing(id, err)
	}
	return read(setting)
}

func read(s *rolecall.Setting) (hook Hook, err error) {
	if err := json.Unmarshal(s.Value, &hook); err != nil {
		return hook, fmt.Errorf("setting %q is no webhook: %v: %w", s.Name, err, rolecall.ErrCorrupt)
	}
	hook.ID = s.Name[len(settingPrefix):]
	return hook, nil
}

// list returns the webhooks that v shows. What is no webhook, by a name of one,
// is left out.
func list(ctx context.Context, v *rolecall.View) (hooks []Hook, err error) {
	settings, err := rolecall.All[*rolecall.Setting](ctx, v, rolecall.Query{Kind: rolecall.KindSetting, Where: []rolecall.Condition{
		{Field: "name", Op: rolecall.Prefix, Values: []string{settingPrefix}},
	}})
	for _, s := range settings {
		if hook, err := read(s); err == nil {
			hooks = append(hooks, hook)
		}
	}
	return hooks, err
}

// A Listed webhook is one with how it does.
type Listed struct {
	Hook
	Revision rolecall.Revision `json:"revision"`           // told up to here
	Failures int               `json:"failures,omitempty"` // in a row
	NextAt   time.Time         `json:"next_at,omitzero"`   // of the next try, after a failure
	TriedAt  time.Time         `json:"tried_at,omitzero"`
	Error    string            `json:"error,omitempty"` // of the last try
}

// List returns every webhook to by, who takes rolecall:settings.read.
func (h *Hooks) List(ctx context.Context, by rolecall.Actor) (all []Listed, err error) {
	var hooks []Hook
	err = h.rc.View(ctx, by, func(v *rolecall.View) (err error) {
		hooks, err = list(ctx, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	states, err := h.states(ctx)
	for _, hook := range hooks {
		s, known := states[hook.ID]
		if !known {
			s.Error = "there is no secret for it here: rotate it"
		}
		all = append(all, Listed{Hook: hook, Revision: s.Revision, Failures: s.Failures, NextAt: s.NextAt, TriedAt: s.TriedAt, Error: s.Error})
	}
	return all, err
}

func (h *Hooks) states(ctx context.Context) (map[string]State, error) {
	all, err := h.store.Webhooks(ctx)
	states := make(map[string]State, len(all))
	for _, s := range all {
		states[s.ID] = s
	}
	return states, err
}

// Counts returns how many requests were taken and how many failed, by this
// process, and how far the slowest of its webhooks is behind.
func (h *Hooks) Counts() (delivered, failed int64, behind rolecall.Revision) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.behind {
		behind = max(behind, n)
	}
	return h.delivered.Load(), h.failed.Load(), behind
}
