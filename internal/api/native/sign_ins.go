package native

import (
	"strconv"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

type signInsInput struct {
	Subject rolecall.SubjectID `query:"subject"`
	Client  rolecall.SubjectID `query:"client"`
	Tenant  rolecall.TenantID  `query:"tenant"`
	Event   identity.EventKind `query:"event"`
	Failed  *bool              `query:"failed"`
	From    time.Time          `query:"from"`
	To      time.Time          `query:"to"`
	Newest  bool               `query:"newest"`
	Limit   int                `query:"limit"`
	Cursor  string             `query:"cursor"`
}

func (h *Handler) signIns(c *call, in *signInsInput) (none page[*identity.Event], err error) {
	q := identity.EventQuery{
		Subject: in.Subject, Client: in.Client, Tenant: in.Tenant, Kind: in.Event, Failed: in.Failed,
		From: in.From, To: in.To, Newest: in.Newest,
	}
	if q.Limit, err = c.limit(); err != nil {
		return none, err
	}
	if q.After, err = c.after(0); err != nil {
		return none, err
	}
	events, err := h.identity.Events(c.r.Context(), c.by, q)
	if err != nil {
		return none, err
	}
	p := page[*identity.Event]{Items: listed(events)}
	if n := len(events); n == q.Limit { // as in the journal, it may be the last
		p.Next = c.next(strconv.FormatInt(events[n-1].ID, 10))
	}
	return p, nil
}
