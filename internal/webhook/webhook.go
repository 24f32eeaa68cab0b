// Package webhook tells other programs of changes, by POST requests that are
// signed, in the order of revisions, and repeated until they are taken.
//
// A webhook is a setting, webhook/<id>, so that who may change settings may make
// one, and the journal has it. Its secret and how far it has come are state
// beside the journal.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/outbound"
)

// A Hook is where changes are told, and which.
type Hook struct {
	ID          string            `json:"id"`
	URL         string            `json:"url"`
	Description string            `json:"description,omitempty"`
	Kinds       []rolecall.Kind   `json:"kinds,omitempty"`  // only changes to records of these kinds
	Tenant      rolecall.TenantID `json:"tenant,omitempty"` // only what concerns this tenant
	Disabled    bool              `json:"disabled,omitempty"`
	RotatedAt   time.Time         `json:"rotated_at,omitzero"` // when its secret was replaced
}

// A State is what is kept of a webhook beside the journal.
type State struct {
	ID       string
	Secret   rolecall.Secret   // as a Sealer gave it
	Revision rolecall.Revision // told up to here
	Failures int               // in a row
	NextAt   time.Time         // not before this
	Error    string            // why the last try failed
	TriedAt  time.Time
	// Holder is the process that delivers, until HeldUntil.
	Holder    string
	HeldUntil time.Time
}

// A Store keeps States.
type Store interface {
	// AddWebhook keeps a new State, or replaces the Secret of the one with its ID.
	AddWebhook(ctx context.Context, s State) error

	// Webhooks returns all States, by ID.
	Webhooks(ctx context.Context) ([]State, error)

	// ClaimWebhook makes holder the one who delivers until a time, unless another
	// is at now, and reports whether it did.
	ClaimWebhook(ctx context.Context, id, holder string, now, until time.Time) (bool, error)

	// TellWebhook sets all but ID, Secret and Holder, if s.Holder still holds it,
	// and reports whether it does.
	TellWebhook(ctx context.Context, s State) (bool, error)

	// ReleaseWebhooks ends what holder holds.
	ReleaseWebhooks(ctx context.Context, holder string) error

	// DeleteWebhook forgets a State. One that does not exist is no error.
	DeleteWebhook(ctx context.Context, id string) error
}

// A Sealer keeps secrets that have to be used again.
type Sealer interface {
	Seal(id string, text []byte) (rolecall.Secret, error)
	Open(id string, stored rolecall.Secret) ([]byte, error)
}

// Hooks are a project's webhooks. They are safe for concurrent use.
type Hooks struct {
	rc     *rolecall.Service
	store  Store
	sealer Sealer
	log    *slog.Logger
	way    outbound.Way
	holder string
	pace   pace

	delivered, failed atomic.Int64
	mu                sync.Mutex // guards behind
	behind            map[string]rolecall.Revision
}

// An Option changes how Hooks work.
type Option func(*Hooks)

// Allow lets requests go to networks that are not public, and to them also by
// plain HTTP. Without it webhooks could be used to look around where the server is.
func Allow(networks ...netip.Prefix) Option { return func(h *Hooks) { h.way.Allowed = networks } }

// Logger makes Hooks log to log. The default discards.
func Logger(log *slog.Logger) Option { return func(h *Hooks) { h.log = log } }

// New returns the webhooks of a project. They tell nothing until Run.
func New(rc *rolecall.Service, store Store, sealer Sealer, options ...Option) *Hooks {
	h := &Hooks{
		rc: rc, store: store, sealer: sealer, log: slog.New(slog.DiscardHandler),
		holder: rolecall.RandomText(16), pace: defaultPace, behind: map[string]rolecall.Revision{},
	}
	for _, o := range options {
		o(h)
	}
	return h
}

const (
	settingPrefix = "webhook/"
	secretPrefix  = "whs_"
	maxHooks      = 100
	maxURL        = 2000
)

var system = rolecall.System("webhook")

func settingOf(id string) *rolecall.Setting { return &rolecall.Setting{Name: settingPrefix + id} }

