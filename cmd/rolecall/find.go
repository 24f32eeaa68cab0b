package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// This file finds what a text on the command line means. An id means what has
// it. Any other text is a name: of an API its identifier too, of a user an
// e-mail address or a login id too. It must fit one record, or the command ends
// with the ids to choose from.

// find returns the record of a kind that text means. With places, a name counts
// in any of them only: each is the conditions that hold there.
func find(ctx context.Context, p project, kind rolecall.Kind, text string, places ...[]rolecall.Condition) (rolecall.Record, error) {
	if len(places) == 0 {
		places = [][]rolecall.Condition{nil}
	}
	var found []rolecall.Record
	for _, kind := range meant(kind) {
		r, err := p.Get(ctx, kind, text)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, rolecall.ErrNotFound) {
			return nil, err
		}
		for _, place := range places {
			more, err := named(ctx, p, kind, text, place)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("there is no %s %q: %w", kind, text, rolecall.ErrNotFound)
	case 1:
		return found[0], nil
	}
	choices := make([]string, len(found))
	for i, r := range found {
		choices[i] = r.Key()
	}
	return nil, fmt.Errorf("%q is the name of several: use one of the ids %s", text, strings.Join(choices, ", "))
}

// meant lists the kinds that a word for a kind covers.
func meant(kind rolecall.Kind) []rolecall.Kind {
	if kind == kindSubject {
		return []rolecall.Kind{rolecall.KindUser, rolecall.KindClient, rolecall.KindGroup}
	}
	return []rolecall.Kind{kind}
}

// named returns the records of a kind that text is a name of, each once.
func named(ctx context.Context, p project, kind rolecall.Kind, text string, where []rolecall.Condition) ([]rolecall.Record, error) {
	fields := []string{"name"}
	switch kind {
	case rolecall.KindAPI:
		fields = append(fields, "identifier")
	case rolecall.KindUser:
		fields = append(fields, "email")
	}
	var found []rolecall.Record
	add := func(r rolecall.Record) {
		same := func(other rolecall.Record) bool { return other.Key() == r.Key() }
		if !slices.ContainsFunc(found, same) {
			found = append(found, r)
		}
	}
	for _, field := range fields {
		page, err := p.List(ctx, rolecall.Query{Kind: kind, Limit: 10, Where: append(slices.Clip(where), rolecall.Where(field, text))})
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			add(r)
		}
	}
	if kind == rolecall.KindUser {
		login, err := p.Get(ctx, rolecall.KindLoginID, identity.NormalLogin(text))
		if errors.Is(err, rolecall.ErrNotFound) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		user, err := p.Get(ctx, rolecall.KindUser, string(login.(*rolecall.LoginID).Subject))
		if err != nil {
			return nil, err
		}
		add(user)
	}
	return found, nil
}

// find returns the record of kind k that text means, in the tenant or API that
// the command's flags name.
func (k kind) find(cmd *cobra.Command, p project, text string) (rolecall.Record, error) {
	var where []rolecall.Condition
	for field, value := range k.only {
		where = append(where, rolecall.Where(field, value))
	}
	if k.scope != nil {
		object := map[string]any{}
		if err := k.scope.read(cmd, p, object); err != nil {
			return nil, err
		}
		if value, ok := object[k.scope.json].(string); ok {
			where = append(where, rolecall.Where(k.scope.json, value))
		}
	}
	return find(cmd.Context(), p, k.kind, text, where)
}

// findRole returns the role that text means where tenant is concerned: one of
// the project's or the tenant's.
func findRole(ctx context.Context, p project, text string, tenant rolecall.TenantID) (rolecall.RoleID, error) {
	var places [][]rolecall.Condition
	if tenant != "" {
		for _, home := range []rolecall.TenantID{"", tenant} {
			places = append(places, []rolecall.Condition{rolecall.Where("tenant", home)})
		}
	}
	r, err := find(ctx, p, rolecall.KindRole, text, places...)
	if err != nil {
		return "", err
	}
	return r.(*rolecall.Role).ID, nil
}

// findPermission returns the permission that text means, of the API that the
// text api means, or of any.
func findPermission(ctx context.Context, p project, text, api string) (*rolecall.Permission, error) {
	var where []rolecall.Condition
	if api != "" {
		found, err := find(ctx, p, rolecall.KindAPI, api)
		if err != nil {
			return nil, err
		}
		where = append(where, rolecall.Where("api", found.Key()))
	}
	r, err := find(ctx, p, rolecall.KindPermission, text, where)
	if err != nil {
		return nil, err
	}
	return r.(*rolecall.Permission), nil
}

func findSubject(ctx context.Context, p project, text string) (rolecall.SubjectID, error) {
	r, err := find(ctx, p, kindSubject, text)
	if err != nil {
		return "", err
	}
	return rolecall.SubjectID(r.Key()), nil
}

func findTenant(ctx context.Context, p project, text string) (rolecall.TenantID, error) {
	if text == "" {
		return "", nil
	}
	r, err := find(ctx, p, rolecall.KindTenant, text)
	if err != nil {
		return "", err
	}
	return r.(*rolecall.Tenant).ID, nil
}

// all returns the first limit records that q selects, or all if limit is 0.
func all(ctx context.Context, p project, q rolecall.Query, limit int) ([]rolecall.Record, error) {
	var records []rolecall.Record
	for {
		q.Limit = rolecall.MaxPage
		if left := limit - len(records); limit > 0 && left < q.Limit {
			q.Limit = left
		}
		page, err := p.List(ctx, q)
		if err != nil {
			return nil, err
		}
		records = append(records, page.Records...)
		if page.Next == "" || limit > 0 && len(records) >= limit {
			return records, nil
		}
		q.After = page.Next
	}
}
