package descope

import (
	"context"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
)

// inAtMost is how many values a condition takes.
const inAtMost = 500

// related returns the records of a kind whose field is one of values.
func related[R rolecall.Record](ctx context.Context, v *rolecall.View, kind rolecall.Kind, field string, values []string, where ...rolecall.Condition) (all []R, err error) {
	for some := range slices.Chunk(values, inAtMost) {
		found, err := rolecall.All[R](ctx, v, rolecall.Query{Kind: kind, Where: append([]rolecall.Condition{
			{Field: field, Op: rolecall.In, Values: some},
		}, where...)})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func keysOf[R rolecall.Record](records []R) []string {
	keys := make([]string, len(records))
	for i, r := range records {
		keys[i] = r.Key()
	}
	return keys
}

// texts returns ids as plain strings.
func texts[T ~string](ids []T) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}

// maxBatch is how many items a batch has, as many as a write of our own API.
const maxBatch = 10_000

// batch refuses one of nothing, and one that is too large.
func batch(name string, items int) error {
	switch {
	case items == 0:
		return missingArgument.because("%s: at least one is required", name)
	case items > maxBatch:
		return invalidArgument.because("%s must be at most %d", name, maxBatch)
	}
	return nil
}

// each makes one write of an operation for each item. There must be an item.
func each[T any](c *call, name string, items []T, op func(T) rolecall.Op) (none, error) {
	if err := batch(name, len(items)); err != nil {
		return none{}, err
	}
	ops := make([]rolecall.Op, len(items))
	for i, item := range items {
		ops[i] = op(item)
	}
	return c.do(ops...)
}

// seconds returns t as SDKs read times: in Unix seconds, 0 for none.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
