package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

// questionFlags are what a question is about, beside the permission.
type questionFlags struct{ as, api, tenant, resource, session, role, group string }

func (q *questionFlags) define(cmd *cobra.Command) {
	cmd.Flags().StringVar(&q.as, "as", "", "the user, client or group that is asked about (default, with --server, the key's own)")
	cmd.Flags().StringVar(&q.role, "role", "", "ask whether the subject has this `role`, in place of a permission")
	cmd.Flags().StringVar(&q.group, "group", "", "ask whether the subject is in this `group`, in place of a permission")
	cmd.Flags().StringVar(&q.session, "session", "", "by the roles that are active in this `session`")
	q.defineScope(cmd)
}

func (q *questionFlags) defineScope(cmd *cobra.Command) {
	cmd.Flags().StringVar(&q.api, "api", "", "the `API` that the permission belongs to")
	cmd.Flags().StringVar(&q.tenant, "tenant", "", "in this `tenant`")
	cmd.Flags().StringVar(&q.resource, "resource", "", "on this `type:id`")
}

// request makes a request of the flags and the arguments. What names nothing
// stays as it is, so that it is denied and not an error.
func (q *questionFlags) request(cmd *cobra.Command, p project, args []string) (req rolecall.Request, err error) {
	ctx := cmd.Context()
	req = rolecall.Request{Role: q.role, Group: q.group, Resource: q.resource, Session: rolecall.SessionID(q.session)}
	asked := len(args)
	for _, text := range []string{q.role, q.group} {
		if text != "" {
			asked++
		}
	}
	if asked != 1 {
		return req, &usageError{cmd.CommandPath(), errors.New("ask for one thing: PERMISSION, --role or --group")}
	}
	if q.as == "" {
		if req.Subject, err = p.Self(ctx); err == nil && req.Subject == "" {
			err = &usageError{cmd.CommandPath(), errors.New("say with --as who is asked about")}
		}
	} else if req.Subject, err = findSubject(ctx, p, q.as); errors.Is(err, rolecall.ErrNotFound) {
		req.Subject, err = rolecall.SubjectID(q.as), nil
	}
	if err != nil {
		return req, err
	}
	if req.Tenant, err = q.inTenant(cmd, p); err != nil || len(args) == 0 {
		return req, err
	}
	req.Permission, req.API, err = q.permission(cmd, p, args[0])
	return req, err
}

func (q *questionFlags) inTenant(cmd *cobra.Command, p project) (rolecall.TenantID, error) {
	tenant, err := findTenant(cmd.Context(), p, q.tenant)
	if errors.Is(err, rolecall.ErrNotFound) {
		return rolecall.TenantID(q.tenant), nil
	}
	return tenant, err
}

// permission returns a permission's name and its API's identifier.
func (q *questionFlags) permission(cmd *cobra.Command, p project, text string) (name, api string, err error) {
	found, err := findPermission(cmd.Context(), p, text, q.api)
	if errors.Is(err, rolecall.ErrNotFound) {
		return text, q.api, nil
	}
	if err != nil {
		return "", "", err
	}
	of, err := p.Get(cmd.Context(), rolecall.KindAPI, string(found.API))
	if err != nil {
		return "", "", err
	}
	return found.Name, of.(*rolecall.API).Identifier, nil
}

