package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/client"
)

func (a *app) auditSignIns() *cobra.Command {
	var subject, of, tenant, event, from, to string
	var failed, oldest bool
	var limit int
	cmd := &cobra.Command{
		Use: "sign-ins", Aliases: []string{"logins"}, Args: arguments(0, 0),
		Short: "List who signed in or out, or failed to, the newest first",
	}
	flags := cmd.Flags()
	flags.StringVar(&subject, "subject", "", "only what this `subject` did")
	flags.StringVar(&of, "client", "", "only by way of this `application`")
	flags.StringVar(&tenant, "tenant", "", "only in this `tenant`")
	flags.StringVar(&event, "event", "", "only this `kind` of event, such as sign_in, sign_out, refresh or client_credentials")
	flags.BoolVar(&failed, "failed", false, "only what failed, or with --failed=false what did not")
	flags.StringVar(&from, "from", "", "only from this `time` on (2027-01-31, 2027-01-31T09:00:00Z, or ago: -12h)")
	flags.StringVar(&to, "to", "", "only before this `time`")
	flags.IntVar(&limit, "limit", 50, "at most this `many`; 0 means all")
	flags.BoolVar(&oldest, "oldest", false, "the oldest first")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, _ []string) (err error) {
		q := client.SignInQuery{Event: event, Newest: !oldest}
		if flags.Changed("failed") {
			q.Failed = &failed
		}
		for _, t := range []struct {
			text string
			time *time.Time
		}{{from, &q.From}, {to, &q.To}} {
			if *t.time, err = parseTime(t.text, time.Now()); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
		}
		for _, s := range []struct {
			text string
			id   *rolecall.SubjectID
		}{{subject, &q.Subject}, {of, &q.Client}} {
			if s.text == "" {
				continue
			}
			if *s.id, err = findSubject(cmd.Context(), p, s.text); errors.Is(err, rolecall.ErrNotFound) { // gone
				*s.id, err = rolecall.SubjectID(s.text), nil
			}
			if err != nil {
				return err
			}
		}
		if q.Tenant, err = findTenant(cmd.Context(), p, tenant); errors.Is(err, rolecall.ErrNotFound) {
			q.Tenant, err = rolecall.TenantID(tenant), nil
		}
		if err != nil {
			return err
		}
		events := []client.SignInEvent{}
		for {
			q.Limit = rolecall.MaxPage
			if left := limit - len(events); limit > 0 && left < q.Limit {
				q.Limit = left
			}
			page, next, err := p.SignIns(cmd.Context(), q)
			if err != nil {
				return err
			}
			events = append(events, page...)
			if q.Cursor = next; next == "" || limit > 0 && len(events) >= limit {
				break
			}
		}
		return a.show(events, func() {
			a.lines(func(w io.Writer) {
				fmt.Fprintln(w, "TIME\tEVENT\tHOW\tSUBJECT\tLOGIN\tCLIENT\tTENANT\tADDRESS\tDOOR")
				for _, e := range events {
					how := cmp.Or(e.Failure, "ok")
					if e.Repeats > 0 {
						how += fmt.Sprintf(" (+%d)", e.Repeats)
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Time.Format(time.RFC3339), e.Event, how, e.Subject, e.Login, e.Client, e.Tenant, e.Address, e.Door)
				}
			})
		})
	})
	return cmd
}
