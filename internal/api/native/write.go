package native

import (
	"encoding/json"
	"strconv"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

const (
	maxWriteBody = 8 << 20
	maxOps       = 10_000 // of one write
)

// An operation is one of a write's.
type operation struct {
	Op     verb            `json:"op"`
	Kind   rolecall.Kind   `json:"kind"`
	Record json.RawMessage `json:"record"` // as its collection has it; to delete, its key is enough
}

// A verb says what an operation does.
type verb string

const (
	opCreate verb = "create"
	opPut    verb = "put" // create, or replace the one with its key
	opUpdate verb = "update"
	opDelete verb = "delete"
)

type writeInput struct {
	Body struct {
		Ops []operation `json:"ops"`
	}
}

// A writeReply says what a write of several operations made.
type writeReply struct {
	Revision rolecall.Revision `json:"revision"`
	Changes  []writtenRecord   `json:"changes"` // in the journal's order, those that followed by themselves too
}

// A writtenRecord is one that a write left, or with deleted, that it removed.
type writtenRecord struct {
	Kind    rolecall.Kind   `json:"kind"`
	Record  rolecall.Record `json:"record"`
	Deleted bool            `json:"deleted,omitempty"`
}

func (h *Handler) write(c *call, in *writeInput) (none writeReply, err error) {
	if len(in.Body.Ops) > maxOps {
		return none, api.Fault("ops", "must be at most "+strconv.Itoa(maxOps))
	}
	ops := make([]rolecall.Op, len(in.Body.Ops))
	for i, o := range in.Body.Ops {
		if ops[i], err = o.read(); err != nil {
			return none, api.At("ops", api.At("["+strconv.Itoa(i)+"]", err))
		}
	}
	return h.writeAll(c, ops)
}

func (h *Handler) writeAll(c *call, ops []rolecall.Op) (none writeReply, err error) {
	receipt, err := h.rc.Write(c.r.Context(), c.by, ops...)
	if err != nil {
		return none, err
	}
	c.wrote(receipt)
	reply := writeReply{Revision: receipt.Revision, Changes: []writtenRecord{}}
	for _, change := range receipt.Changes {
		if r := change.After; r != nil {
			reply.Changes = append(reply.Changes, writtenRecord{Kind: r.Kind(), Record: r})
		} else {
			reply.Changes = append(reply.Changes, writtenRecord{Kind: change.Before.Kind(), Record: change.Before, Deleted: true})
		}
	}
	return reply, nil
}

// read returns what an operation says to do.
func (o operation) read() (op rolecall.Op, err error) {
	switch o.Op {
	case opCreate, opPut, opUpdate:
		if o.Kind == rolecall.KindCredential || o.Kind == rolecall.KindSigningKey {
			return op, api.Fault("kind", "holds secrets, and has routes of its own")
		}
	case opDelete:
	default:
		return op, api.Fault("op", "must be create, put, update or delete")
	}
	r := rolecall.NewRecord(o.Kind)
	if r == nil {
		return op, api.Fault("kind", "is not a kind of record")
	}
	if err := api.Decode(string(o.Record), r); err != nil {
		return op, api.At("record", err)
	}
	normal(r)
	switch o.Op {
	case opCreate:
		return rolecall.Create(r), nil
	case opPut:
		return rolecall.Put(r), nil
	case opUpdate:
		return rolecall.Update(r), nil
	}
	return remove(r), nil
}
