package client

import (
	"context"
	"encoding/json"

	"github.com/rolecall/rolecall"
)

// An Op is one operation of a write.
type Op struct {
	Verb   string          `json:"op"`
	Kind   rolecall.Kind   `json:"kind"`
	Record rolecall.Record `json:"record"`
}

// Create adds a record. One that exists already is ErrConflict.
func Create(r rolecall.Record) Op { return Op{"create", r.Kind(), r} }

// Put adds a record, or replaces the one with its key. What is there already
// makes no change.
func Put(r rolecall.Record) Op { return Op{"put", r.Kind(), r} }

// Update replaces the record with r's key, which must exist.
func Update(r rolecall.Record) Op { return Op{"update", r.Kind(), r} }

// Delete removes the record with r's key, and everything that refers to it. An
// assignment or direct grant without a source means those of every source.
func Delete(r rolecall.Record) Op { return Op{"delete", r.Kind(), r} }

// Write makes a write: all of ops, in order, or nothing. With several ops,
// [rolecall.OpErrors] lists those that failed.
//
// Of a record that was changed, the Receipt holds only what came After.
func (c *Client) Write(ctx context.Context, ops ...Op) (rolecall.Receipt, error) {
	var reply struct {
		Changes []struct {
			Kind    rolecall.Kind   `json:"kind"`
			Record  json.RawMessage `json:"record"`
			Deleted bool            `json:"deleted"`
		} `json:"changes"`
	}
	receipt, err := c.write(ctx, call{method: "POST", path: "/write", body: map[string]any{"ops": append([]Op{}, ops...)}}, &reply) // none is [], not null
	if err != nil {
		return receipt, err
	}
	for _, written := range reply.Changes {
		r, err := decode(written.Kind, written.Record)
		if err != nil {
			return receipt, err
		}
		change := rolecall.Change{After: r}
		if written.Deleted {
			change = rolecall.Change{Before: r}
		}
		receipt.Changes = append(receipt.Changes, change)
	}
	return receipt, nil
}

// AssignRoles makes each assignment, or changes the validity and reason of the
// one that is there. All or nothing.
func (c *Client) AssignRoles(ctx context.Context, as ...rolecall.Assignment) (rolecall.Receipt, error) {
	ops := make([]Op, len(as))
	for i := range as {
		ops[i] = Put(&as[i])
	}
	return c.Write(ctx, ops...)
}

// UnassignRoles removes the assignments of each role to each subject in each
// scope: those of its source or, if that is empty, of every source. Each must
// have one. All or nothing.
func (c *Client) UnassignRoles(ctx context.Context, as ...rolecall.Assignment) (rolecall.Receipt, error) {
	ops := make([]Op, len(as))
	for i := range as {
		ops[i] = Delete(&as[i])
	}
	return c.Write(ctx, ops...)
}

// Patch changes fields of the record with like's key, as JSON spells them, and
// returns what it is then: a JSON merge patch, RFC 7396, so that nil clears a
// field. It is for records that have an id.
//
//	role, receipt, err := client.Patch(ctx, rc, &rolecall.Role{ID: "editor"}, map[string]any{"name": "Chief editor"})
func Patch[R rolecall.Record](ctx context.Context, c *Client, like R, fields map[string]any) (R, rolecall.Receipt, error) {
	var none R
	in, err := collectionOf(like.Kind())
	if err != nil {
		return none, rolecall.Receipt{}, err
	}
	if in.key != nil {
		return none, rolecall.Receipt{}, &rolecall.FieldError{Field: "kind", Rule: "has no id: put the whole record", Kind: rolecall.ErrInvalid}
	}
	changed := rolecall.NewRecord(like.Kind())
	receipt, err := c.write(ctx, call{method: "PATCH", path: in.at(like.Key()), body: fields, mediaType: "application/merge-patch+json"}, changed)
	if err != nil || receipt.DryRun {
		return none, receipt, err
	}
	return changed.(R), receipt, nil
}
