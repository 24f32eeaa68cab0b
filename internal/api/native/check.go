package native

import (
	"cmp"
	"net/http"
	"reflect"
	"strconv"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// This file is the hot path, and the one place that reads and writes JSON by
// hand: reflection would cost more than the decision.

// maxChecks is how many questions one request may hold.
const maxChecks = 1000

// A checkBatch is the other body of POST /check: questions, and what those of
// them say that do not say it themselves.
type checkBatch struct {
	partialRequest
	Checks []partialRequest `json:"checks"`
}

// A partialRequest is a rolecall.Request that need not say who.
type partialRequest struct {
	Subject    rolecall.SubjectID `json:"subject,omitempty"`
	Permission string             `json:"permission,omitempty"`
	API        string             `json:"api,omitempty"`
	Tenant     rolecall.TenantID  `json:"tenant,omitempty"`
	Resource   string             `json:"resource,omitempty"`
	Session    rolecall.SessionID `json:"session,omitempty"`
	Role       string             `json:"role,omitempty"`
	Group      string             `json:"group,omitempty"`
	Any        rolecall.Kind      `json:"any,omitempty"`
}

// A checkBatchReply answers a checkBatch, in its order.
type checkBatchReply struct {
	Decisions []rolecall.Decision `json:"decisions"`
}

func (h *Handler) checkEndpoint() endpoint {
	e := read(func(*call, *struct {
		past
		Body rolecall.Request
	}) (d rolecall.Decision, err error) {
		return d, nil
	})
	e.raw = h.check
	e.batch, e.batchReply = reflect.TypeFor[checkBatch](), reflect.TypeFor[checkBatchReply]()
	return e
}

func (h *Handler) check(w http.ResponseWriter, r *http.Request) {
	room, _ := h.rooms.Get().(*checkRoom)
	if room == nil {
		room = new(checkRoom)
	}
	at, err := h.decide(w, r, room)
	if err != nil {
		api.WriteProblem(w, r, h.log, err)
	} else {
		header := w.Header()
		header["Content-Type"] = jsonType
		if len(room.answer) > countedByItself {
			header["Content-Length"] = []string{strconv.Itoa(len(room.answer))}
		}
		api.SetRevision(w, at)
		w.Write(room.answer) // a caller who is gone misses nothing
	}
	clear(room.asked) // they hold on to the request's body
	h.rooms.Put(room)
}

// A checkRoom is what a check needs for the time that it takes.
type checkRoom struct {
	asked  []rolecall.Request
	answer []byte
}

// countedByItself is up to how many bytes net/http finds the Content-Length, and
// saves the header's map from growing.
const countedByItself = 2048

var jsonType = []string{"application/json"} // shared by all answers, and not changed

// decide makes the answer to a check, and returns the revision that it was made at.
func (h *Handler) decide(w http.ResponseWriter, r *http.Request, room *checkRoom) (at rolecall.Revision, err error) {
	by, err := h.auth.Actor(w, r, door)
	if err != nil {
		return 0, err
	}
	asOf, err := h.terms(w, r)
	if err != nil {
		return 0, err
	}
	body, err := api.ReadBody(w, r, api.MaxBody)
	if err != nil {
		return 0, err
	}
	var batch bool
	room.asked, batch, err = questions(body, room.asked[:0])
	if err != nil {
		return 0, err
	}
	var decisions []rolecall.Decision
	switch {
	case asOf == 0:
		decisions, err = h.rc.Decide(r.Context(), by, room.asked...)
	case batch:
		err = api.Fault("as_of", "is for one question")
	default:
		var p *rolecall.Policy
		if p, err = h.rc.AsOf(r.Context(), by, asOf); err == nil {
			decisions = []rolecall.Decision{p.Decide(room.asked[0], h.rc.Now())}
		}
	}
	if err != nil {
		return 0, err
	}
	room.answer = appendAnswer(room.answer[:0], decisions, batch)
	if len(decisions) == 0 {
		return h.rc.Revision(), nil
	}
	return decisions[0].Revision, nil
}

// terms does what the query asks for: waits for a revision, or asks a past one.
func (h *Handler) terms(w http.ResponseWriter, r *http.Request) (asOf rolecall.Revision, err error) {
	if r.URL.RawQuery == "" {
		return 0, nil
	}
	c := &call{w: w, r: r}
	if c.query, err = api.ReadQuery(r); err != nil {
		return 0, err
	}
	if err = known(c.query, h.checkEndpoint()); err != nil {
		return 0, err
	}
	if err = h.atLeast(c); err != nil {
		return 0, err
	}
	if err = c.parse("as_of", &asOf); err == nil && c.query.Has("as_of") && asOf == 0 {
		err = api.Fault("as_of", "must be at least 1")
	}
	return asOf, err
}

// questions reads the body of POST /check, one question or a batch of them,
// into asked, which is empty.
func questions(text string, asked []rolecall.Request) (all []rolecall.Request, batch bool, err error) {
	var outer rolecall.Request
	err = api.Scan(text, func(s *api.Scanner) error {
		var seen members
		return s.Object(func(name string) error {
			switch {
			case name != "checks":
				return member(s, name, &outer, &seen)
			case batch:
				return api.Fault("", "is given twice")
			}
			batch = true
			return s.Array(func(i int) error {
				if i == maxChecks {
					return api.Fault("", "is one more than the "+strconv.Itoa(maxChecks)+" questions of a request")
				}
				asked = append(asked, rolecall.Request{})
				return question(s, &asked[i])
			})
		})
	})
	if !batch {
		return append(asked, outer), false, err
	}
	if outer != (rolecall.Request{}) {
		for i := range asked {
			complete(&asked[i], &outer)
		}
	}
	return asked, true, err
}

// complete gives q what it does not say itself. Of what is asked for, which is
// one of permission, role, group and any, it takes all or nothing.
func complete(q, outer *rolecall.Request) {
	if q.Permission == "" && q.Role == "" && q.Group == "" && q.Any == "" {
		q.Permission, q.Role, q.Group, q.Any = outer.Permission, outer.Role, outer.Group, outer.Any
	}
	q.Subject = cmp.Or(q.Subject, outer.Subject)
	q.API = cmp.Or(q.API, outer.API)
	q.Tenant = cmp.Or(q.Tenant, outer.Tenant)
	q.Resource = cmp.Or(q.Resource, outer.Resource)
	q.Session = cmp.Or(q.Session, outer.Session)
}

func question(s *api.Scanner, q *rolecall.Request) error {
	var seen members
	return s.Object(func(name string) error { return member(s, name, q, &seen) })
}

// members are those of a question that were read, a bit for each.
type members uint16

// member reads one member of a question.
func member(s *api.Scanner, name string, q *rolecall.Request, seen *members) (err error) {
	var text *string
	var bit members
	switch name {
	case "subject":
		text, bit = (*string)(&q.Subject), 1<<0
	case "permission":
		text, bit = &q.Permission, 1<<1
	case "api":
		text, bit = &q.API, 1<<2
	case "tenant":
		text, bit = (*string)(&q.Tenant), 1<<3
	case "resource":
		text, bit = &q.Resource, 1<<4
	case "role":
		text, bit = &q.Role, 1<<5
	case "group":
		text, bit = &q.Group, 1<<6
	case "any":
		text, bit = (*string)(&q.Any), 1<<7
	case "session":
		text, bit = (*string)(&q.Session), 1<<8
	default:
		return api.Fault("", "is unknown")
	}
	if *seen&bit != 0 {
		return api.Fault("", "is given twice")
	}
	*seen |= bit
	*text, err = s.String()
	return err
}

// appendAnswer appends decisions as JSON to out. A reason is one of the core's own
// words and needs no escaping.
func appendAnswer(out []byte, decisions []rolecall.Decision, batch bool) []byte {
	if batch {
		out = append(out, `{"decisions":[`...)
	}
	for i, d := range decisions {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"allowed":`...)
		out = strconv.AppendBool(out, d.Allowed)
		out = append(out, `,"reason":"`...)
		out = append(out, d.Reason...)
		out = append(out, `","revision":`...)
		out = strconv.AppendInt(out, int64(d.Revision), 10)
		out = append(out, '}')
	}
	if batch {
		out = append(out, `]}`...)
	}
	return append(out, '\n')
}
