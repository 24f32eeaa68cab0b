package authzen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rolecall/rolecall"
)

// A profile says how a decision point translates. It is made from a setting:
// "authzen/" and the tenant's id for a tenant's, or else "authzen".
type profile struct {
	api       string // the identifier of the API whose permissions actions are
	spelling  spelling
	kinds     map[string]rolecall.Kind // of each type of subject
	resources map[string]ids           // of each type that lists its resources
}

// setting is the setting's JSON form. What is absent is as in defaultSetting.
type setting struct {
	API        string                   `json:"api"`
	Permission string                   `json:"permission"`
	Subjects   map[string]rolecall.Kind `json:"subjects"`
	Resources  map[string]ids           `json:"resources"`
}

func defaultSetting() setting {
	return setting{API: string(rolecall.DefaultAPI), Permission: "{type}:{action}"}
}

var defaultSubjects = map[string]rolecall.Kind{
	"user": rolecall.KindUser, "identity": rolecall.KindUser, "client": rolecall.KindClient,
}

// ids are those of the resources of a type, ascending.
type ids []string

func (s ids) has(id string) bool {
	_, found := slices.BinarySearch(s, id)
	return found
}

// newProfile reads a setting. Nobody can be asked to mend it when it is used,
// so whatever is wrong with it is an error of the server's.
func newProfile(value []byte) (*profile, error) {
	s := defaultSetting()
	d := json.NewDecoder(strings.NewReader(string(value)))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, err
	}
	p := &profile{api: s.API, kinds: s.Subjects, resources: s.Resources}
	if p.kinds == nil {
		p.kinds = defaultSubjects
	}
	for name, kind := range p.kinds {
		if kind != rolecall.KindUser && kind != rolecall.KindClient {
			return nil, fmt.Errorf("subjects: %q must be user or client", name)
		}
	}
	for _, listed := range p.resources {
		slices.Sort(listed)
	}
	if p.api == "" {
		return nil, errors.New("api must not be empty")
	}
	var err error
	p.spelling, err = newSpelling(s.Permission)
	return p, err
}

// A spelling says how the name of a permission is made of an action and a type
// of resource: joined by one character that types don't contain. Names without
// it are plain: they are actions on resources of every type. The zero spelling
// knows plain names only.
type spelling struct {
	separator string
	typeLast  bool
}

func newSpelling(pattern string) (spelling, error) {
	const kind, action = "{type}", "{action}"
	middle := strings.TrimSuffix(strings.TrimPrefix(pattern, kind), action)
	if len(middle) == 1 && pattern == kind+middle+action {
		return spelling{separator: middle}, nil
	}
	middle = strings.TrimSuffix(strings.TrimPrefix(pattern, action), kind)
	if len(middle) == 1 && pattern == action+middle+kind {
		return spelling{separator: middle, typeLast: true}, nil
	}
	if pattern == action {
		return spelling{}, nil
	}
	return spelling{}, errors.New("permission must be {action}, or {type} and {action} with one character between them")
}

// join returns the name of the permission for an action on a type, and whether
// a type can be in a name.
func (s spelling) join(kind, action string) (string, bool) {
	if s.separator == "" || strings.Contains(kind, s.separator) {
		return "", false
	}
	if s.typeLast {
		return action + s.separator + kind, true
	}
	return kind + s.separator + action, true
}

// split undoes join.
func (s spelling) split(name string) (kind, action string) {
	if s.typeLast {
		i := strings.LastIndex(name, s.separator)
		return name[i+1:], name[:i]
	}
	kind, action, _ = strings.Cut(name, s.separator)
	return kind, action
}

// plain reports whether a name is an action on resources of every type.
func (s spelling) plain(name string) bool {
	return s.separator == "" || !strings.Contains(name, s.separator)
}

// profiles keeps the profiles of one revision, so that most requests are
// answered without asking the store.
type profiles struct {
	rc *rolecall.Service

	mu sync.Mutex
	at rolecall.Revision
	of map[rolecall.TenantID]*profile
}

// maxProfiles bounds how many are kept: a caller may name tenants that don't exist.
const maxProfiles = 10_000

// get returns the profile of a tenant's decision point at a revision or, while
// a later write is on its way, after it.
func (s *profiles) get(ctx context.Context, tenant rolecall.TenantID, at rolecall.Revision) (*profile, error) {
	s.mu.Lock()
	if at > s.at {
		s.at, s.of = at, map[rolecall.TenantID]*profile{}
	}
	known := s.of[tenant]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	p, err := s.read(ctx, tenant)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == at && len(s.of) < maxProfiles {
		s.of[tenant] = p
	}
	return p, nil
}

// reader reads the door's own settings, for callers who may not.
var reader = rolecall.System(door)

func (s *profiles) read(ctx context.Context, tenant rolecall.TenantID) (*profile, error) {
	names := []string{door}
	if tenant != "" {
		names = []string{door + "/" + string(tenant), door}
	}
	for _, name := range names {
		found, err := rolecall.Find(ctx, s.rc, reader, &rolecall.Setting{Name: name})
		if errors.Is(err, rolecall.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := newProfile(found.Value)
		if err != nil {
			return nil, fmt.Errorf("the setting %q: %w", name, err)
		}
		return p, nil
	}
	return newProfile([]byte("{}"))
}
