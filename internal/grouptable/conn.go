package grouptable

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// The attributes of the item of a connection.
const (
	overAttribute       = "ended" // when Leave was first called, in seconds since 1970
	registeredAttribute = "registered"
	stateAttribute      = "st" // and its revision is revisionAttribute
	revisionAttribute   = "rv"
)

// connSort is the sort key of the item of a connection; hintPrefix begins those of its groups.
const connSort, hintPrefix = "conn", "group#"

func connPartition(id tyg.ConnID) string { return "conn#" + string(id) }

func connKey(id tyg.ConnID) item { return key(connPartition(id), connSort) }

func hintKey(group string, id tyg.ConnID) item { return key(connPartition(id), hintPrefix+group) }

// in returns the time after d as an attribute in seconds since 1970.
func (t *Table) in(d time.Duration) attribute { return number(t.now().Add(d).Unix()) }

// Register implements [lambda.GroupTable]. The item of the connection serves as the hint.
func (t *Table) Register(ctx context.Context, id tyg.ConnID, at time.Time) error {
	_, _, err := t.write(ctx, "UpdateItem", write{
		Key:       connKey(id),
		Change:    "SET registered = :one, expires = :expires",
		Condition: "attribute_not_exists(" + overAttribute + ")",
		Values:    item{":one": number(1), ":expires": t.in(ttl)},
	})
	if errors.Is(err, errConflict) {
		return tyg.ErrGone
	}
	if err != nil {
		return err
	}
	return t.put(ctx, t.memberItem("", tyg.Member{ID: id, JoinedAt: at}, ""), "")
}

// Conn implements [lambda.GroupTable].
func (t *Table) Conn(ctx context.Context, id tyg.ConnID) (lambda.TableConn, error) {
	i, err := t.get(ctx, connKey(id))
	return t.newConn(i), err
}

// newConn returns what the item of a connection says, nil if there is none.
func (t *Table) newConn(i item) lambda.TableConn {
	if i == nil || i.number(TTLAttribute) <= t.now().Unix() {
		return lambda.TableConn{}
	}
	data, rev := newValue(i)
	c := lambda.TableConn{
		Known: true, Over: i.number(overAttribute) > 0, State: data, Revision: rev,
	}
	if !c.Over { // Leave sets another time
		c.Since = time.Unix(i.number(TTLAttribute), 0).Add(-ttl)
	}
	return c
}

// Leave implements [lambda.GroupTable].
func (t *Table) Leave(ctx context.Context, id tyg.ConnID) (lambda.TableConn, []string, error) {
	i, _, err := t.write(ctx, "UpdateItem", write{
		Key: connKey(id), Change: "SET ended = :now, expires = :expires", Returns: "ALL_NEW",
		Values: item{":now": t.in(0), ":expires": t.in(overTTL)},
	})
	if err != nil {
		return lambda.TableConn{}, nil, err
	}
	groups, err := t.hints(ctx, id)
	if i.number(registeredAttribute) > 0 {
		groups = append(groups, "")
	}
	return t.newConn(i), groups, err
}

// hints returns the groups that a connection may be a member of, without the group of all.
func (t *Table) hints(ctx context.Context, id tyg.ConnID) ([]string, error) {
	var groups []string
	q := t.newQuery(connPartition(id))
	for {
		p, err := t.query(ctx, q)
		if err != nil {
			return groups, err
		}
		for _, i := range p.Items {
			if group, ok := strings.CutPrefix(i.text(SortKey), hintPrefix); ok {
				groups = append(groups, group)
			}
		}
		if q.Start = p.Last; p.Last == nil {
			return groups, nil
		}
	}
}

// Forget implements [lambda.GroupTable].
func (t *Table) Forget(ctx context.Context, id tyg.ConnID) error {
	_, _, err := t.write(ctx, "UpdateItem", write{
		Key: connKey(id), Change: "REMOVE st, rv", Condition: "attribute_exists(PK)",
	})
	if errors.Is(err, errConflict) {
		return nil
	}
	return err
}
