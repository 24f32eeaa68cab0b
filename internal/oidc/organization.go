package oidc

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
)

// Where an application requires an organization and names none, the person says
// which, once it is known who that is: the vendor's post_login_prompt.

var (
	errNoOrganization    = refuse(http.StatusForbidden, "access_denied", "user is not part of any organization")
	errManyOrganizations = refuse(http.StatusBadRequest, "interaction_required", "Interaction required")
)

// asksWhich reports whether a client that requires an organization may leave it
// to the person which: unless its organization_require_behavior is no_prompt,
// which the vendor's clients have among the attributes.
func asksWhich(c *rolecall.Client) bool {
	var kept struct {
		Auth0 struct {
			Extra struct {
				Behavior string `json:"organization_require_behavior"`
			} `json:"extra"`
		} `json:"auth0"`
	}
	if len(c.Attributes) > 0 {
		json.Unmarshal(c.Attributes, &kept) // what has another form asks for nothing
	}
	return c.OAuth.Tenants == rolecall.TenantsRequired && kept.Auth0.Extra.Behavior != "no_prompt"
}

// settleTenant finds the organization of a request that leaves it to the person.
// The only one that a user belongs to is it. If there are several, ask is true.
func (p *Provider) settleTenant(ctx context.Context, c *rolecall.Client, req *Request, user rolecall.SubjectID) (ask bool, err error) {
	if req.Tenant != "" || !asksWhich(c) {
		return false, nil
	}
	all, err := p.tenantsOf(ctx, user, 2)
	switch {
	case err != nil:
		return false, err
	case len(all) == 0:
		return false, errNoOrganization
	case len(all) > 1 && req.prompt("none"):
		return false, errManyOrganizations
	case len(all) > 1:
		return true, nil
	}
	req.Tenant, req.OrgName = all[0].ID, all[0].Name
	return false, nil
}

// tenantsOf returns the tenants that a user belongs to, at most so many.
func (p *Provider) tenantsOf(ctx context.Context, user rolecall.SubjectID, most int) (all []*rolecall.Tenant, err error) {
	err = p.rc.View(ctx, system, func(v *rolecall.View) error {
		for q := (rolecall.Query{Kind: rolecall.KindMembership, Limit: min(most, rolecall.MaxPage), Where: []rolecall.Condition{rolecall.Where("subject", user)}}); ; {
			page, err := v.List(ctx, q)
			if err != nil {
				return err
			}
			for _, r := range page.Records {
				t, err := rolecall.Look(ctx, v, &rolecall.Tenant{ID: r.(*rolecall.Membership).Tenant})
				if err != nil {
					return err
				}
				all = append(all, t)
			}
			if q.After = page.Next; q.After == "" || len(all) >= most {
				return nil
			}
		}
	})
	return all[:min(len(all), most)], err
}

const (
	mostOrganizations  = 1000 // that are read
	shownOrganizations = 50
	fewOrganizations   = 12 // of which one is found without a search
)

// An organizationPage is what the template of the page gets.
type organizationPage struct {
	User    string // who is signed in
	Long    bool   // there are too many to see at once
	Asked   string // what is searched for
	Choices []organizationChoice
	More    int // that are not shown
}

type organizationChoice struct {
	ID   rolecall.TenantID
	Name string
}

// choosing returns the login that somebody chooses with: the browser's, as it was
// when the page was opened.
func (v *visit) choosing() (*identity.Login, error) {
	req := v.request()
	if req == nil || v.data.Login == "" {
		return nil, errExpired
	}
	l, err := v.session(v.r)
	if err == nil && (l == nil || l.ID != v.data.Login) {
		err = errExpired
	}
	return l, err
}

// showOrganization asks for which organization somebody signs in.
func (v *visit) showOrganization() error {
	l, err := v.choosing()
	if err != nil {
		return err
	}
	user, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.User{ID: l.Subject})
	if err != nil {
		return err
	}
	all, err := v.tenantsOf(v.ctx(), l.Subject, mostOrganizations)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *rolecall.Tenant) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(string(a.ID), string(b.ID)))
	})
	page := organizationPage{User: or(user.Email, user.Name), Long: len(all) > fewOrganizations, Asked: strings.TrimSpace(v.r.URL.Query().Get("q"))}
	for _, t := range all {
		switch name := or(t.Name, string(t.ID)); {
		case !strings.Contains(strings.ToLower(name), strings.ToLower(page.Asked)):
		case len(page.Choices) == shownOrganizations:
			page.More++
		default:
			page.Choices = append(page.Choices, organizationChoice{t.ID, name})
		}
	}
	return v.show(http.StatusOK, page)
}

// takeOrganization goes on in the organization that was chosen. That the person
// belongs to it is asked with all the rest.
func (v *visit) takeOrganization() error {
	l, err := v.choosing()
	if err != nil {
		return err
	}
	id := rolecall.TenantID(v.form["organization"])
	member := false
	if id != "" && couldBeID(string(id)) {
		if member, err = v.member(v.ctx(), id, l.Subject); err != nil {
			return err
		}
	}
	if !member {
		return errNoMember
	}
	t, err := rolecall.Find(v.ctx(), v.rc, system, &rolecall.Tenant{ID: id})
	if err != nil {
		return err
	}
	v.request().Tenant, v.request().OrgName = t.ID, t.Name
	return v.resume(l)
}