// check refuses what can't be a webhook.
func (h *Hooks) check(hook *Hook) error {
	u, err := url.Parse(hook.URL)
	switch {
	case !isID(hook.ID):
		return refuse("id", "must be hook_ and up to 60 letters and digits")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return refuse("url", "must be like https://example.com/rolecall")
	case len(hook.URL) > maxURL:
		return refuse("url", "must be at most %d bytes", maxURL)
	case u.User != nil || u.Fragment != "":
		return refuse("url", "must have no user, password or fragment")
	case u.Scheme == "http" && len(h.way.Allowed) == 0:
		return refuse("url", "must be https: the server is configured to allow no other")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !h.way.MayReach(ip) {
		return refuse("url", "must not be an address that is not public: the server is configured to allow none")
	}
	for _, k := range hook.Kinds {
		if rolecall.NewRecord(k) == nil {
			return refuse("kinds", "must be kinds of records")
		}
	}
	slices.Sort(hook.Kinds)
	hook.Kinds = slices.Compact(hook.Kinds)
	switch n := len([]rune(hook.Description)); {
	case n > rolecall.MaxTextRunes:
		return refuse("description", "must be at most %d characters", rolecall.MaxTextRunes)
	case strings.ContainsFunc(hook.Description, unicode.IsControl):
		return refuse("description", "must be one line without control characters")
	}
	return nil
}

func isID(id string) bool {
	text, ok := strings.CutPrefix(id, "hook_")
	return ok && text != "" && len(text) <= 60 && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}

func refuse(field, rule string, args ...any) error {
	return &rolecall.FieldError{Field: field, Rule: fmt.Sprintf(rule, args...), Kind: rolecall.ErrInvalid}
}

// Add makes a webhook for by, who takes rolecall:settings.write, and returns its
// secret, which nothing else shows. It is told what is written from now on.
// After a dry run, and when an idempotency key is used again, there is no secret.
func (h *Hooks) Add(ctx context.Context, by rolecall.Actor, hook Hook) (made Hook, secret string, receipt rolecall.Receipt, err error) {
	if hook.RotatedAt = (time.Time{}); hook.ID == "" {
		hook.ID = rolecall.NewID("hook")
	}
	if err := h.check(&hook); err != nil {
		return Hook{}, "", receipt, err
	}
	setting := settingOf(hook.ID)
	if setting.Value, err = json.Marshal(hook); err != nil {
		return Hook{}, "", receipt, err
	}
	fits := rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
		if err := placed(ctx, v, hook); err != nil {
			return nil, err
		}
		all, err := list(ctx, v)
		if err == nil && len(all) > maxHooks {
			err = refuse("webhooks", "can't be more than %d", maxHooks)
		}
		return nil, err
	})
	receipt, err = h.rc.Write(ctx, by, rolecall.Plan(func(context.Context, *rolecall.View) ([]rolecall.Op, error) {
		return []rolecall.Op{rolecall.Create(setting), fits}, nil // in this order: who may not write learns nothing
	}))
	if errors.Is(err, rolecall.ErrConflict) {
		err = &rolecall.FieldError{Field: "id", Rule: "is taken", Kind: rolecall.ErrConflict}
	}
	if err != nil || receipt.DryRun {
		return hook, "", receipt, err
	}
	if receipt.Replayed && len(receipt.Changes) > 0 {
		if s, ok := receipt.Changes[0].After.(*rolecall.Setting); ok && json.Unmarshal(s.Value, &hook) == nil {
			return hook, "", receipt, nil
		}
	}
	secret, err = h.newSecret(ctx, hook.ID, receipt.Revision)
	return hook, secret, receipt, err
}

// placed refuses a webhook of a tenant that does not exist.
func placed(ctx context.Context, v *rolecall.View, hook Hook) error {
	if hook.Tenant == "" {
		return nil
	}
	_, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: hook.Tenant})
	return err
}

