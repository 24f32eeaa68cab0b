package console

import (
	"cmp"
	"context"
	"encoding/json"
	"runtime/debug"
	"slices"
	"time"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/identity"
	"github.com/rolecall/rolecall/internal/token"
)

// A settingsPage is what holds for the whole project.
type settingsPage struct {
	*call
	Keys     []signingKey
	Rotates  bool // this console can rotate keys
	Admins   []held
	More     int // administrators that are not listed
	Rules    *identity.PasswordRules
	Signups  []connection
	Mails    bool
	Facts    []fact
	Timeline []line
}

// A signingKey is one that signs tokens, or did.
type signingKey struct {
	*rolecall.SigningKey
	State, Look string
}

// A connection is where users come from, and whether they may sign up there.
type connection struct {
	Name string
	Open bool
}

// A fact is something about the server.
type fact struct{ Label, Value string }

func settings(c *call) (any, error) {
	c.Title = "Settings"
	p := &settingsPage{call: c, Rotates: c.keyring != nil}
	records, err := list[*rolecall.SigningKey](c, rolecall.Query{Kind: rolecall.KindSigningKey})
	if err != nil {
		return nil, err
	}
	p.Keys = signingKeys(records, c.Now())
	if err := p.administrators(); err != nil {
		return nil, err
	}
	if c.identity != nil {
		rules, err := c.identity.Rules(c.ctx)
		if err != nil {
			return nil, err
		}
		p.Rules, p.Mails = &rules, c.identity.Mails()
		connections, err := identity.Connections(c.ctx, c.view)
		if err != nil {
			return nil, err
		}
		for _, one := range connections {
			p.Signups = append(p.Signups, connection{cmp.Or(one.DisplayName, one.Name), !one.DisableSignup})
		}
	}
	p.Facts = c.facts()
	p.Timeline, err = c.timeline(rolecall.EntryQuery{Kind: rolecall.KindSetting}, 6)
	return p, err
}

// signingKeys says of each key what it is for now, the newest first.
func signingKeys(all []*rolecall.SigningKey, now time.Time) (rows []signingKey) {
	slices.SortFunc(all, func(a, b *rolecall.SigningKey) int {
		return cmp.Or(cmp.Compare(a.Algorithm, b.Algorithm), b.StartsAt.Compare(a.StartsAt), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	signs := map[string]bool{}
	for _, k := range all {
		row := signingKey{SigningKey: k, State: "retired", Look: "bad"}
		switch {
		case state(k.Validity, now) == "later":
			row.State, row.Look = "published, signs later", "warn"
		case state(k.Validity, now) == "expired":
		case !signs[k.Algorithm]:
			row.State, row.Look = "signs", "good"
			signs[k.Algorithm] = true
		default:
			row.State, row.Look = "verifies", ""
		}
		rows = append(rows, row)
	}
	return rows
}

// administrators reads who holds one of the project's built-in roles.
func (p *settingsPage) administrators() error {
	page, err := p.view.List(p.ctx, rolecall.Query{Kind: rolecall.KindAssignment, Sort: "role", Limit: 50, Total: true, Where: []rolecall.Condition{
		{Field: "role", Op: rolecall.In, Values: []string{string(rolecall.RoleOwner), string(rolecall.RoleAdministrator), string(rolecall.RoleAuditor)}},
	}})
	if forbidden(err) {
		return nil
	}
	if err != nil {
		return err
	}
	p.More = page.Total - len(page.Records)
	p.Admins, err = p.assignments(as[*rolecall.Assignment](page.Records))
	return err
}

// facts are what is known of the server and its data.
func (c *call) facts() []fact {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = cmp.Or(info.Main.Version, version) + ", " + info.GoVersion
	}
	facts := []fact{
		{"Project", c.rc.Project()}, {"Revision", number(int(c.view.Revision()))}, {"Decides by revision", number(int(c.rc.Revision()))},
		{"Known to be the newest", c.rc.Age().Round(time.Millisecond).String() + " ago"}, {"Built from", version},
	}
	if c.server != "" {
		facts = append(facts, fact{"Server", c.server})
	}
	return facts
}

// The overlap of a rotation, in hours.
const maxOverlap = int(token.MaxRefresh / time.Hour)

func rotateForm(c *call) (any, error) {
	if c.keyring == nil {
		return nil, errNoPage
	}
	p := c.form("Rotate a signing key", "Preview",
		field{Name: "algorithm", Label: "Algorithm", Type: "select", Options: []option{{token.RS256, token.RS256}, {token.ES256, token.ES256}, {token.EdDSA, token.EdDSA}}},
		field{Name: "overlap", Label: "Old keys count for", Type: "number", Hint: "Hours; empty is until every token that they signed has expired. Fewer end such tokens early"})
	return p, nil
}

func rotateSigningKey(c *call) (*change, error) {
	if c.keyring == nil {
		return nil, errNoPage
	}
	hours, err := c.wholeNumber("overlap")
	if err != nil {
		return nil, err
	}
	if hours < 0 || hours > maxOverlap {
		return nil, &rolecall.FieldError{Field: "overlap", Rule: "must be 0 to " + number(maxOverlap) + " hours", Kind: rolecall.ErrInvalid}
	}
	algorithm := cmp.Or(c.Value("algorithm"), token.RS256)
	m := &change{
		Title: "Sign with a new " + algorithm + " key?", Text: "The keys before it are published until every token that they signed has expired.", Verb: "Rotate",
		do: func(ctx context.Context, by rolecall.Actor) (rolecall.Receipt, error) {
			_, err := c.keyring.Rotate(ctx, by, algorithm, time.Duration(hours)*time.Hour)
			return rolecall.Receipt{}, err
		},
		then: c.Link("/settings"), said: "Tokens are signed by a new " + algorithm + " key now.",
	}
	if hours > 0 {
		m.Danger, m.Text = true, "The keys before it count for "+many(hours, "more hour", "more hours")+", and tokens that last longer end then."
	}
	return m, nil
}

func passwordRulesForm(c *call) (any, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	rules, err := c.identity.Rules(c.ctx)
	if err != nil {
		return nil, err
	}
	return c.form("Rules for new passwords", "Save",
		required(field{Name: "min_length", Label: "At least so many characters", Type: "number", Value: text(rules.MinLength)}),
		checkField("lowercase", "A lower-case letter", rules.Lowercase), checkField("uppercase", "An upper-case letter", rules.Uppercase),
		checkField("number", "A digit", rules.Number), checkField("non_alphanumeric", "Something that is neither a letter nor a digit", rules.NonAlphanumeric),
	), nil
}

func savePasswordRules(c *call) (*change, error) {
	if c.identity == nil {
		return nil, errNoPage
	}
	least, err := c.wholeNumber("min_length")
	if err != nil {
		return nil, err
	}
	if least < 1 || least > identity.MaxPasswordBytes {
		return nil, &rolecall.FieldError{Field: "min_length", Rule: "must be 1 to " + number(identity.MaxPasswordBytes), Kind: rolecall.ErrInvalid}
	}
	on := func(name string) bool { return c.Value(name) != "" }
	value, err := json.Marshal(identity.PasswordRules{
		MinLength: least, Lowercase: on("lowercase"), Uppercase: on("uppercase"), Number: on("number"), NonAlphanumeric: on("non_alphanumeric"),
	})
	if err != nil {
		return nil, err
	}
	return &change{
		quiet: true, steps: steps{put(&rolecall.Setting{Name: identity.PasswordPolicySetting, Value: value})},
		then: c.Link("/settings"), said: "The rules are saved. They are for passwords from now on.",
	}, nil
}