func (a *app) canI() *cobra.Command {
	var q questionFlags
	cmd := &cobra.Command{
		Use:   "can-i [PERMISSION]",
		Short: "Ask whether somebody may do something",
		Long: `Ask whether somebody may do something. Prints yes or no and the reason.
Exits 0 if allowed, 1 if denied, 2 if there is no answer.`,
		Example: "  rolecall can-i post.publish --as alice@example.com --tenant acme",
		Args:    arguments(0, 1),
	}
	q.define(cmd)
	ask := a.on(func(cmd *cobra.Command, p project, args []string) error {
		req, err := q.request(cmd, p, args)
		if err != nil {
			return err
		}
		d, err := p.Check(cmd.Context(), req)
		if err != nil {
			return err
		}
		err = a.show(d, func() {
			if d.Allowed {
				fmt.Fprintln(a.stdout, "yes")
			} else {
				fmt.Fprintf(a.stdout, "no: %s\n", reasons[d.Reason])
			}
		})
		if err == nil && !d.Allowed {
			return exitCode(exitFailed)
		}
		return err
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := ask(cmd, args)
		if err == nil || errors.As(err, new(exitCode)) || errors.As(err, new(*usageError)) {
			return err
		}
		fmt.Fprintf(a.stderr, "rolecall: %s\n", sentence(err))
		return exitCode(exitUsage)
	}
	return cmd
}

// reasons puts the reasons of denials into words.
var reasons = map[rolecall.Reason]string{
	rolecall.InvalidRequest:    "the question is not one about a permission, a role or a group",
	rolecall.UnknownSubject:    "nobody has that name or id",
	rolecall.Blocked:           "the subject is blocked",
	rolecall.UnknownAPI:        "there is no such API",
	rolecall.UnknownPermission: "there is no such permission",
	rolecall.UnknownRole:       "there is no such role",
	rolecall.UnknownGroup:      "there is no such group",
	rolecall.UnknownTenant:     "there is no such tenant",
	rolecall.NotGranted:        "nothing that the subject holds gives it here",
}

func (a *app) whoCan() *cobra.Command {
	var q questionFlags
	cmd := &cobra.Command{
		Use:   "who-can PERMISSION",
		Short: "List the users and clients that may do something",
		Args:  arguments(1, 1),
	}
	q.defineScope(cmd)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) (err error) {
		asked := rolecall.WhoCanQuery{Resource: q.resource, Limit: rolecall.MaxPage}
		if asked.Tenant, err = q.inTenant(cmd, p); err != nil {
			return err
		}
		if asked.Permission, asked.API, err = q.permission(cmd, p, args[0]); err != nil {
			return err
		}
		subjects := []rolecall.SubjectID{}
		for {
			page, next, err := p.WhoCan(cmd.Context(), asked)
			if err != nil {
				return err
			}
			subjects = append(subjects, page...)
			if asked.After = next; next == "" {
				break
			}
		}
		return a.subjects(cmd, p, subjects)
	})
	return cmd
}

// subjects prints users and clients.
func (a *app) subjects(cmd *cobra.Command, p project, ids []rolecall.SubjectID) error {
	if a.json() {
		return a.show(ids, nil)
	}
	n := newNames(cmd.Context(), p)
	var texts []string
	for _, id := range ids {
		texts = append(texts, string(id))
	}
	if err := n.find(kindSubject, texts); err != nil {
		return err
	}
	a.lines(func(w io.Writer) {
		fmt.Fprintln(w, "ID\tNAME")
		for _, id := range ids {
			fmt.Fprintf(w, "%s\t%s\n", id, n.of(kindSubject, string(id)))
		}
	})
	return nil
}

func (a *app) whatCan() *cobra.Command {
	var q questionFlags
	cmd := &cobra.Command{
		Use:   "what-can SUBJECT",
		Short: "List everything that somebody may do",
		Args:  arguments(1, 1),
	}
	q.defineScope(cmd)
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, args []string) (err error) {
		asked := rolecall.WhatCanQuery{Resource: q.resource, Limit: rolecall.MaxPage}
		if asked.Subject, err = findSubject(cmd.Context(), p, args[0]); err != nil {
			return err
		}
		if asked.Tenant, err = q.inTenant(cmd, p); err != nil {
			return err
		}
		if q.api != "" {
			of, err := find(cmd.Context(), p, rolecall.KindAPI, q.api)
			if err != nil {
				return err
			}
			asked.API = of.(*rolecall.API).Identifier
		}
		held := []rolecall.EffectivePermission{}
		for {
			page, next, err := p.WhatCan(cmd.Context(), asked)
			if err != nil {
				return err
			}
			held = append(held, page...)
			if asked.After = next; next == (rolecall.PermissionRef{}) {
				break
			}
		}
		return a.show(held, func() {
			a.lines(func(w io.Writer) {
				fmt.Fprintln(w, "API\tPERMISSION\tWAYS")
				for _, e := range held {
					fmt.Fprintf(w, "%s\t%s\t%d\n", e.API, e.Name, len(e.Paths))
				}
			})
		})
	})
	return cmd
}

// permissionText names a permission: with its API, unless that is the project itself.
func permissionText(ref rolecall.PermissionRef) string {
	if ref.API == "" || ref.API == string(rolecall.DefaultAPI) {
		return ref.Name
	}
	return ref.Name + " of " + ref.API
}
