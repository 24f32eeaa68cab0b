package main

import (
	"slices"
	"strings"
	"time"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

// organization makes an organization.
func (s *suite) organization(name string) *management.Organization {
	o := &management.Organization{Name: &name, DisplayName: auth0.String(strings.ToUpper(name))}
	check.OK(s.Organization.Create(s, o))
	return o
}

func (s *suite) organizations() {
	var o *management.Organization
	s.Check("organization: create", func() {
		o = &management.Organization{
			Name: auth0.String("acme"), DisplayName: auth0.String("Acme Inc."), Metadata: &map[string]string{"plan": "pro"},
			Branding: &management.OrganizationBranding{LogoURL: auth0.String("https://acme.example.com/logo.png"), Colors: &map[string]string{"primary": "#112233", "page_background": "#FFFFFF"}},
		}
		check.OK(s.Organization.Create(s, o))
		check.Holds("an id that begins with org_", strings.HasPrefix(o.GetID(), "org_"))
	})
	s.Check("organization: read by id and by name", func() {
		for _, got := range []*management.Organization{
			check.Must(s.Organization.Read(s, o.GetID())), check.Must(s.Organization.ReadByName(s, "acme")),
		} {
			check.Same("id", got.GetID(), o.GetID())
			check.Same("display name", got.GetDisplayName(), "Acme Inc.")
			check.Same("metadata", got.GetMetadata(), map[string]string{"plan": "pro"})
			check.Same("logo", got.GetBranding().GetLogoURL(), "https://acme.example.com/logo.png")
		}
	})
	s.Check("organization: update", func() {
		check.OK(s.Organization.Update(s, o.GetID(), &management.Organization{DisplayName: auth0.String("Acme")}))
		got := check.Must(s.Organization.Read(s, o.GetID()))
		check.Same("display name", got.GetDisplayName(), "Acme")
		check.Same("name", got.GetName(), "acme")
		check.Same("metadata", got.GetMetadata(), map[string]string{"plan": "pro"})
	})
	s.Check("organization: list", func() {
		list := check.Must(s.Organization.List(s))
		check.Holds("there", slices.ContainsFunc(list.Organizations, func(other *management.Organization) bool { return other.GetID() == o.GetID() }))
		check.Same("total", list.Total, len(list.Organizations))
	})
	s.Check("organization: a name is unique, lower-case, and required", func() {
		check.Refused(s.Organization.Create(s, &management.Organization{Name: auth0.String("acme")}), 409)
		check.Refused(s.Organization.Create(s, &management.Organization{Name: auth0.String("Not A Name")}), 400)
		check.Refused(s.Organization.Create(s, &management.Organization{DisplayName: auth0.String("Nameless")}), 400)
	})
	s.Check("organization: delete, and then it does not exist", func() {
		gone := s.organization("gone")
		check.OK(s.Organization.Delete(s, gone.GetID()))
		_, err := s.Organization.Read(s, gone.GetID())
		check.RefusedAs(err, 404, "No organization found by that id or name")
		check.Refused(s.Organization.Delete(s, gone.GetID()), 404)
	})
}

func (s *suite) members() {
	o := s.organization("membered")
	ada, bob := s.user("ada@membered.example.com"), s.user("bob@membered.example.com")
	admin, employee := s.role("Member Admin", ""), s.role("Member Employee", "")
	memberRoles := func(u *management.User) (names []string) {
		for _, r := range check.Must(s.Organization.MemberRoles(s, o.GetID(), u.GetID())).Roles {
			names = append(names, r.GetName())
		}
		return names
	}
	s.Check("members: add and list", func() {
		check.OK(s.Organization.AddMembers(s, o.GetID(), []string{ada.GetID(), bob.GetID()}))
		list := check.Must(s.Organization.Members(s, o.GetID()))
		check.Same("total", list.Total, 2)
		check.Holds("address", slices.ContainsFunc(list.Members, func(m management.OrganizationMember) bool { return m.GetEmail() == "ada@membered.example.com" }))
	})
	s.Check("members: by checkpoints", func() {
		first := check.Must(s.Organization.Members(s, o.GetID(), management.Take(1)))
		second := check.Must(s.Organization.Members(s, o.GetID(), management.Take(1), management.From(first.Next)))
		check.Same("no more", second.Next, "")
		check.SameSet("members", []string{first.Members[0].GetUserID(), second.Members[0].GetUserID()}, ada.GetID(), bob.GetID())
	})
	s.Check("member roles: assign and list", func() {
		check.OK(s.Organization.AssignMemberRoles(s, o.GetID(), ada.GetID(), []string{admin.GetID(), employee.GetID()}))
		check.SameSet("roles", memberRoles(ada), "Member Admin", "Member Employee")
		check.SameSet("of the other", memberRoles(bob))
		check.SameSet("without the organization", roleNames(check.Must(s.User.Roles(s, ada.GetID())).Roles))
	})
	s.Check("member roles: with the members, when asked for", func() {
		list := check.Must(s.Organization.Members(s, o.GetID(), management.IncludeFields("user_id", "roles")))
		for _, m := range list.Members {
			if m.GetUserID() == ada.GetID() {
				check.Same("roles", len(m.Roles), 2)
			}
		}
	})
	s.Check("member roles: remove", func() {
		check.OK(s.Organization.DeleteMemberRoles(s, o.GetID(), ada.GetID(), []string{admin.GetID()}))
		check.SameSet("roles", memberRoles(ada), "Member Employee")
	})
	s.Check("members: the organizations of a user", func() {
		list := check.Must(s.User.Organizations(s, ada.GetID()))
		check.Same("organizations", len(list.Organizations), 1)
		check.Same("name", list.Organizations[0].GetName(), "membered")
	})
	s.Check("members: who leaves loses the roles there", func() {
		check.OK(s.Organization.DeleteMembers(s, o.GetID(), []string{ada.GetID()}))
		check.Same("members", check.Must(s.Organization.Members(s, o.GetID())).Total, 1)
		check.OK(s.Organization.AddMembers(s, o.GetID(), []string{ada.GetID()}))
		check.SameSet("roles", memberRoles(ada))
	})
	s.Check("members: nobody who does not exist", func() {
		err := s.Organization.AddMembers(s, o.GetID(), []string{"auth0|000000000000000000000000"})
		check.Holds("refused with 400 or 404", status(err) == 400 || status(err) == 404)
	})
}

func (s *suite) organizationConnections() {
	o := s.organization("connected")
	id := check.Must(s.Connection.ReadByName(s, database)).GetID()
	s.Check("enabled connection: add, read, update, list, remove", func() {
		check.OK(s.Organization.AddConnection(s, o.GetID(), &management.OrganizationConnection{ConnectionID: &id, AssignMembershipOnLogin: auth0.Bool(true)}))
		got := check.Must(s.Organization.Connection(s, o.GetID(), id))
		check.Same("membership", got.GetAssignMembershipOnLogin(), true)
		check.Same("name", got.GetConnection().GetName(), database)
		check.OK(s.Organization.UpdateConnection(s, o.GetID(), id, &management.OrganizationConnection{AssignMembershipOnLogin: auth0.Bool(false)}))
		list := check.Must(s.Organization.Connections(s, o.GetID()))
		check.Same("connections", len(list.OrganizationConnections), 1)
		check.Same("membership", list.OrganizationConnections[0].GetAssignMembershipOnLogin(), false)
		check.OK(s.Organization.DeleteConnection(s, o.GetID(), id))
		_, err := s.Organization.Connection(s, o.GetID(), id)
		check.RefusedAs(err, 404, "No connection found by that id")
	})
}

func (s *suite) invitations() {
	o, employee, app := s.organization("inviting"), s.role("Invited Employee", ""), s.application("Invites", "authorization_code")
	var i *management.OrganizationInvitation
	s.Check("invitation: create", func() {
		i = &management.OrganizationInvitation{
			Inviter: &management.OrganizationInvitationInviter{Name: auth0.String("Ada")}, Invitee: &management.OrganizationInvitationInvitee{Email: auth0.String("new@inviting.example.com")},
			ClientID: app.ClientID, Roles: []string{employee.GetID()}, TTLSec: auth0.Int(3600), SendInvitationEmail: auth0.Bool(false),
		}
		check.OK(s.Organization.CreateInvitation(s, o.GetID(), i))
		check.Holds("an id that begins with uinv_", strings.HasPrefix(i.GetID(), "uinv_"))
		check.Contains("link", i.GetInvitationURL(), "https://app.example.com/login?invitation="+i.GetTicketID()+"&organization="+o.GetID()+"&organization_name=inviting")
		at := func(text string) time.Time { return check.Must(time.Parse(time.RFC3339, text)) }
		check.Same("lifetime", at(i.GetExpiresAt()).Sub(at(i.GetCreatedAt())).Round(time.Minute), time.Hour)
	})
	s.Check("invitation: read and list", func() {
		got := check.Must(s.Organization.Invitation(s, o.GetID(), i.GetID()))
		check.Same("invitee", got.GetInvitee().GetEmail(), "new@inviting.example.com")
		check.Same("inviter", got.GetInviter().GetName(), "Ada")
		check.Same("roles", got.Roles, []string{employee.GetID()})
		check.Same("list", len(check.Must(s.Organization.Invitations(s, o.GetID())).OrganizationInvitations), 1)
	})
	s.Check("invitation: needs a client with a login address", func() {
		plain := &management.Client{Name: auth0.String("No login address")}
		check.OK(s.Client.Create(s, plain))
		check.Refused(s.Organization.CreateInvitation(s, o.GetID(), &management.OrganizationInvitation{
			Inviter: i.Inviter, Invitee: i.Invitee, ClientID: plain.ClientID, SendInvitationEmail: auth0.Bool(false),
		}), 400)
	})
	s.Check("invitation: delete", func() {
		check.OK(s.Organization.DeleteInvitation(s, o.GetID(), i.GetID()))
		_, err := s.Organization.Invitation(s, o.GetID(), i.GetID())
		check.RefusedAs(err, 404, "The invitation does not exist.")
	})
}

func (s *suite) organizationGrants() {
	const api = "https://organized.example.com"
	s.api(api, nil, "read:it")
	o, machine := s.organization("granted"), s.application("Organized", "client_credentials")
	g := &management.ClientGrant{ClientID: machine.ClientID, Audience: auth0.String(api), Scope: &[]string{"read:it"}, OrganizationUsage: auth0.String("allow"), AllowAnyOrganization: auth0.Bool(false)}
	s.Check("organization's client grant: add, list both ways, remove", func() {
		check.OK(s.ClientGrant.Create(s, g))
		check.OK(s.Organization.AssociateClientGrant(s, o.GetID(), g.GetID()))
		check.Same("grants", len(check.Must(s.Organization.ClientGrants(s, o.GetID())).ClientGrants), 1)
		check.Same("organizations", len(check.Must(s.ClientGrant.Organizations(s, g.GetID())).Organizations), 1)
		check.OK(s.Organization.RemoveClientGrant(s, o.GetID(), g.GetID()))
		check.Same("grants", len(check.Must(s.Organization.ClientGrants(s, o.GetID())).ClientGrants), 0)
	})
}
