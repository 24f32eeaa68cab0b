package console

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
)

// This file is what every page has around it.

// Root is the console's prefix, without a slash at its end.
func (c *call) Root() string { return c.prefix }

// A shownSection is a part of the navigation as the viewer has it.
type shownSection struct {
	Title string
	Links []shownLink
}

// A shownLink leads somewhere, and says whether that is here.
type shownLink struct {
	Label, URL string
	Here       bool
	Key        string // goes there, after g
}

// Nav returns the navigation: the pages that the viewer may see in this scope.
func (c *call) Nav() (all []shownSection) {
	for _, s := range sections {
		shown := shownSection{Title: s.Title}
		for _, l := range s.Links {
			r := c.findRoute(http.MethodGet, l.Path)
			if r == nil || c.allowed(r) != nil || c.Tenant != "" && r.at == everywhere {
				continue
			}
			here := c.path == l.Path || strings.HasPrefix(c.path, l.Path+"/")
			shown.Links = append(shown.Links, shownLink{l.Label, c.Link(l.Path), here, l.Key})
		}
		if len(shown.Links) > 0 {
			all = append(all, shown)
		}
	}
	return all
}

// maxScopes bounds how many tenants the menu of scopes offers.
const maxScopes = 20

// Scopes returns where else the viewer administers something, if there is
// anywhere else.
func (c *call) Scopes() (all []shownLink) {
	wide, tenants := c.reach()
	if wide {
		all = append(all, shownLink{Label: "Everywhere", URL: c.LinkIn("", "/"), Here: c.Tenant == ""})
	}
	if c.Tenant != "" && !slices.Contains(tenants, c.Tenant) {
		tenants = append([]rolecall.TenantID{c.Tenant}, tenants...)
	}
	for _, t := range tenants[:min(len(tenants), maxScopes)] {
		all = append(all, shownLink{Label: c.tenantName(t), URL: c.LinkIn(t, "/"), Here: c.Tenant == t})
	}
	if len(all) == 1 && all[0].Here {
		return nil
	}
	return all
}

// reach returns whether the viewer administers anything everywhere, and the
// tenants in which it administers something by a role there.
func (c *call) reach() (wide bool, tenants []rolecall.TenantID) {
	a := c.rc.Policy().Authority(c.by.Subject, string(rolecall.AdminAPI), "", c.rc.Now())
	for _, t := range a.Tenants {
		if len(t.Permissions) > 0 {
			tenants = append(tenants, t.Tenant)
		}
	}
	return len(a.Permissions) > 0, tenants
}

// ScopeName is what the scope that is looked at is called.
func (c *call) ScopeName() string {
	if c.Tenant == "" {
		return "Everywhere"
	}
	return c.tenantName(c.Tenant)
}

func (c *call) tenantName(id rolecall.TenantID) string {
	if t, err := rolecall.Find(c.ctx, c.rc, reader, &rolecall.Tenant{ID: id}); err == nil {
		return t.Name
	}
	return string(id)
}

// ViewerName is what the viewer is called.
func (c *call) ViewerName() string {
	u, err := rolecall.Find(c.ctx, c.rc, reader, &rolecall.User{ID: c.by.Subject})
	if err != nil {
		return string(c.by.Subject)
	}
	return nameOf(u).Label
}

type homePage struct{ *call }

// home leads to the first page that the viewer may see, in the first scope
// where there is one.
func home(c *call) (any, error) {
	wide, tenants := c.reach()
	if c.Tenant == "" && !wide && len(tenants) > 0 {
		http.Redirect(c.w, c.r, c.LinkIn(tenants[0], "/"), http.StatusSeeOther)
		return nil, nil
	}
	for _, s := range c.Nav() {
		http.Redirect(c.w, c.r, s.Links[0].URL, http.StatusSeeOther)
		return nil, nil
	}
	c.Title = "Nothing to administer"
	c.status = http.StatusForbidden
	return &homePage{c}, nil
}

// as returns records as what they are.
func as[R rolecall.Record](records []rolecall.Record) []R {
	all := make([]R, len(records))
	for i, r := range records {
		all[i] = r.(R)
	}
	return all
}
