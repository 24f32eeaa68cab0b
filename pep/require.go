package pep

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"github.com/rolecall/rolecall"
)

// Require returns middleware for callers who hold a permission.
func (g *Guard) Require(permission string) func(http.Handler) http.Handler {
	return g.guard(g.permissions("Require", true, permission))
}

// RequireAny returns middleware for callers who hold at least one of permissions.
// It panics when there is none: RequireLogin and RequireAnyPermission say what
// that might have meant. So do all the functions that take several names.
func (g *Guard) RequireAny(permissions ...string) func(http.Handler) http.Handler {
	return g.guard(g.permissions("RequireAny", false, permissions...))
}

// RequireAll returns middleware for callers who hold each of permissions, at
// one revision.
func (g *Guard) RequireAll(permissions ...string) func(http.Handler) http.Handler {
	return g.guard(g.permissions("RequireAll", true, permissions...))
}

// RequireRole returns middleware for callers who have at least one of roles, by
// name: assigned, inherited or through a group.
//
// Prefer permissions: a route that names a role has to change with the roles.
func (g *Guard) RequireRole(roles ...string) func(http.Handler) http.Handler {
	mustName("RequireRole", "role", roles)
	return g.guard(rolesNeed(roles))
}

// RequireGroup returns middleware for callers who are in at least one of
// groups, by name or id, directly or through other groups.
func (g *Guard) RequireGroup(groups ...string) func(http.Handler) http.Handler {
	mustName("RequireGroup", "group", groups)
	return g.guard(groupsNeed(groups))
}

// RequireLogin returns middleware for every caller whom the Checker knows and
// who is not blocked.
func (g *Guard) RequireLogin() func(http.Handler) http.Handler {
	return g.guard(anyNeed(rolecall.KindUser))
}

// RequireAnyPermission returns middleware for callers who hold at least one
// permission, of any API.
func (g *Guard) RequireAnyPermission() func(http.Handler) http.Handler {
	return g.guard(anyNeed(rolecall.KindPermission))
}

// RequireAnyRole returns middleware for callers who have at least one role.
func (g *Guard) RequireAnyRole() func(http.Handler) http.Handler {
	return g.guard(anyNeed(rolecall.KindRole))
}

// RequireAnyGroup returns middleware for callers who are in at least one group.
func (g *Guard) RequireAnyGroup() func(http.Handler) http.Handler {
	return g.guard(anyNeed(rolecall.KindGroup))
}

// guard returns middleware that lets a request pass if its caller fulfils n.
func (g *Guard) guard(n need) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := g.authenticate(r)
			if err != nil {
				g.onDeny(w, r, g.unauthenticated(r, err))
				return
			}
			r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
			c.request = r
			c.tenant, c.resource = g.tenant(r), g.resource(r)
			if decision, err := c.ask(n); err != nil || !decision.Allowed {
				g.onDeny(w, r, g.denied(c, n, decision, err))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// A need is what a caller is asked for: one of questions, or all of them.
type need struct {
	questions []rolecall.Request // each with a permission, a role, a group or a kind
	all       bool
}

func permissionsNeed(api string, all bool, names []string) need {
	n := need{all: all}
	for _, name := range names {
		n.questions = append(n.questions, rolecall.Request{API: api, Permission: name})
	}
	return n
}

func rolesNeed(names []string) (n need) {
	for _, name := range names {
		n.questions = append(n.questions, rolecall.Request{Role: name})
	}
	return n
}

func groupsNeed(names []string) (n need) {
	for _, name := range names {
		n.questions = append(n.questions, rolecall.Request{Group: name})
	}
	return n
}

func anyNeed(kind rolecall.Kind) need {
	return need{questions: []rolecall.Request{{Any: kind}}}
}

// errShort is what a Checker that forgets a decision is denied with.
var errShort = errors.New("the Checker did not answer every question")

// decide asks checker n's questions about subject in a scope, and returns the
// decision that settled it.
func (n need) decide(ctx context.Context, checker rolecall.Checker, subject rolecall.SubjectID, scope rolecall.Scope) (rolecall.Decision, error) {
	if len(n.questions) == 0 {
		return rolecall.Decision{}, nil
	}
	var few [4]rolecall.Request
	asked := append(few[:0], n.questions...)
	for i := range asked {
		asked[i].Subject, asked[i].Tenant, asked[i].Resource = subject, scope.Tenant, scope.Resource
	}
	if len(asked) == 1 {
		return checker.Check(ctx, asked[0])
	}
	decisions, err := checker.CheckAll(ctx, asked)
	if err == nil && len(decisions) != len(asked) {
		err = errShort
	}
	if err != nil {
		return rolecall.Decision{}, err
	}
	for _, d := range decisions {
		if d.Allowed != n.all {
			return d, nil // the first that is allowed of any, or denied of all
		}
	}
	return decisions[0], nil
}

// permissions returns the need for permissions of g's API, and declares them.
func (g *Guard) permissions(method string, all bool, names ...string) need {
	mustName(method, "permission", names)
	api := cmp.Or(g.api, string(rolecall.DefaultAPI))
	for _, name := range names {
		g.declared.add(rolecall.PermissionRef{API: api, Name: name})
	}
	return permissionsNeed(g.api, all, names)
}

func mustName(method, what string, names []string) {
	if len(names) == 0 || slices.Contains(names, "") {
		panic("pep: " + method + " needs the name of a " + what)
	}
}

// Permissions returns every permission that a Require of g, and of the guards
// made from g by With, names: what the application expects to exist. They are
// in byte order of API and name.
func (g *Guard) Permissions() []rolecall.PermissionRef { return g.declared.list() }

// declared collects the permissions that code names.
type declared struct {
	mu   sync.Mutex
	refs map[rolecall.PermissionRef]bool
}

func (d *declared) add(ref rolecall.PermissionRef) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refs == nil {
		d.refs = make(map[rolecall.PermissionRef]bool)
	}
	d.refs[ref] = true
}

func (d *declared) list() []rolecall.PermissionRef {
	d.mu.Lock()
	defer d.mu.Unlock()
	refs := make([]rolecall.PermissionRef, 0, len(d.refs))
	for ref := range d.refs {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b rolecall.PermissionRef) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Name, b.Name))
	})
	return refs
}
