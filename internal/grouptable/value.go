package grouptable

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/tyg-dev/tyg"
)

func valueKey(name string) item { return key("value#"+name, "value") }

// newValue returns the value in an item and its revision.
func newValue(i item) ([]byte, tyg.Revision) {
	rev := tyg.Revision(i.number(revisionAttribute))
	if rev == 0 {
		return nil, 0
	}
	return []byte(i.text(stateAttribute)), rev
}

// newRevision returns a revision that no value had before, by chance: a value that was deleted
// leaves no trace from which to count on. It also tells the writer its own write.
func newRevision() tyg.Revision { return tyg.Revision(rand.Uint64N(1<<53-1) + 1) }

// LoadValue implements [lambda.GroupTable].
func (t *Table) LoadValue(ctx context.Context, name string) ([]byte, tyg.Revision, error) {
	i, err := t.get(ctx, valueKey(name))
	if err != nil {
		return nil, 0, err
	}
	data, rev := newValue(i)
	return data, rev, nil
}

// StoreValue implements [lambda.GroupTable].
func (t *Table) StoreValue(
	ctx context.Context, name string, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	if data != nil {
		next, _, err := t.set(ctx, setting{key: valueKey(name), data: data, rev: rev})
		return next, err
	}
	w := write{Key: valueKey(name)}
	w.expect(rev)
	_, _, err := t.write(ctx, "DeleteItem", w)
	return 0, conflictOf(err)
}

// StoreState implements [lambda.GroupTable].
func (t *Table) StoreState(
	ctx context.Context, id tyg.ConnID, data []byte, rev tyg.Revision, over bool,
) (tyg.Revision, error) {
	s := setting{key: connKey(id), data: data, rev: rev, ends: true, live: !over}
	next, is, err := t.set(ctx, s)
	if errors.Is(err, tyg.ErrConflict) && s.live && is.number(overAttribute) > 0 {
		return 0, tyg.ErrGone
	}
	return next, err
}

// A setting sets the value in an item.
type setting struct {
	key  item
	data []byte // nil removes the value from the item, which then has a time to live
	rev  tyg.Revision
	ends bool // the item has a time to live in any case
	live bool // its connection must not be over
}

// set returns the new revision. If the error is tyg.ErrConflict, it also returns the item as it is.
func (t *Table) set(ctx context.Context, s setting) (tyg.Revision, item, error) {
	next := newRevision()
	w := write{Key: s.key, Change: "SET st = :data, rv = :next"}
	if s.data != nil {
		w.add(item{":data": text(string(s.data)), ":next": number(int64(next))})
	}
	switch {
	case s.data == nil:
		w.Change, next = "SET expires = :expires REMOVE st, rv", 0
		w.add(item{":expires": t.in(ttl)})
	case s.ends:
		w.Change += ", expires = :expires"
		w.add(item{":expires": t.in(ttl)})
	}
	w.expect(s.rev)
	if s.live {
		w.require("attribute_not_exists(" + overAttribute + ")")
	}
	_, _, err := t.write(ctx, "UpdateItem", w)
	if !errors.Is(err, errConflict) {
		return next, nil, err
	}
	is, failed := t.get(ctx, s.key)
	if failed != nil {
		return 0, nil, failed
	}
	if errors.Is(err, errUnsure) && is.number(revisionAttribute) == int64(next) {
		return next, is, nil
	}
	return 0, is, tyg.ErrConflict
}

// expect makes w depend on the revision of the value.
func (w *write) expect(rev tyg.Revision) {
	switch rev {
	case tyg.AnyRevision:
	case 0:
		w.require("attribute_not_exists(rv)")
	default:
		w.require("rv = :rev")
		w.add(item{":rev": number(int64(rev))})
	}
}

// require adds a condition.
func (w *write) require(condition string) {
	if w.Condition != "" {
		w.Condition += " AND "
	}
	w.Condition += condition
}

// add adds values.
func (w *write) add(values item) {
	if w.Values == nil {
		w.Values = make(item)
	}
	w.Values.with(values)
}

func conflictOf(err error) error {
	if errors.Is(err, errUnsure) {
		return err
	}
	if errors.Is(err, errConflict) {
		return tyg.ErrConflict
	}
	return err
}
