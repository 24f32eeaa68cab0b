package console

import "net/http"

// A route is a page that is shown or a change that is made, and what it takes.
type route struct {
	path     string // within a prefix and, for one tenant, /t/{tenant}
	needs    string // the permission of the AdminAPI; "" is anybody who is signed in
	at       place  // where it is needed
	template string // under pages/, without .html

	show func(*call) (any, error)     // GET
	do   func(*call) (*change, error) // POST
}

// A place says where a route's permission is needed. It only decides what is
// offered: the Service decides what is done.
type place int

const (
	here       place = iota // in the tenant of the URL, or everywhere if it has none
	everywhere              // also when one tenant is shown
	outside                 // nowhere: the page is for who is not signed in, too
)

func page(path, needs string, at place, template string, show func(*call) (any, error)) route {
	return route{path: path, needs: needs, at: at, template: template, show: show}
}

func act(path, needs string, at place, do func(*call) (*change, error)) route {
	return route{path: path, needs: needs, at: at, do: do}
}

// table is the whole console.
func table() []route {
	return []route{
		page("/{$}", "", here, "home", home),
		page("/sign-in", "", outside, "signin", signInPage),
		act("/sign-in", "", outside, signIn),
		act("/sign-out", "", outside, signOut),
		act("/theme", "", outside, setTheme),
		page("/search", "", here, "search", search),
		page("/pick/{kind}", "", here, "pick", pick),
		page("/help", "", here, "help", help),
		page("/account", "", here, "account", account),
		act("/account/logins/{id}/end", "", here, endLogin),
		page("/password", "", outside, "password", passwordPage),
		act("/password", "", outside, changePassword),

		page("/users", "rolecall:users.read", here, "users/list", users),
		page("/users/{id}", "rolecall:users.read", here, "users/show", user),
	}
}

// sections is the navigation. A line whose page is not in the table is left out.
var sections = []section{
	{"", []navLink{
		{"Overview", "/overview", "o"},
	}},
	{"Access", []navLink{
		{"Access matrix", "/matrix", "m"},
		{"Roles", "/roles", "r"},
		{"Permissions", "/permissions", "p"},
		{"APIs", "/apis", "i"},
		{"Explain", "/explain", "e"},
		{"Who can", "/who-can", "w"},
		{"Graph", "/graph", "h"},
	}},
	{"Directory", []navLink{
		{"Users", "/users", "u"},
		{"Tenants", "/tenants", "t"},
		{"Groups", "/groups", "g"},
	}},
	{"System", []navLink{
		{"Applications", "/applications", "a"},
		{"Access keys", "/keys", "k"},
		{"Audit log", "/audit", "l"},
		{"Settings", "/settings", "s"},
	}},
}

// A section is a part of the navigation.
type section struct {
	Title string
	Links []navLink
}

// A navLink leads to a page, as do the keys g and Key.
type navLink struct{ Label, Path, Key string }

// findRoute returns the route with a method and path, nil if there is none.
func (h *console) findRoute(method, path string) *route {
	for i := range h.routes {
		if h.routes[i].path == path && h.routes[i].method() == method {
			return &h.routes[i]
		}
	}
	return nil
}

func (r *route) method() string {
	if r.do != nil {
		return http.MethodPost
	}
	return http.MethodGet
}
