package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecall/rolecall"
)

func (a *app) audit() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "The journal of every change, and the log of sign-ins", RunE: family, Args: cobra.ArbitraryArgs}
	cmd.AddCommand(a.auditList(), a.auditVerify(), a.auditSignIns())
	return cmd
}

func (a *app) auditList() *cobra.Command {
	var actor, kind, key, subject, tenant, from, to string
	var limit int
	var oldest bool
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Args: arguments(0, 0),
		Short: "List changes, the newest first",
	}
	flags := cmd.Flags()
	flags.StringVar(&actor, "actor", "", "only what this `subject` did")
	flags.StringVar(&kind, "kind", "", "only changes of this `kind` of record, such as role or assignment")
	flags.StringVar(&key, "record", "", "only changes of the record with this `id`")
	flags.StringVar(&subject, "subject", "", "only changes that concern this `subject`")
	flags.StringVar(&tenant, "tenant", "", "only changes that concern this `tenant`")
	flags.StringVar(&from, "from", "", "only from this `time` on (2027-01-31, 2027-01-31T09:00:00Z, or ago: -12h)")
	flags.StringVar(&to, "to", "", "only before this `time`")
	flags.IntVar(&limit, "limit", 50, "at most this `many`; 0 means all")
	flags.BoolVar(&oldest, "oldest", false, "the oldest first")
	cmd.RunE = a.on(func(cmd *cobra.Command, p project, _ []string) (err error) {
		q := rolecall.EntryQuery{Kind: rolecall.Kind(kind), Key: key, Newest: !oldest}
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
		}{{actor, &q.Actor}, {subject, &q.Subject}} {
			if s.text == "" {
				continue
			}
			// Who is gone, and the system, are in the journal by id alone.
			if *s.id, err = findSubject(cmd.Context(), p, s.text); errors.Is(err, rolecall.ErrNotFound) {
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
		entries, err := allEntries(cmd, p, q, limit)
		if err != nil {
			return err
		}
		return a.show(entries, func() {
			a.lines(func(w io.Writer) {
				fmt.Fprintln(w, "SEQ\tREVISION\tTIME\tACTOR\tDOOR\tCHANGE\tKIND\tRECORD\tREASON")
				for _, e := range entries {
					fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Seq, e.Revision, e.Time.Format(time.RFC3339), e.Actor,
						e.Door, done(e), e.Kind, strings.Join(strings.Fields(e.Key), " "), e.Reason)
				}
			})
		})
	})
	return cmd
}

// done says what an entry did to its record.
func done(e *rolecall.Entry) string {
	switch {
	case len(e.Before) == 0:
		return "created"
	case len(e.After) == 0:
		return "deleted"
	}
	return "changed"
}

// allEntries returns the first limit entries that q selects, or all if limit is 0.
func allEntries(cmd *cobra.Command, p project, q rolecall.EntryQuery, limit int) ([]*rolecall.Entry, error) {
	entries := []*rolecall.Entry{}
	for {
		q.Limit = rolecall.MaxPage
		if left := limit - len(entries); limit > 0 && left < q.Limit {
			q.Limit = left
		}
		page, err := p.Audit(cmd.Context(), q)
		if err != nil {
			return nil, err
		}
		entries = append(entries, page...)
		if len(page) < q.Limit || limit > 0 && len(entries) >= limit {
			return entries, nil
		}
		q.After = page[len(page)-1].Seq
	}
}

func (a *app) auditVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Args: arguments(0, 0),
		Short: "Check that nothing in the journal was altered, and that the records are what it says",
		RunE: a.on(func(cmd *cobra.Command, p project, _ []string) error {
			head, err := p.VerifyAudit(cmd.Context())
			if err != nil {
				return err
			}
			return a.show(head, func() {
				fmt.Fprintf(a.stdout, "verified: %d entries up to revision %d; the last has the hash\n%s\n", head.Seq, head.Revision, head.Hash)
			})
		}),
	}
}
