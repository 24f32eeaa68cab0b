package auth0

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rolecall/rolecall"
)

// The log is the journal: what was changed, by whom. Who signed in is no change.

// logPrefix begins the id of every log entry, which goes on with its time and
// its number: so ids sort as the entries do.
const (
	logPrefix = "900"
	logTime   = "20060102150405"
	logDigits = 20
)

func logID(e *rolecall.Entry) string {
	return fmt.Sprintf("%s%s%03d%0*d", logPrefix, e.Time.UTC().Format(logTime), e.Time.UnixMilli()%1000, logDigits, e.Seq)
}

// logSeq returns the number in the id of a log entry.
func logSeq(id string) (int64, bool) {
	if len(id) != len(logPrefix)+len(logTime)+3+logDigits || !strings.HasPrefix(id, logPrefix) {
		return 0, false
	}
	n, err := strconv.ParseInt(id[len(id)-logDigits:], 10, 64)
	return n, err == nil && n > 0
}

// describeEntry returns a journal entry as a log entry.
func (c *call) describeEntry(e *rolecall.Entry) object {
	id := logID(e)
	details := object{"kind": e.Kind, "key": e.Key, "door": e.Door, "revision": e.Revision}
	for name, value := range map[string]json.RawMessage{"before": e.Before, "after": e.After} {
		if len(value) > 0 {
			details[name] = value
		}
	}
	for name, value := range map[string]string{"request_id": e.RequestID, "reason": e.Reason, "on_behalf_of": string(e.OnBehalfOf), "actor": string(e.Actor)} {
		if value != "" {
			details[name] = value
		}
	}
	kind, what := logType(e)
	o := object{
		"_id": id, "log_id": id, "date": stamp(e.Time), "type": kind, "description": what,
		"isMobile": false, "details": details,
	}
	policy := c.rc.Policy()
	if policy.KindOf(e.Actor) == rolecall.KindClient {
		o["client_id"] = e.Actor
	}
	if e.Subject != "" && e.Kind != rolecall.KindClient && e.Kind != rolecall.KindClientGrant {
		o["user_id"] = e.Subject
	}
	o.set("organization_id", string(e.Tenant))
	return o
}

// logType returns the code of what an entry is about, and a sentence.
func logType(e *rolecall.Entry) (code, what string) {
	kind := strings.ReplaceAll(string(e.Kind), "_", " ")
	verb := "Update"
	switch {
	case len(e.Before) == 0:
		verb = "Create"
	case len(e.After) == 0:
		verb = "Delete"
	}
	if e.Kind == rolecall.KindUser && e.Door == "sign-up" && verb == "Create" {
		return "ss", "Success Signup"
	}
	anew := e.Actor == rolecall.SystemSubject && e.Door == "identity" // the same password, hashed anew
	if e.Kind == rolecall.KindCredential && verb == "Update" && !anew {
		var after rolecall.Credential
		if json.Unmarshal(e.After, &after) == nil && after.Type == rolecall.Password {
			return "scp", "Success Change Password"
		}
	}
	return "sapi", verb + " " + kind
}

// listLogs serves GET /logs: the newest first, or from a checkpoint on, the
// oldest first.
func listLogs(c *call) (reply, error) { return c.logs(rolecall.EntryQuery{}) }

// userLogs serves GET /users/{id}/logs.
func userLogs(c *call) (reply, error) {
	return c.logs(rolecall.EntryQuery{Subject: rolecall.SubjectID(c.named["id"])})
}

func (c *call) logs(q rolecall.EntryQuery) (reply, error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	if p.checkpoint {
		return c.logsFrom(p, q)
	}
	order, desc, err := sorting(c.text("sort"))
	if err != nil {
		return reply{}, err
	}
	if order != "" && order != "date" {
		return reply{}, invalidQuery.because("sort must be by date")
	}
	q.Newest = order == "" || desc
	var wanted search
	if text := c.text("q"); strings.TrimSpace(text) != "" {
		if wanted, err = parseSearch(text); err != nil {
			return reply{}, err
		}
	}
	skip, total := p.page*p.per, 0
	var shown []object
	errEnough := errors.New("enough")
	err = c.entries(q, func(e *rolecall.Entry) error {
		o := c.describeEntry(e)
		if wanted != nil {
			seen, err := searched(o)
			if err != nil || !wanted.match(seen) {
				return err
			}
		}
		if total >= skip && len(shown) < p.per {
			shown = append(shown, o)
		}
		if total++; !p.totals && len(shown) >= p.per {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return reply{}, err
	}
	return c.answer(p, "logs", shown, total, "", object{"length": len(shown)})
}

// logsFrom answers with the entries after one: always an array.
func (c *call) logsFrom(p paging, q rolecall.EntryQuery) (reply, error) {
	if p.from != "" {
		seq, ok := logSeq(p.from)
		if !ok {
			return reply{}, invalidQuery.because("from must be the id of a log entry")
		}
		q.After = seq
	}
	q.Newest, q.Limit = p.from == "", p.take
	found, err := c.rc.Audit(c.r.Context(), c.by, q)
	if err != nil {
		return reply{}, err
	}
	return c.answer(paging{}, "", each(found, c.describeEntry), 0, "", nil)
}

// entries calls visit with the journal's entries, until it returns an error.
func (c *call) entries(q rolecall.EntryQuery, visit func(*rolecall.Entry) error) error {
	q.Limit = rolecall.MaxPage
	for {
		found, err := c.rc.Audit(c.r.Context(), c.by, q)
		if err != nil {
			return err
		}
		for _, e := range found {
			if err := visit(e); err != nil {
				return err
			}
			q.After = e.Seq
		}
		if len(found) < q.Limit {
			return nil
		}
	}
}

// getLog serves GET /logs/{id}.
func getLog(c *call) (reply, error) {
	missing := notFound.because("The log event does not exist.")
	seq, ok := logSeq(c.named["id"])
	if !ok {
		return reply{}, missing
	}
	found, err := c.rc.Audit(c.r.Context(), c.by, rolecall.EntryQuery{After: seq - 1, Limit: 1})
	if err != nil {
		return reply{}, err
	}
	if len(found) == 0 || logID(found[0]) != c.named["id"] {
		return reply{}, missing
	}
	return c.one(c.describeEntry(found[0]))
}
