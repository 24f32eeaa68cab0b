package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"

	"github.com/rolecall/rolecall/compat/auth0/go/check"
)

func (s *suite) logs() {
	u := s.user("logged@example.com")
	var one *management.Log
	s.Check("logs: newest first, and one by its id", func() {
		list := check.Must(s.Log.List(s, management.PerPage(5)))
		check.Same("entries", len(list), 5)
		check.Holds("newest first", !list[0].GetDate().Before(list[4].GetDate()))
		one = check.Must(s.Log.Read(s, list[2].GetLogID()))
		check.Same("id", one.GetID(), list[2].GetID())
		check.Same("type", one.GetType(), "sapi")
	})
	s.Check("logs: from an entry, the oldest after it first", func() {
		after := check.Must(s.Log.List(s, management.From(one.GetLogID()), management.Take(2)))
		check.Same("entries", len(after), 2)
		check.Holds("after it", after[0].GetLogID() > one.GetLogID() && after[1].GetLogID() > after[0].GetLogID())
	})
	s.Check("logs: of a user", func() {
		check.OK(s.User.Update(s, u.GetID(), &management.User{Name: auth0.String("Logged")}))
		list := check.Must(s.User.GetUserLogs(s, u.GetID()))
		check.Holds("there are some", len(list) > 0)
	})
	s.Check("logs: one that does not exist", func() {
		_, err := s.Log.Read(s, "90020230101000000000000000000000000000000")
		check.Refused(err, 404)
	})
}

func (s *suite) tickets() {
	u := s.user("ticket@example.com")
	s.Check("ticket: to change a password", func() {
		ticket := &management.Ticket{UserID: u.ID, ResultURL: auth0.String("https://app.example.com"), TTLSec: auth0.Int(3600)}
		check.OK(s.Ticket.ChangePassword(s, ticket))
		check.Holds("a link to the server", strings.HasPrefix(ticket.GetTicket(), s.server.URL))
	})
	s.Check("ticket: to verify an address", func() {
		ticket := &management.Ticket{UserID: u.ID}
		check.OK(s.Ticket.VerifyEmail(s, ticket))
		check.Holds("a link to the server", strings.HasPrefix(ticket.GetTicket(), s.server.URL))
	})
	s.Check("job: a mail to verify an address", func() {
		job := &management.Job{UserID: u.ID}
		check.OK(s.Job.VerifyEmail(s, job))
		check.Holds("an id that begins with job_", strings.HasPrefix(job.GetID(), "job_"))
	})
	s.Check("ticket: for nobody", func() {
		check.Refused(s.Ticket.ChangePassword(s, &management.Ticket{UserID: auth0.String("auth0|000000000000000000000000")}), 404)
	})
}

func (s *suite) sessions() {
	u := s.user("session@example.com")
	s.Check("sessions: none, and ending them all", func() {
		check.Same("sessions", len(check.Must(s.User.ListUserSessions(s, u.GetID())).Sessions), 0)
		check.OK(s.User.DeleteUserSessions(s, u.GetID()))
		check.OK(s.User.DeleteRefreshTokens(s, u.GetID()))
	})
}

func (s *suite) paging() {
	for i := range 7 {
		s.role(fmt.Sprintf("Paged %d", i), "")
	}
	filter := management.Parameter("name_filter", "Paged ")
	s.Check("paging: by page, to the end and past it", func() {
		var got []string
		for page := 0; ; page++ {
			list := check.Must(s.Role.List(s, filter, management.Page(page), management.PerPage(3)))
			check.Same("start", list.Start, page*3)
			check.Same("limit", list.Limit, 3)
			check.Same("total", list.Total, 7)
			got = append(got, roleNames(list.Roles)...)
			if !list.HasNext() {
				check.Same("pages", page, 2)
				break
			}
		}
		check.Same("in order, each once", len(slices.Compact(slices.Sorted(slices.Values(got)))), 7)
		check.Same("past the end", len(check.Must(s.Role.List(s, filter, management.Page(9), management.PerPage(3))).Roles), 0)
	})
	s.Check("paging: by checkpoints", func() {
		for i := range 5 {
			s.organization(fmt.Sprintf("paged-%d", i))
		}
		var got []string
		for from := ""; ; {
			options := []management.RequestOption{management.Take(2)}
			if from != "" {
				options = append(options, management.From(from))
			}
			list := check.Must(s.Organization.List(s, options...))
			for _, o := range list.Organizations {
				got = append(got, o.GetName())
			}
			if from = list.Next; from == "" {
				break
			}
		}
		all := check.Must(s.Organization.List(s, management.PerPage(100)))
		check.Same("each once", len(slices.Compact(slices.Sorted(slices.Values(got)))), all.Total)
	})
	s.Check("paging: as an array", func() {
		check.Same("entries", len(check.Must(s.Log.List(s, management.PerPage(2), management.Page(1)))), 2)
	})
	s.Check("paging: what is no number, or too large, is refused", func() {
		for _, option := range []management.RequestOption{
			management.Parameter("page", "-1"), management.Parameter("per_page", "101"), management.Parameter("per_page", "ten"), management.Take(101),
		} {
			_, err := s.Role.List(s, option)
			check.Refused(err, 400)
		}
		_, err := s.Organization.List(s, management.From("nowhere"))
		check.Refused(err, 400)
	})
}

func (s *suite) refusals() {
	s.Check("refused: no credentials that count", func() {
		_, err := s.manage(s.server.ClientID, "wrong").Role.List(s)
		check.Holds("refused", err != nil)
	})
	s.Check("refused: what is no token, and a forged one", func() {
		with := func(token string) error {
			m := check.Must(management.New(s.server.Domain(), management.WithStaticToken(token)))
			_, err := m.Role.List(s)
			return err
		}
		check.Refused(with("nonsense"), 400)
		check.Refused(with("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."), 401)
	})
	s.Check("refused: a scope that the token lacks, and no more", func() {
		machine := s.application("Reads roles", "client_credentials")
		check.OK(s.ClientGrant.Create(s, &management.ClientGrant{ClientID: machine.ClientID, Audience: auth0.String(s.server.ManagementAudience()), Scope: &[]string{"read:roles"}}))
		m := s.manage(machine.GetClientID(), machine.GetClientSecret())
		check.Must(m.Role.List(s))
		check.RefusedAs(m.Role.Create(s, &management.Role{Name: auth0.String("Theirs")}), 403, "Insufficient scope, expected any of: create:roles")
		_, err := m.User.List(s)
		check.Refused(err, 403)
		check.Same("roles", len(check.Must(s.Role.List(s, management.Parameter("name_filter", "Theirs"))).Roles), 0)
	})
	s.Check("refused: an address that is not served", func() {
		check.Refused(s.Request(s, "GET", s.URI("nonsense"), nil), 404)
	})
}
