package native

import (
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

// A route is one row of the API.
type route struct {
	method, path string
	tag          string
	summary      string
	endpoint
}

// An endpoint is what serves a route, and all that the document says of it.
type endpoint struct {
	terms      terms
	parameters []parameter
	body       reflect.Type // nil if it takes none
	batch      reflect.Type // another form of it, or nil
	limit      int64        // bytes of body
	mediaType  string       // of the body, beside application/json
	reply      reflect.Type // nil if it answers 204
	batchReply reflect.Type // to the other form
	status     int          // of success
	also       int          // another status of success, or 0
	permission string       // without which it is refused, if there is one
	stream     string       // the media type of an answer that it writes itself

	serve func(*call) (any, error)
	raw   http.HandlerFunc // serves in place of all the rest
}

// Terms say what is common to many endpoints.
type terms int

const (
	reading terms = iota // takes at_least
	writing              // takes dry_run, reason and an idempotency key
	open                 // takes no credentials
)

// A parameter stands in the path or the query.
type parameter struct {
	name, in string
	kind     reflect.Type
	required bool
	many     bool // may be given several times
	note     string
}

// A call is one request to an endpoint.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	by      rolecall.Actor
	query   url.Values
	body    string
	status  int
	receipt *rolecall.Receipt
}

func read[In, Out any](serve func(*call, *In) (Out, error)) endpoint {
	return typed(reading, serve)
}

func write[In, Out any](serve func(*call, *In) (Out, error)) endpoint {
	return typed(writing, serve)
}

func public[In, Out any](serve func(*call, *In) (Out, error)) endpoint {
	return typed(open, serve)
}

// nothing is the reply of an endpoint that answers 204.
type nothing struct{}

// typed makes an endpoint of a function. In is a struct: its fields are
// parameters by the tags path and query, and Body is the body.
func typed[In, Out any](t terms, serve func(*call, *In) (Out, error)) endpoint {
	e := endpoint{terms: t, limit: api.MaxBody, status: http.StatusOK, reply: reflect.TypeFor[Out]()}
	if e.reply == reflect.TypeFor[nothing]() {
		e.reply, e.status = nil, http.StatusNoContent
	}
	var at [][]int // for each parameter
	var body []int
	for _, f := range reflect.VisibleFields(reflect.TypeFor[In]()) {
		if name, ok := f.Tag.Lookup("path"); ok {
			e.parameters = append(e.parameters, parameter{name: name, in: "path", kind: f.Type, required: true})
			at = append(at, f.Index)
		} else if name, ok := f.Tag.Lookup("query"); ok {
			e.parameters = append(e.parameters, parameter{name: name, in: "query", kind: f.Type})
			at = append(at, f.Index)
		} else if f.Name == "Body" && len(f.Index) == 1 {
			e.body, body = f.Type, f.Index
		}
	}
	e.serve = func(c *call) (any, error) {
		var in In
		v := reflect.ValueOf(&in).Elem()
		for i, p := range e.parameters {
			text := c.r.PathValue(p.name)
			if p.in == "query" {
				if !c.query.Has(p.name) {
					continue
				}
				text = c.query.Get(p.name)
			}
			if err := api.ParseText(text, v.FieldByIndex(at[i])); err != nil {
				return nil, api.At(p.name, err)
			}
		}
		if body != nil {
			if err := api.Decode(c.body, v.FieldByIndex(body).Addr().Interface()); err != nil {
				return nil, err
			}
		}
		return serve(c, &in)
	}
	return e
}

func (e endpoint) atMost(bytes int64) endpoint      { e.limit = bytes; return e }
func (e endpoint) needs(permission string) endpoint { e.permission = permission; return e }
func (e endpoint) created() endpoint                { e.status = http.StatusCreated; return e }

// handler returns the way from a request to an answer that all routes share.
func (h *Handler) handler(rt route) http.HandlerFunc {
	if rt.raw != nil {
		return rt.raw
	}
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r, status: rt.status}
		reply, err := h.run(c, rt)
		if err == nil && rt.stream == "" {
			err = c.answer(reply)
		}
		if err != nil {
			api.WriteProblem(w, r, h.log, err)
		}
	}
}