func (h *Hooks) newSecret(ctx context.Context, id string, at rolecall.Revision) (string, error) {
	secret := secretPrefix + rolecall.RandomText(43) // 256 bits
	sealed, err := h.sealer.Seal(id, []byte(secret))
	if err != nil {
		return "", err
	}
	return secret, h.store.AddWebhook(ctx, State{ID: id, Secret: sealed, Revision: at})
}

// Rotate gives a webhook a new secret. What is told from now on is signed with it.
func (h *Hooks) Rotate(ctx context.Context, by rolecall.Actor, id string) (hook Hook, secret string, receipt rolecall.Receipt, err error) {
	receipt, err = h.rc.Write(ctx, by, modify(id, func(k *Hook) {
		k.RotatedAt = h.rc.Now()
		hook = *k
	}))
	if err != nil || receipt.DryRun {
		return hook, "", receipt, missing(id, err)
	}
	if receipt.Replayed {
		hook, err = h.Get(ctx, by, id)
		return hook, "", receipt, err
	}
	secret, err = h.newSecret(ctx, id, receipt.Revision)
	return hook, secret, receipt, err
}

// Enable makes a webhook be told again, or no more: it then resumes where it was.
func (h *Hooks) Enable(ctx context.Context, by rolecall.Actor, id string, enabled bool) (rolecall.Receipt, error) {
	receipt, err := h.rc.Write(ctx, by, modify(id, func(k *Hook) { k.Disabled = !enabled }))
	return receipt, missing(id, err)
}

// Change lets change alter what a webhook is told, where and what for, for by, who
// takes rolecall:settings.write. Its id, its secret and whether it is disabled stay.
// What was not told yet is told as the webhook is then.
func (h *Hooks) Change(ctx context.Context, by rolecall.Actor, id string, change func(*Hook) error) (hook Hook, receipt rolecall.Receipt, err error) {
	var nowhere error // the tenant is what is missing
	receipt, err = h.rc.Write(ctx, by, rolecall.Plan(func(context.Context, *rolecall.View) ([]rolecall.Op, error) {
		return []rolecall.Op{
			rewrite(id, func(k *Hook) error {
				is := *k
				if err := change(k); err != nil {
					return err
				}
				k.ID, k.Disabled, k.RotatedAt = id, is.Disabled, is.RotatedAt
				err := h.check(k)
				hook = *k
				return err
			}),
			rolecall.Plan(func(ctx context.Context, v *rolecall.View) ([]rolecall.Op, error) {
				nowhere = placed(ctx, v, hook)
				return nil, nowhere
			}),
		}, nil // in this order: who may not write learns nothing
	}))
	switch {
	case err == nil && receipt.Replayed:
		hook, err = h.Get(ctx, by, id)
	case nowhere == nil:
		err = missing(id, err)
	}
	return hook, receipt, err
}

func modify(id string, change func(*Hook)) rolecall.Op {
	return rewrite(id, func(k *Hook) error { change(k); return nil })
}

func rewrite(id string, change func(*Hook) error) rolecall.Op {
	return rolecall.Modify(settingOf(id), func(s *rolecall.Setting) (err error) {
		var hook Hook
		if err := json.Unmarshal(s.Value, &hook); err != nil {
			return fmt.Errorf("webhook %q: %v: %w", id, err, rolecall.ErrCorrupt)
		}
		if err := change(&hook); err != nil {
			return err
		}
		s.Value, err = json.Marshal(hook)
		return err
	})
}

// Remove ends a webhook.
func (h *Hooks) Remove(ctx context.Context, by rolecall.Actor, id string) (rolecall.Receipt, error) {
	receipt, err := h.rc.Write(ctx, by, rolecall.Delete(settingOf(id)))
	if err != nil || receipt.DryRun {
		return receipt, missing(id, err)
	}
	return receipt, h.store.DeleteWebhook(ctx, id)
}

// missing says what is missing in the words of webhooks.
func missing(id string, err error) error {
	if errors.Is(err, rolecall.ErrNotFound) {
		return &rolecall.FieldError{Field: "webhook", Rule: fmt.Sprintf("%q does not exist", id), Kind: rolecall.ErrNotFound}
	}
	return err
}
