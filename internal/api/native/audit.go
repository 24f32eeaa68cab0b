package native

import (
	"errors"
	"strconv"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

type auditInput struct {
	Actor    rolecall.SubjectID `query:"actor"`
	Kind     rolecall.Kind      `query:"kind"`
	Key      string             `query:"key"`
	Subject  rolecall.SubjectID `query:"subject"`
	Tenant   rolecall.TenantID  `query:"tenant"`
	From     time.Time          `query:"from"`
	To       time.Time          `query:"to"`
	Revision rolecall.Revision  `query:"revision"`
	Since    rolecall.Revision  `query:"since"`
	Through  rolecall.Revision  `query:"through"`
	Newest   bool               `query:"newest"`
	After    int64              `query:"after"`
	Limit    int                `query:"limit"`
	Cursor   string             `query:"cursor"`
}

func (h *Handler) audit(c *call, in *auditInput) (none page[*rolecall.Entry], err error) {
	q := rolecall.EntryQuery{
		Actor: in.Actor, Kind: in.Kind, Key: in.Key, Subject: in.Subject, Tenant: in.Tenant, From: in.From, To: in.To,
		Revision: in.Revision, Since: in.Since, Through: in.Through, Newest: in.Newest, After: in.After,
	}
	if q.Limit, err = c.limit(); err != nil {
		return none, err
	}
	if q.After, err = c.after(in.After); err != nil {
		return none, err
	}
	entries, err := h.rc.Audit(c.r.Context(), c.by, q)
	if err != nil {
		return none, err
	}
	p := page[*rolecall.Entry]{Items: listed(entries)}
	// A full page may be the last one: the next is then empty, and so is its cursor.
	if n := len(entries); n == q.Limit {
		p.Next = c.next(strconv.FormatInt(entries[n-1].Seq, 10))
	}
	return p, nil
}

func (h *Handler) verifyAudit(c *call, _ *struct{}) (rolecall.Head, error) {
	head, err := h.rc.VerifyAudit(c.r.Context(), c.by, nil)
	if errors.Is(err, rolecall.ErrCorrupt) {
		return head, &api.JournalError{Err: err}
	}
	return head, err
}

// A position is how far a project has come.
type position struct {
	Project  string            `json:"project"`
	Revision rolecall.Revision `json:"revision"`
}

func (h *Handler) revision(*call, *struct{}) (position, error) {
	return position{h.rc.Project(), h.rc.Revision()}, nil
}
