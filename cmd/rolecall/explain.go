package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

func (a *app) explain() *cobra.Command {
	var q questionFlags
	cmd := &cobra.Command{
		Use:   "explain [PERMISSION]",
		Short: "Show why somebody may do something, or what is missing",
		Long: `Show every way by which somebody may do something, as a tree. Where the answer is
no, show the ways that fail by one thing, and the roles that would help.`,
		Example: "  rolecall explain post.publish --as alice@example.com --tenant acme",
		Args:    arguments(0, 1),
	}
	q.define(cmd)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		req, err := q.request(cmd, p, args)
		if err != nil {
			return err
		}
		e, err := p.Explain(cmd.Context(), req)
		if err != nil {
			return err
		}
		if a.json() {
			return a.show(e, nil)
		}
		n := newNames(cmd.Context(), p)
		if err := n.explanation(e); err != nil {
			return err
		}
		writeExplanation(a.stdout, e, n)
		return nil
	})
	return cmd
}

// explanation finds the names of what e is about.
func (n *names) explanation(e rolecall.Explanation) error {
	var roles []string
	for _, id := range e.GivenBy {
		roles = append(roles, string(id))
	}
	tenants := []string{string(e.Tenant)}
	for _, p := range e.Paths {
		tenants = append(tenants, string(p.Tenant))
	}
	for _, near := range e.Near {
		tenants = append(tenants, string(near.Tenant))
	}
	return errors.Join(n.find(kindSubject, []string{string(e.Subject)}), n.find(rolecall.KindRole, roles), n.find(rolecall.KindTenant, tenants))
}

// scope returns scope with the tenant's name in place of its id, to be shown.
func (n *names) scope(scope rolecall.Scope) rolecall.Scope {
	scope.Tenant = rolecall.TenantID(n.of(rolecall.KindTenant, string(scope.Tenant)))
	return scope
}

// writeExplanation writes e as text: the answer, then its ways as a tree.
func writeExplanation(w io.Writer, e rolecall.Explanation, n *names) {
	fmt.Fprintln(w, answer(e, n))
	if len(e.Paths) > 0 {
		root := new(branch)
		for _, p := range e.Paths {
			root.add(p, "", n)
		}
		fmt.Fprintln(w)
		root.write(w)
	}
	if len(e.Near) > 0 {
		root := new(branch)
		for _, near := range e.Near {
			root.add(near.Path, obstacles[near.Blocks], n)
		}
		fmt.Fprint(w, "\nIt would be allowed, but for one thing:\n\n")
		root.write(w)
	}
	if len(e.GivenBy) > 0 {
		roles := make([]string, len(e.GivenBy))
		for i, id := range e.GivenBy {
			roles[i] = n.of(rolecall.KindRole, string(id))
		}
		fmt.Fprintf(w, "\nRoles that would give it: %s\n", strings.Join(roles, ", "))
	}
}

// answer says what was asked and the answer, in a sentence.
func answer(e rolecall.Explanation, n *names) string {
	who := n.of(kindSubject, string(e.Subject))
	yes, no, what := "has the permission", "does not have the permission", permissionText(rolecall.PermissionRef{API: e.API, Name: e.Permission})
	switch {
	case e.Role != "":
		yes, no, what = "has the role", "does not have the role", e.Role
	case e.Group != "":
		yes, no, what = "is in the group", "is not in the group", e.Group
	}
	if scope := n.scope(rolecall.Scope{Tenant: e.Tenant, Resource: e.Resource}); scope != (rolecall.Scope{}) {
		what += " " + strings.TrimPrefix(scope.String(), "everywhere ")
	}
	if e.Allowed {
		return fmt.Sprintf("yes: %s %s %s", who, yes, what)
	}
	return fmt.Sprintf("no: %s %s %s: %s", who, no, what, reasons[e.Reason])
}

// obstacles puts what keeps a way from granting into words.
var obstacles = map[rolecall.Obstacle]string{
	rolecall.SubjectBlocked: "the subject is blocked",
	rolecall.Expired:        "expired",
	rolecall.NotStarted:     "has not started",
	rolecall.OtherTenant:    "only in another tenant",
	rolecall.OtherResource:  "only on another resource",
}

// A branch is a step of paths, with the steps that follow it. Paths that begin
// with the same steps share them.
type branch struct {
	step  rolecall.Step
	note  string // on the assignment or grant that ends here, or begins here
	below []*branch
}

// add adds a path. The step that is held directly carries the note on where and
// when it is held, and what is wrong with that.
func (b *branch) add(p rolecall.Path, wrong string, n *names) {
	given := false
	for _, step := range p.Steps {
		if step.Name == "" {
			step.Name = n.of(kindSubject, step.ID)
		}
		note := ""
		if !given && (step.Kind == rolecall.KindRole || step.Kind == rolecall.KindPermission) {
			given, note = true, where(n.scope(p.Scope), p.Validity)
			if wrong != "" {
				note += ": " + wrong
			}
		}
		b = b.next(step, note)
	}
}

func (b *branch) next(step rolecall.Step, note string) *branch {
	for _, below := range b.below {
		if below.step == step && below.note == note {
			return below
		}
	}
	below := &branch{step: step, note: note}
	b.below = append(b.below, below)
	return below
}

// write writes the branches below b, each as a tree.
func (b *branch) write(w io.Writer) {
	for _, top := range b.below {
		fmt.Fprintln(w, top.text())
		top.writeBelow(w, "")
	}
}

func (b *branch) writeBelow(w io.Writer, margin string) {
	for i, below := range b.below {
		branch, more := "├─ ", "│  "
		if i == len(b.below)-1 {
			branch, more = "└─ ", "   "
		}
		fmt.Fprintln(w, margin+branch+below.text())
		below.writeBelow(w, margin+more)
	}
}

func (b *branch) text() string {
	text := string(b.step.Kind) + " " + b.step.Name
	if b.note != "" {
		text += ", " + b.note
	}
	return text
}
