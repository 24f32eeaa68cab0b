package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

func (a *app) assign() *cobra.Command {
	var h holdingFlags
	cmd := a.writes(&cobra.Command{
		Use:   "assign ROLE SUBJECT...",
		Short: "Give users, clients or groups a role",
		Long: `Give users, clients or groups a role: everywhere, or in one tenant or on one
resource; for ever, or for a time. All of the subjects get it, or none.`,
		Args: arguments(2, -1),
		RunE: a.on(func(cmd *cobra.Command, p project, args []string) error {
			return a.assignments(cmd, p, put, h, args)
		}),
	})
	h.define(cmd)
	h.defineValidity(cmd)
	return cmd
}

func (a *app) unassign() *cobra.Command {
	var h holdingFlags
	cmd := a.writes(&cobra.Command{
		Use:   "unassign ROLE SUBJECT...",
		Short: "Take a role from users, clients or groups",
		Long: `Take a role from users, clients or groups, in one scope: everywhere, or what
--tenant and --resource say. It must be assigned there; with --source, by that
source, whose assignment alone ends.`,
		Args: arguments(2, -1),
		RunE: a.on(func(cmd *cobra.Command, p project, args []string) error {
			return a.assignments(cmd, p, unassign, h, args)
		}),
	})
	h.define(cmd)
	h.defineSource(cmd)
	return cmd
}

func (a *app) assignments(cmd *cobra.Command, p project, do verb, h holdingFlags, args []string) error {
	scope, validity, err := h.read(cmd, p)
	if err != nil {
		return err
	}
	role, err := findRole(cmd.Context(), p, args[0], scope.Tenant)
	if err != nil {
		return err
	}
	var changes []change
	var records []rolecall.Record
	for _, text := range args[1:] {
		subject, err := findSubject(cmd.Context(), p, text)
		if err != nil {
			return err
		}
		r := &rolecall.Assignment{Subject: subject, Role: role, Scope: scope, Source: rolecall.Source(h.source), Validity: validity}
		if do == put {
			r.Source, r.Reason = rolecall.SourceManual, a.reason
		}
		records = append(records, r)
		changes = append(changes, change{do: do, record: r})
	}
	scope.Tenant = rolecall.TenantID(h.tenant) // as it was called
	return a.write(cmd, p, changes, records, func() {
		for _, subject := range args[1:] {
			a.held(do, subject, "role", args[0], scope, validity)
		}
	})
}

func (a *app) grant() *cobra.Command {
	return a.grants(put, "grant PERMISSION...", "Put permissions into a role, or give them to a subject directly")
}

func (a *app) revoke() *cobra.Command {
	return a.grants(revoke, "revoke PERMISSION...", "Take permissions out of a role, or from a subject that has them directly")
}

func (a *app) grants(do verb, use, short string) *cobra.Command {
	var role, subject, api string
	var h holdingFlags
	cmd := a.writes(&cobra.Command{Use: use, Short: short, Args: arguments(1, -1)})
	cmd.Flags().StringVar(&role, "role", "", "the `role`")
	cmd.Flags().StringVar(&subject, "subject", "", "the user, client or group")
	cmd.Flags().StringVar(&api, "api", "", "the `API` that the permissions belong to")
	h.define(cmd)
	if do == put {
		h.defineValidity(cmd)
	} else {
		h.defineSource(cmd)
	}
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) error {
		if (role == "") == (subject == "") {
			return &usageError{cmd.CommandPath(), errors.New("name either --role or --subject")}
		}
		scope, validity, err := h.read(cmd, p)
		if err != nil {
			return err
		}
		if role != "" && (scope.Resource != "" || h.source != "" || validity != rolecall.Validity{}) {
			return &usageError{cmd.CommandPath(), errors.New("a role's permission has no resource, source or time of its own: say them when the role is assigned")}
		}
		make, err := a.granter(cmd, p, do, role, subject, scope, rolecall.Source(h.source), validity)
		if err != nil {
			return err
		}
		var changes []change
		var records []rolecall.Record
		for _, text := range args {
			permission, err := findPermission(cmd.Context(), p, text, api)
			if err != nil {
				return err
			}
			c := make(permission.ID)
			changes, records = append(changes, c), append(records, c.record)
		}
		scope.Tenant = rolecall.TenantID(h.tenant) // as it was called
		return a.write(cmd, p, changes, records, func() {
			for _, permission := range args {
				if role != "" {
					a.held(do, role, "permission", permission, rolecall.Scope{}, validity)
				} else {
					a.held(do, subject, "permission", permission, scope, validity)
				}
			}
		})
	})
	return cmd
}

