package auth0

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/rolecall/rolecall"
)

// describeEntry returns a journal entry as a log entry.
func (c *call) describeEntry(e *rolecall.Entry) object {
	id := (&logLine{entry: e}).logID()
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
func listLogs(c *call) (reply, error) { return c.logs("") }

// userLogs serves GET /users/{id}/logs.
func userLogs(c *call) (reply, error) { return c.logs(rolecall.SubjectID(c.named["id"])) }

// logs answers with what concerns a subject, or with everything if that is "".
func (c *call) logs(of rolecall.SubjectID) (reply, error) {
	p, err := c.paging()
	if err != nil {
		return reply{}, err
	}
	if p.checkpoint {
		return c.logsFrom(p, of)
	}
	order, desc, err := sorting(c.text("sort"))
	if err != nil {
		return reply{}, err
	}
	if order != "" && order != "date" {
		return reply{}, invalidQuery.because("sort must be by date")
	}
	var wanted search
	if text := c.text("q"); strings.TrimSpace(text) != "" {
		if wanted, err = parseSearch(text); err != nil {
			return reply{}, err
		}
	}
	skip, total := p.page*p.per, 0
	lines := &logLines{call: c, subject: of, newest: order == "" || desc, size: rolecall.MaxPage}
	if wanted == nil && !p.totals {
		lines.size = min(lines.size, skip+p.per)
	}
	var shown []object
	for !(len(shown) >= p.per && !p.totals) {
		line, err := lines.next()
		if err != nil {
			return reply{}, err
		}
		if line == nil {
			break
		}
		o := c.describeLine(line)
		if wanted != nil {
			seen, err := searched(o)
			if err != nil {
				return reply{}, err
			}
			if !wanted.match(seen) {
				continue
			}
		}
		if total >= skip && len(shown) < p.per {
			shown = append(shown, o)
		}
		total++
	}
	return c.answer(p, "logs", shown, total, "", object{"length": len(shown)})
}

// logsFrom answers with the lines after one: always an array.
func (c *call) logsFrom(p paging, of rolecall.SubjectID) (reply, error) {
	lines := &logLines{call: c, subject: of, newest: p.from == "", size: p.take}
	if p.from != "" {
		ok := false
		if lines.seq, lines.id, ok = logPlace(p.from); !ok {
			return reply{}, invalidQuery.because("from must be the id of a log entry")
		}
	}
	var shown []object
	for len(shown) < p.take {
		line, err := lines.next()
		if err != nil {
			return reply{}, err
		}
		if line == nil {
			break
		}
		shown = append(shown, c.describeLine(line))
	}
	return c.answer(paging{}, "", shown, 0, "", nil)
}

// getLog serves GET /logs/{id}.
func getLog(c *call) (reply, error) {
	missing := notFound.because("The log event does not exist.")
	seq, id, ok := logPlace(c.named["id"])
	if !ok {
		return reply{}, missing
	}
	lines := &logLines{call: c, seq: seq, id: id - 1, size: 1}
	if id == 0 {
		lines = &logLines{call: c, seq: seq - 1, id: math.MaxInt64, size: 1}
	}
	line, err := lines.next()
	if err != nil {
		return reply{}, err
	}
	if line == nil || line.logID() != c.named["id"] {
		return reply{}, missing
	}
	return c.one(c.describeLine(line))
}
