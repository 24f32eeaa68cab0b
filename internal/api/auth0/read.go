package auth0

import (
	"context"
	"slices"

	"github.com/rolecall/rolecall"
)

// inAtMost is how many values a condition takes.
const inAtMost = 500

// related returns the records of a kind whose field is one of values.
func related[R rolecall.Record](ctx context.Context, v *rolecall.View, kind rolecall.Kind, field string, values []string, where ...rolecall.Condition) (all []R, err error) {
	return relatedIn[R](ctx, v, "", kind, field, values, where...)
}

// relatedIn is related, of what concerns a tenant.
func relatedIn[R rolecall.Record](ctx context.Context, v *rolecall.View, tenant rolecall.TenantID, kind rolecall.Kind, field string, values []string, where ...rolecall.Condition) (all []R, err error) {
	for some := range slices.Chunk(values, inAtMost) {
		found, err := rolecall.All[R](ctx, v, rolecall.Query{Kind: kind, Tenant: tenant, Where: append([]rolecall.Condition{
			{Field: field, Op: rolecall.In, Values: some},
		}, where...)})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// byKey returns records by their keys.
func byKey[R rolecall.Record](records []R) map[string]R {
	all := make(map[string]R, len(records))
	for _, r := range records {
		all[r.Key()] = r
	}
	return all
}

// texts returns ids as plain strings, each once.
func texts[T ~string](ids []T) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