func (h *Handler) run(c *call, rt route) (reply any, err error) {
	if rt.terms != open {
		if c.by, err = h.auth.Actor(c.w, c.r, door); err != nil {
			return nil, err
		}
		api.SetRevision(c.w, h.rc.Revision())
	}
	if c.query, err = api.ReadQuery(c.r); err != nil {
		return nil, err
	}
	if err := known(c.query, rt.endpoint); err != nil {
		return nil, err
	}
	if rt.body != nil {
		if c.body, err = api.ReadBody(c.w, c.r, rt.limit, rt.mediaType); err != nil {
			return nil, err
		}
	}
	switch rt.terms {
	case reading:
		err = h.atLeast(c)
	case writing:
		err = c.onTerms()
	}
	if err != nil {
		return nil, err
	}
	return rt.serve(c)
}

// known refuses query parameters that an endpoint does not have, or has once.
func known(query url.Values, e endpoint) error {
next:
	for _, name := range slices.Sorted(maps.Keys(query)) { // the same fault for the same query
		values := query[name]
		for _, of := range [][]parameter{e.parameters, common[e.terms]} {
			for _, p := range of {
				if p.in == "query" && p.name == name {
					if len(values) > 1 && !p.many {
						return api.Fault(name, "is given twice")
					}
					continue next
				}
			}
		}
		return api.At(name, api.Fault("", "is unknown"))
	}
	return nil
}

// common are the query parameters that come with an endpoint's terms.
var common = map[terms][]parameter{
	reading: {{name: "at_least", in: "query", kind: reflect.TypeFor[rolecall.Revision]()}},
	writing: {
		{name: "dry_run", in: "query", kind: reflect.TypeFor[bool]()},
		{name: "reason", in: "query", kind: reflect.TypeFor[string]()},
		{name: "Idempotency-Key", in: "header", kind: reflect.TypeFor[string]()},
	},
}

// atLeast waits for the revision that a read asks for.
func (h *Handler) atLeast(c *call) error {
	var at rolecall.Revision
	if err := c.parse("at_least", &at); err != nil || at == 0 {
		return err
	}
	defer func() { api.SetRevision(c.w, h.rc.Revision()) }()
	return api.WaitFor(c.r.Context(), h.rc, at)
}

// onTerms gives the actor of a write what the request says of how to make it.
func (c *call) onTerms() (err error) {
	if err := c.parse("dry_run", &c.by.DryRun); err != nil {
		return err
	}
	c.by.Reason = c.query.Get("reason")
	c.by.IdempotencyKey, c.by.Fingerprint, err = api.IdempotencyKey(c.r, c.body)
	return err
}

// parse reads a query parameter into a variable, if it is there.
func (c *call) parse(name string, to any) error {
	if !c.query.Has(name) {
		return nil
	}
	return api.At(name, api.ParseText(c.query.Get(name), reflect.ValueOf(to).Elem()))
}

// wrote notes what came of a write: its revision is the answer's, and a dry
// run's effects are the answer.
func (c *call) wrote(receipt rolecall.Receipt) {
	c.receipt = &receipt
	api.SetRevision(c.w, receipt.Revision)
	if receipt.Replayed {
		c.w.Header().Set("Idempotency-Replayed", "true")
	}
}

// A dryRun answers a write that was not made.
type dryRun struct {
	DryRun    bool              `json:"dry_run"`
	Gained    []rolecall.Effect `json:"gained"`
	Lost      []rolecall.Effect `json:"lost"`
	Truncated bool              `json:"truncated"`
}

func (c *call) answer(reply any) error {
	if c.by.DryRun {
		dry := dryRun{DryRun: true, Gained: []rolecall.Effect{}, Lost: []rolecall.Effect{}}
		if r := c.receipt; r != nil {
			dry.Gained, dry.Lost, dry.Truncated = append(dry.Gained, r.Gained...), append(dry.Lost, r.Lost...), r.Truncated
		}
		reply, c.status = dry, http.StatusOK
		c.w.Header().Del("Location")
	}
	c.w.Header().Set("Cache-Control", "no-store")
	if c.status == http.StatusNoContent {
		c.w.WriteHeader(c.status)
		return nil
	}
	return api.WriteJSON(c.w, c.status, reply)
}
