package descope

import (
	"context"
	"net/http"
	"reflect"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

const maxBody = 8 << 20 // of a batch of users

// A call is one request to the API.
type call struct {
	*Handler
	w http.ResponseWriter
	r *http.Request

	last   string         // segment of the path, where the route leaves it open
	bearer []string       // what follows the project id
	by     rolecall.Actor // who makes a management call
}

// An endpoint says who may call and what is done.
type endpoint struct {
	management bool         // takes a management key
	public     bool         // takes nothing
	in         reflect.Type // what it reads
	serve      func(*call) (any, error)
}

// manage makes an endpoint that takes a management key, of a function. In is
// read from the body or, for GET and DELETE, from the query; see [call.read].
func manage[In, Out any](serve func(*call, *In) (Out, error)) endpoint {
	return endpoint{management: true, in: reflect.TypeFor[In](), serve: typed(serve)}
}

// open makes an endpoint that takes the project id, and whatever the function
// asks of the parts of the bearer that follow it.
func open[In, Out any](serve func(*call, *In) (Out, error)) endpoint {
	return endpoint{in: reflect.TypeFor[In](), serve: typed(serve)}
}

// public makes an endpoint that anybody may call.
func public[In, Out any](serve func(*call, *In) (Out, error)) endpoint {
	return endpoint{public: true, serve: typed(serve)}
}

func typed[In, Out any](serve func(*call, *In) (Out, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		in := new(In)
		if err := c.read(in); err != nil {
			return nil, err
		}
		return serve(c, in)
	}
}

// none is the input of calls that take nothing, and the answer of those that
// say no more than that it was done: "{}", since SDKs parse every body.
type none struct{}

func (c *call) run() (any, error) {
	api.WithRequestID(c.w, c.r)
	e, last, err := c.find(c.r)
	if err != nil {
		return nil, err
	}
	c.last = last
	if err := c.authenticate(e); err != nil {
		return nil, err
	}
	return e.serve(c)
}

// read reads what a call asks into the struct, or slice, that in points to.
// SDKs send null, "" and no body at all for what is unset, and members that are
// not known here.
func (c *call) read(in any) error {
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodDelete {
		return c.readQuery(reflect.ValueOf(in).Elem())
	}
	text, err := api.ReadText(c.w, c.r, maxBody)
	if err != nil || text == "" {
		return err
	}
	return api.DecodeLenient(text, in)
}

func (c *call) readQuery(v reflect.Value) error {
	query, err := api.ReadQuery(c.r)
	if err != nil {
		return err
	}
	for _, f := range api.FieldsOf(v.Type()).All() {
		if text := query.Get(f.Name); text != "" {
			if err := api.ParseText(text, v.FieldByIndex(f.Index)); err != nil {
				return api.At(f.Name, err)
			}
		}
	}
	return nil
}

// view reads one state, as the caller may.
func (c *call) view(f func(context.Context, *rolecall.View) error) error {
	return c.rc.View(c.r.Context(), c.by, func(v *rolecall.View) error { return f(v.Context(c.r.Context()), v) })
}

// write makes one write, all or nothing.
func (c *call) write(ops ...rolecall.Op) (rolecall.Receipt, error) {
	if len(ops) == 0 {
		return rolecall.Receipt{}, nil
	}
	return c.rc.Write(c.r.Context(), c.by, ops...)
}

// do makes one write that has nothing to answer.
func (c *call) do(ops ...rolecall.Op) (none, error) {
	_, err := c.write(ops...)
	return none{}, err
}

// list returns all, which JSON must not show as null.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