// granter returns what makes the change for one permission.
func (a *app) granter(cmd *cobra.Command, p project, do verb, role, subject string, scope rolecall.Scope, source rolecall.Source, validity rolecall.Validity) (func(rolecall.PermissionID) change, error) {
	if role != "" {
		id, err := findRole(cmd.Context(), p, role, scope.Tenant)
		if do == revoke {
			do = remove
		}
		return func(permission rolecall.PermissionID) change {
			return change{do: do, record: &rolecall.Grant{Role: id, Permission: permission}}
		}, err
	}
	id, err := findSubject(cmd.Context(), p, subject)
	return func(permission rolecall.PermissionID) change {
		g := &rolecall.DirectGrant{Subject: id, Permission: permission, Scope: scope, Source: source, Validity: validity}
		if do == put {
			g.Source, g.Reason = rolecall.SourceManual, a.reason
		}
		return change{do: do, record: g}
	}, err
}

// held says what somebody has, or no longer has.
func (a *app) held(do verb, who, what, name string, scope rolecall.Scope, validity rolecall.Validity) {
	if do == put {
		fmt.Fprintf(a.stdout, "%s now has the %s %s %s\n", who, what, name, where(scope, validity))
	} else {
		fmt.Fprintf(a.stdout, "%s no longer has the %s %s %s\n", who, what, name, where(scope, validity))
	}
}

// where reads as the end of a sentence that says what somebody holds.
func where(scope rolecall.Scope, validity rolecall.Validity) string {
	text := scope.String()
	if !validity.StartsAt.IsZero() {
		text += " from " + validity.StartsAt.Format(time.RFC3339)
	}
	if !validity.ExpiresAt.IsZero() {
		text += " until " + validity.ExpiresAt.Format(time.RFC3339)
	}
	return text
}

// holdingFlags say where and when something is held.
type holdingFlags struct{ tenant, resource, starts, expires, source string }

func (h *holdingFlags) define(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.tenant, "tenant", "", "in this `tenant` only")
	cmd.Flags().StringVar(&h.resource, "resource", "", "on this `type:id` only")
}

func (h *holdingFlags) defineSource(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.source, "source", "", "of this `source` only: manual, sso, scim, …")
}

func (h *holdingFlags) defineValidity(cmd *cobra.Command) {
	const forms = " (2027-01-31, 2027-01-31T09:00:00Z, or from now: 90m, 12h, 30d)"
	cmd.Flags().StringVar(&h.starts, "starts", "", "from this `time` on"+forms)
	cmd.Flags().StringVar(&h.expires, "expires", "", "until this `time`"+forms)
}

func (h *holdingFlags) read(cmd *cobra.Command, p project) (scope rolecall.Scope, v rolecall.Validity, err error) {
	now := time.Now()
	if v.StartsAt, err = parseTime(h.starts, now); err == nil {
		v.ExpiresAt, err = parseTime(h.expires, now)
	}
	if err != nil {
		return scope, v, &usageError{cmd.CommandPath(), err}
	}
	scope.Resource = h.resource
	scope.Tenant, err = findTenant(cmd.Context(), p, h.tenant)
	return scope, v, err
}

var days = regexp.MustCompile(`^\d{1,5}d$`)

// parseTime reads a point in time: RFC 3339, a date (its beginning, UTC), or a
// duration from now, in days too.
func parseTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days.MatchString(text) {
		n, _ := strconv.Atoi(text[:len(text)-1])
		return now.UTC().AddDate(0, 0, n).Truncate(time.Second), nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.UTC().Add(d).Truncate(time.Millisecond), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: use 2027-01-31, 2027-01-31T09:00:00Z, or from now 90m, 12h, 30d", text)
}
