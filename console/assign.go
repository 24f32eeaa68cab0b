package console

import (
	"fmt"

	"github.com/rolecall/rolecall"
)

// This file gives: roles by assignment, permissions by direct grant.

// assignForm asks which role somebody gets, where, when and why. The URL says
// what it starts with; several subjects come from a selection in a list.
func assignForm(c *call) (any, error) {
	return c.givingForm("Assign a role", "role", "Role", rolecall.KindRole, "rolecall:users.read")
}

func grantForm(c *call) (any, error) {
	return c.givingForm("Grant a permission", "permission", "Permission", rolecall.KindPermission, "rolecall:users.read")
}

func (c *call) givingForm(title, name, label string, kind rolecall.Kind, _ string) (any, error) {
	var fields []field
	chosen, err := c.chosen(rolecall.KindUser)
	if err != nil {
		return nil, err
	}
	switch {
	case chosen.all || len(chosen.ids) > 1:
		fields = append(fields, field{Label: "To", Type: "fixed", Value: many(len(chosen.ids), "user", "users")})
		fields = append(fields, chosen.fields()...)
	case len(chosen.ids) == 1:
		if err := c.learn(kindSubject, chosen.ids[0]); err != nil {
			return nil, err
		}
		fields = append(fields, field{Label: "To", Type: "fixed", Value: c.Name(kindSubject, chosen.ids[0]).full()},
			field{Name: "id", Type: "hidden", Value: chosen.ids[0]})
	default:
		fields = append(fields, required(hinted(c.pickField("subject", "To", kindSubject, ""), "A user, a group or a client: name, e-mail address or id")))
	}
	fields = append(fields, required(hinted(c.pickField(name, label, kind, ""), "By name or id")))
	if c.Tenant == "" {
		fields = append(fields, hinted(c.pickField("tenant", "In the tenant", rolecall.KindTenant, ""), "Empty is everywhere: in every tenant, and in none"))
	} else {
		fields = append(fields, field{Label: "In the tenant", Type: "fixed", Value: c.ScopeName()})
	}
	fields = append(fields, field{Name: "resource", Label: "On one resource", Hint: "As type:id, doc:7; empty is on all", Max: rolecall.MaxResourceBytes})
	fields = append(fields, whenFields(true)...)
	fields = append(fields, areaField("reason", "Reason", ""))
	return c.form(title, "Preview", fields...), nil
}

// giving is what both forms say.
func (c *call) giving() (to []string, in rolecall.Scope, when rolecall.Validity, err error) {
	chosen, err := c.chosen(rolecall.KindUser)
	if err != nil {
		return nil, in, when, err
	}
	if to = chosen.ids; len(to) == 0 {
		n, err := c.resolve("subject", kindSubject, c.Value("subject"))
		if err != nil {
			return nil, in, when, err
		}
		to = []string{n.ID}
	}
	in = rolecall.Scope{Tenant: c.Tenant, Resource: c.Value("resource")}
	if text := c.Value("tenant"); text != "" && c.Tenant == "" {
		n, err := c.resolve("tenant", rolecall.KindTenant, text)
		if err != nil {
			return nil, in, when, err
		}
		in.Tenant = rolecall.TenantID(n.ID)
	}
	when, err = c.validity()
	return to, in, when, err
}

func assign(c *call) (*change, error) {
	to, in, when, err := c.giving()
	if err != nil {
		return nil, err
	}
	role, err := c.resolve("role", rolecall.KindRole, c.Value("role"))
	if err != nil {
		return nil, err
	}
	var all steps
	for _, id := range to {
		all = append(all, put(&rolecall.Assignment{
			Subject: rolecall.SubjectID(id), Role: rolecall.RoleID(role.ID), Scope: in, Validity: when, Reason: c.Value("reason"),
		}))
	}
	who, err := c.whoAll(to)
	if err != nil {
		return nil, err
	}
	return &change{
		Title: fmt.Sprintf("Assign %s to %s?", role.Label, who), Text: capital(c.in(in)+until(when)) + ".", Verb: "Assign",
		steps: all, then: c.backOr(c.Link("/users")), said: who + holds(to) + role.Label + " " + c.in(in) + ".",
	}, nil
}

func grant(c *call) (*change, error) {
	to, in, when, err := c.giving()
	if err != nil {
		return nil, err
	}
	permission, err := c.resolve("permission", rolecall.KindPermission, c.Value("permission"))
	if err != nil {
		return nil, err
	}
	var all steps
	for _, id := range to {
		all = append(all, put(&rolecall.DirectGrant{
			Subject: rolecall.SubjectID(id), Permission: rolecall.PermissionID(permission.ID), Scope: in, Validity: when, Reason: c.Value("reason"),
		}))
	}
	who, err := c.whoAll(to)
	if err != nil {
		return nil, err
	}
	return &change{
		Title: fmt.Sprintf("Grant %s to %s?", permission.Label, who), Text: capital(c.in(in)+until(when)) + ". A role is easier to keep an eye on.", Verb: "Grant",
		steps: all, then: c.backOr(c.Link("/users")), said: who + granted(to) + permission.Label + " " + c.in(in) + ".",
	}, nil
}

func holds(to []string) string {
	if len(to) > 1 {
		return " now hold "
	}
	return " now holds "
}

func granted(to []string) string {
	if len(to) > 1 {
		return " are now granted "
	}
	return " is now granted "
}

// until is a validity as the end of a sentence.
func until(v rolecall.Validity) (text string) {
	if !v.StartsAt.IsZero() {
		text = ", from " + date(v.StartsAt)
	}
	if !v.ExpiresAt.IsZero() {
		text += ", until " + date(v.ExpiresAt)
	}
	return text
}

// whoAll is what some subjects are called together.
func (c *call) whoAll(ids []string) (string, error) {
	if len(ids) != 1 {
		return many(len(ids), "user", "users"), nil
	}
	err := c.learn(kindSubject, ids...)
	return c.Name(kindSubject, ids[0]).Label, err
}
