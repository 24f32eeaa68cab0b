package console

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// A change is what a form asks for. It is written by the viewer, after the
// viewer saw who gains and who loses what.
type change struct {
	Title  string // a question: "Delete the role Editor?"
	Text   string // more about it
	Verb   string // on the button
	Danger bool   // it takes something away

	quiet bool  // nobody gains or loses anything, so it is not asked about
	steps steps // what to write
	// do writes in place of steps, for what the packages identity, token and webhook do.
	do     func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error)
	copies []snippet // the ways to do elsewhere what do does

	then string // where to go afterwards
	said string // there, what was done
	// shows makes the page that shows what came of it, in place of going anywhere.
	shows func(rolecall.Receipt) (template string, page any)
}

// steps are the operations of a write, in a form that can be shown.
type steps []step

// A step is one operation.
type step struct {
	verb   string // as the API spells it: create, put or delete, and patch
	record rolecall.Record
	fields map[string]any // that patch changes, as in JSON
	op     rolecall.Op
}

func create(r rolecall.Record) step { return step{"create", r, nil, rolecall.Create(r)} }
func put(r rolecall.Record) step    { return step{"put", r, nil, rolecall.Put(r)} }

// remove deletes a record; of assignments and direct grants without a source,
// those of every source.
func remove(r rolecall.Record) step {
	switch r := r.(type) {
	case *rolecall.Assignment:
		return step{"delete", r, nil, rolecall.Unassign(*r)}
	case *rolecall.DirectGrant:
		return step{"delete", r, nil, rolecall.Revoke(*r)}
	}
	return step{"delete", r, nil, rolecall.Delete(r)}
}

// modify changes a record in the write's transaction. fields are what it
// changes, as in JSON, for a change that is asked about.
func modify[R rolecall.Record](like R, fields map[string]any, change func(R)) step {
	return step{"patch", like, fields, rolecall.Modify(like, func(r R) error { change(r); return nil })}
}

func (m *change) write(c *call, by rolecall.Actor) (rolecall.Receipt, error) {
	if m.do != nil {
		return m.do(c.ctx, by)
	}
	ops := make([]rolecall.Op, len(m.steps))
	for i, s := range m.steps {
		ops[i] = s.op
	}
	return c.rc.Write(c.ctx, by, ops...)
}

// change answers a POST: with the question that it takes, with what was wrong,
// or by making the change and going on.
func (c *call) change() {
	var made *change
	work := func() (err error) {
		made, err = c.route.do(c)
		return err
	}
	err := error(nil)
	if c.route.at == outside { // it signs in or out, and reads for itself
		err = work()
	} else {
		err = c.read(work)
	}
	if err != nil {
		c.refuse(err)
		return
	}
	if made.do == nil && made.steps == nil {
		c.finish(made)
		return
	}
	by := c.by
	by.Reason = c.Value("reason")
	confirmed := c.Value("confirm") != ""
	// What was shown may be out of date: then it is worked out and compared first.
	moved := c.Value("seen") != "" && c.Value("at") != text(c.rc.Revision())
	by.DryRun = !made.quiet && (!confirmed || moved)
	receipt, err := made.write(c, by)
	if err == nil && by.DryRun && confirmed && c.Value("seen") == c.seen(receipt) {
		by.DryRun = false
		receipt, err = made.write(c, by)
	}
	switch {
	case err != nil:
		c.refuse(err)
	case by.DryRun:
		c.ask(made, receipt, confirmed)
	case made.shows != nil:
		template, page := made.shows(receipt)
		c.render(http.StatusOK, template, page)
	default:
		c.finish(made)
	}
}

// seen stands for who gains and who loses what. Whoever is made by the write has
// another id each time, which is left out.
func (c *call) seen(r rolecall.Receipt) string {
	p := c.rc.Policy()
	known := func(all []rolecall.Effect) []rolecall.Effect {
		all = slices.Clone(all)
		for i := range all {
			if p.KindOf(all[i].Subject) == "" {
				all[i].Subject = ""
			}
		}
		return all
	}
	effects, err := json.Marshal([]any{known(r.Gained), known(r.Lost), r.Truncated})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(effects)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// dialogHeader marks requests of static/console.js, which follows no redirect
// by itself: it is told where to go.
const dialogHeader, locationHeader = "Rolecall-Dialog", "Rolecall-Location"

func (c *call) finish(made *change) {
	if made.said != "" {
		c.say(made.said)
	}
	if c.r.Header.Get(dialogHeader) != "" {
		c.w.Header().Set(locationHeader, made.then)
		c.w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(c.w, c.r, made.then, http.StatusSeeOther)
}

// refuse shows what was wrong on the page that has the form, if there is one.
func (c *call) refuse(err error) {
	p := problemOf(err)
	form := c.findRoute(http.MethodGet, c.route.path)
	if form == nil || p.Status == http.StatusInternalServerError || p.Status == http.StatusNotFound && p.Field == "" {
		c.fail(err)
		return
	}
	c.retryAfter(err)
	c.route, c.Problem = form, p
	c.show(p.Status)
}

// A confirmPage asks whether to make a change.
type confirmPage struct {
	*call
	Change       *change
	Gained, Lost []effects
	Truncated    bool
	Moved        bool   // it was confirmed, and would do something else by now
	Seen         string // stands for Gained and Lost
	At           rolecall.Revision
	Fields       []hidden
	Password     bool // the form had one, which is not sent back: it is typed again
	Cancel       string
	Copies       []snippet
}

// effects are what one subject gains or loses.
type effects struct {
	Subject named
	Shown   []rolecall.Effect
	More    int
}

// hidden is a field of the form that was sent, to be sent again.
type hidden struct{ Name, Value string }

// maxShown bounds what a question lists: subjects, and permissions of each.
const maxShown = 20

func (c *call) ask(made *change, receipt rolecall.Receipt, moved bool) {
	p := &confirmPage{call: c, Change: made, Truncated: receipt.Truncated, Moved: moved, Seen: c.seen(receipt), At: receipt.Revision, Cancel: c.local(c.Value("back"))}
	err := c.read(func() error {
		var all []string
		for _, e := range slices.Concat(receipt.Gained, receipt.Lost) {
			all = append(all, string(e.Subject))
		}
		if err := c.learn(kindSubject, all...); err != nil {
			return err
		}
		p.Gained, p.Lost = c.effects(receipt.Gained), c.effects(receipt.Lost)
		return nil
	})
	if err != nil {
		c.fail(err)
		return
	}
	for name, values := range c.r.PostForm {
		for _, v := range values {
			if name == "password" {
				p.Password = v != ""
			} else if name != "reason" && name != "confirm" && name != "seen" && name != "at" {
				p.Fields = append(p.Fields, hidden{name, v})
			}
		}
	}
	slices.SortStableFunc(p.Fields, func(a, b hidden) int { return strings.Compare(a.Name, b.Name) })
	if p.Copies = made.copies; p.Copies == nil {
		p.Copies = c.snippets(made.steps)
	}
	c.Title = made.Title
	c.render(http.StatusOK, "confirm", p)
}

// effects groups what a dry run says by subject.
func (c *call) effects(all []rolecall.Effect) (groups []effects) {
	for _, e := range all {
		if n := len(groups); n == 0 || groups[n-1].Subject.ID != string(e.Subject) {
			groups = append(groups, effects{Subject: c.Name(kindSubject, string(e.Subject))})
		}
		g := &groups[len(groups)-1]
		if len(g.Shown) < maxShown {
			g.Shown = append(g.Shown, e)
		} else {
			g.More++
		}
	}
	return groups
}
