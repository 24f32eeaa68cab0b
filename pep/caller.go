package pep

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/rolecall/rolecall"
)

// A Caller is whoever makes a request. It answers questions about them, in the
// scope of the guard that it comes from; [Caller.In] and [Caller.On] choose
// another. The answers are plain booleans, for conditions and templates: false
// for nobody, and false where there is no answer, which [Caller.Err] tells.
//
// A Caller is for the time of its request. It may be used concurrently. A nil
// Caller is nobody.
type Caller struct {
	Subject rolecall.SubjectID // "" for nobody
	Claims  *Claims            // of the verified token; nil without one

	guard    *Guard
	request  *http.Request
	tenant   rolecall.TenantID
	resource string
	failed   *failure
}

// Caller returns who makes r, also on a route that has no guard. It returns
// nobody if r has no credentials or they don't hold.
func (g *Guard) Caller(r *http.Request) *Caller {
	c, err := g.authenticate(r)
	if err != nil {
		c = &Caller{guard: g, failed: new(failure)}
		if !errors.Is(err, ErrNoSubject) {
			c.failed.set(err)
		}
	}
	c.request = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
	c.tenant, c.resource = g.tenant(c.request), g.resource(c.request)
	return c
}

// authenticate returns who makes r, without their scope. It asks an
// Authenticator once for each request, however many guards r passes.
func (g *Guard) authenticate(r *http.Request) (*Caller, error) {
	c := &Caller{guard: g, failed: new(failure)}
	if known := CallerOf(r.Context()); known != nil && known.guard.who == g.who {
		c.Subject, c.Claims = known.Subject, known.Claims
	} else {
		var err error
		if c.Subject, c.Claims, err = g.who.authenticate(r); err != nil {
			return nil, err
		}
	}
	if c.Subject == "" {
		return nil, ErrNoSubject
	}
	return c, nil
}

type callerKey struct{}

// CallerOf returns the Caller whom a guard let pass, or nil where none did.
func CallerOf(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// SubjectOf returns the subject whom a guard let pass, or "" where none did.
func SubjectOf(ctx context.Context) rolecall.SubjectID {
	if c := CallerOf(ctx); c != nil {
		return c.Subject
	}
	return ""
}

// ClaimsOf returns the claims of the token that a guard verified, or nil.
func ClaimsOf(ctx context.Context) *Claims {
	if c := CallerOf(ctx); c != nil {
		return c.Claims
	}
	return nil
}

// In returns c asking about tenant.
func (c *Caller) In(tenant rolecall.TenantID) *Caller {
	if c == nil {
		return nil
	}
	there := *c
	there.tenant = tenant
	return &there
}

// On returns c asking about resource, "type:id".
func (c *Caller) On(resource string) *Caller {
	if c == nil {
		return nil
	}
	there := *c
	there.resource = resource
	return &there
}

// Can reports whether c holds a permission.
func (c *Caller) Can(permission string) bool { return c.CanAll(permission) }

// CanAny reports whether c holds at least one of permissions.
func (c *Caller) CanAny(permissions ...string) bool {
	return c != nil && c.may(permissionsNeed(c.guard.api, false, permissions))
}

// CanAll reports whether c holds each of permissions, at one revision. It is
// false when none is named.
func (c *Caller) CanAll(permissions ...string) bool {
	return c != nil && c.may(permissionsNeed(c.guard.api, true, permissions))
}

// HasRole reports whether c has at least one of roles, by name.
func (c *Caller) HasRole(roles ...string) bool { return c.may(rolesNeed(roles)) }

// InGroup reports whether c is in at least one of groups, by name or id.
func (c *Caller) InGroup(groups ...string) bool { return c.may(groupsNeed(groups)) }

// Err returns the first error that made an answer false: the Checker had none,
// or c's credentials don't hold. A denial is not an error.
func (c *Caller) Err() error {
	if c == nil {
		return nil
	}
	return c.failed.get()
}

func (c *Caller) may(n need) bool {
	if c == nil || c.Subject == "" {
		return false
	}
	decision, err := c.ask(n)
	if err != nil {
		c.failed.set(err)
	}
	return err == nil && decision.Allowed
}

func (c *Caller) ask(n need) (rolecall.Decision, error) {
	return n.decide(c.request.Context(), c.guard.checker, c.Subject, rolecall.Scope{Tenant: c.tenant, Resource: c.resource})
}

// A failure keeps the first error.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
