// Package console is Rolecall's administration in a browser: an http.Handler
// that mounts under any prefix, in the server at /console/ and inside an
// application.
//
//	mux.Handle("/perm-admin/", console.Handler(rc, console.Subject(signedIn)))
//
// It decides nothing. What the viewer sees is read as the viewer, and every
// change is a [rolecall.Service.Write] with the viewer as its Actor. Pages are
// made on the server and work without JavaScript; static/console.js makes them
// quicker. There are no requests to other hosts and no inline scripts or styles.
//
// # To add a page
//
// A page is one Go file, one folder of templates and one line in the route table. For
// a page about things:
//
//  1. things.go has a type that embeds *call and holds what the template shows,
//     and a function that makes it:
//
//     type thingsPage struct {
//     *call
//     Things []*rolecall.Thing
//     }
//
//     func things(c *call) (any, error) {
//     c.Title = "Things"
//     ...
//     return &thingsPage{c, all}, nil
//     }
//
//  2. pages/things/list.html defines "main". Its dot is the thingsPage; the
//     parts in pages/_parts.html are there for it ("head", "search", "pager",
//     "button", "empty", "copy" and more), and so are the methods of *call:
//     .Link makes the URL of a route, .Do a button that is disabled, and says
//     why, when the viewer may not use it.
//
//  3. routes.go: page("/things", "rolecall:things.read", here, "things/list", things)
//     and, if the page is in the navigation, a line in sections.
//
// A page reads with list, look and c.view: all of it is one state, seen as the
// viewer. Within /t/{tenant}/ the same routes show one tenant, c.Tenant.
//
// A change is a function that returns what to write, and a line with act:
//
//	act("/things/{id}/delete", "rolecall:things.write", everywhere, deleteThing)
//
//	func deleteThing(c *call) (*change, error) {
//		return &change{
//			Title: "Delete the thing?", Verb: "Delete", Danger: true,
//			steps: steps{remove(&rolecall.Thing{ID: c.id()})},
//			then: c.Link("/things"), said: "The thing is deleted.",
//		}, nil
//	}
//
// A POST shows first who would gain and who would lose what, and asks; it writes
// when that was confirmed. A change with quiet set, which gives and takes
// nothing, is made at once. When a write is refused, the page of the same path
// is shown again with the error and what was typed, if the route table has one.
//
// The tests walk the route table: a new line is asked for by nobody, by a
// stranger and from another origin, without more being written. What a page
// shows of hostile names is tested too, once worldOf in world_test.go says with
// which ids to call it.
package console
