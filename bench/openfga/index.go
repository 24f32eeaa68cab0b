package main

import (
	"context"
	"slices"
	"strings"

	openfga "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/openfga/pkg/storage"
	"github.com/openfga/openfga/pkg/storage/memory"
	"github.com/openfga/openfga/pkg/tuple"
)

// An index is a datastore that finds tuples by the keys that a check reads by.
// OpenFGA's own memory store goes through all tuples for each read; this costs the
// engine next to nothing, so that what is measured is the engine. Models are in the
// memory store. There is one store, and no tuple has a condition.
type index struct {
	storage.OpenFGADatastore
	byObject map[string][]*openfga.Tuple // by object#relation, in order of the user
	byUser   map[string][]*openfga.Tuple // by type#relation@user, in order of the object
}

func newIndex() *index {
	return &index{OpenFGADatastore: memory.New(), byObject: map[string][]*openfga.Tuple{}, byUser: map[string][]*openfga.Tuple{}}
}

// add writes a tuple that is not there yet. After the last, sort.
func (x *index) add(object, relation, user string) {
	t := &openfga.Tuple{Key: tuple.NewTupleKey(object, relation, user)}
	of := object + "#" + relation
	x.byObject[of] = append(x.byObject[of], t)
	by := tuple.GetType(object) + "#" + relation + "@" + user
	x.byUser[by] = append(x.byUser[by], t)
}

func (x *index) sort() {
	for _, tuples := range x.byObject {
		slices.SortFunc(tuples, func(a, b *openfga.Tuple) int { return strings.Compare(a.Key.User, b.Key.User) })
	}
	for _, tuples := range x.byUser {
		slices.SortFunc(tuples, byObject)
	}
}

func (x *index) Read(_ context.Context, _ string, f storage.ReadFilter, _ storage.ReadOptions) (storage.TupleIterator, error) {
	return iterate(x.byObject[f.Object+"#"+f.Relation], func(t *openfga.Tuple) bool {
		kind, id := tuple.SplitObject(f.User)
		return f.User == "" || t.Key.User == f.User || id == "" && tuple.GetType(t.Key.User) == kind
	}), nil
}

func (x *index) ReadUserTuple(_ context.Context, _ string, f storage.ReadUserTupleFilter, _ storage.ReadUserTupleOptions) (*openfga.Tuple, error) {
	tuples := x.byUser[tuple.GetType(f.Object)+"#"+f.Relation+"@"+f.User]
	i, ok := slices.BinarySearchFunc(tuples, f.Object, func(t *openfga.Tuple, object string) int { return strings.Compare(t.Key.Object, object) })
	if !ok {
		return nil, storage.ErrNotFound
	}
	return tuples[i], nil
}

func (x *index) ReadUsersetTuples(_ context.Context, _ string, f storage.ReadUsersetTuplesFilter, _ storage.ReadUsersetTuplesOptions) (storage.TupleIterator, error) {
	return iterate(x.byObject[f.Object+"#"+f.Relation], func(t *openfga.Tuple) bool {
		object, relation := tuple.SplitObjectRelation(t.Key.User)
		return relation != "" && slices.ContainsFunc(f.AllowedUserTypeRestrictions, func(r *openfga.RelationReference) bool {
			return r.GetType() == tuple.GetType(object) && r.GetRelation() == relation
		})
	}), nil
}

func (x *index) ReadStartingWithUser(_ context.Context, _ string, f storage.ReadStartingWithUserFilter, _ storage.ReadStartingWithUserOptions) (storage.TupleIterator, error) {
	var all []*openfga.Tuple
	for _, u := range f.UserFilter {
		user := u.GetObject()
		if u.GetRelation() != "" {
			user += "#" + u.GetRelation()
		}
		all = append(all, x.byUser[f.ObjectType+"#"+f.Relation+"@"+user]...)
	}
	if len(f.UserFilter) > 1 {
		slices.SortFunc(all, byObject)
	}
	return iterate(all, func(t *openfga.Tuple) bool {
		_, id := tuple.SplitObject(t.Key.Object)
		return f.ObjectIDs == nil || f.ObjectIDs.Exists(id)
	}), nil
}

func byObject(a, b *openfga.Tuple) int { return strings.Compare(a.Key.Object, b.Key.Object) }

// iterate goes through those of tuples that keep does not leave out, in order: a
// check relies on that.
func iterate(tuples []*openfga.Tuple, keep func(*openfga.Tuple) bool) storage.TupleIterator {
	kept := make([]*openfga.Tuple, 0, len(tuples))
	for _, t := range tuples {
		if keep(t) {
			kept = append(kept, t)
		}
	}
	return storage.NewStaticTupleIterator(kept)
}
