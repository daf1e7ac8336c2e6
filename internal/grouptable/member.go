package grouptable

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// parts is in how many partitions the members of a group are. All processes must agree on it.
const parts = 4

// partOf returns the part of a group that a connection is in.
func partOf(id tyg.ConnID) int {
	h := fnv.New32a()
	h.Write([]byte(id)) // never fails
	return int(h.Sum32() % parts)
}

func memberPartition(group string, part int) string {
	return fmt.Sprintf("group#%02x#%s", part, group)
}

func memberKey(group string, id tyg.ConnID) item {
	return key(memberPartition(group, partOf(id)), string(id))
}

// memberItem returns the item of a member. life is random text that tells it from later members of
// the same connection.
func (t *Table) memberItem(group string, m tyg.Member, life string) item {
	return memberKey(group, m.ID).with(item{
		"info": text(string(m.Info)), "joined": number(m.JoinedAt.UnixNano()),
		"life": text(life), TTLAttribute: t.in(ttl),
	})
}

func newMember(i item) tyg.Member {
	m := tyg.Member{
		ID:       tyg.ConnID(i.text(SortKey)),
		JoinedAt: time.Unix(0, int64(i.number("joined"))).UTC(),
	}
	if info := i.text("info"); info != "" {
		m.Info = json.RawMessage(info)
	}
	return m
}

// Add implements [lambda.GroupTable]. The package comment says why in this order.
func (t *Table) Add(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	m := tyg.Member{ID: id, Info: info, JoinedAt: t.now().UTC().Round(0)}
	known := false // there is a hint, so there may be a member
	for {
		if known {
			is, found, err := t.update(ctx, group, id, info)
			if found || err != nil {
				return is, false, err
			}
		} else {
			err := t.put(ctx, hintKey(group, id).with(item{TTLAttribute: t.in(ttl)}), absent)
			if known = errors.Is(err, errConflict); known {
				continue
			}
			if err != nil {
				return tyg.Member{}, false, err
			}
		}
		life := rand.Text()
		added, err := t.insert(ctx, t.memberItem(group, m, life))
		if err != nil {
			return tyg.Member{}, false, err
		}
		if added {
			return t.confirm(ctx, group, m, life)
		}
		known = true
	}
}

const absent = "attribute_not_exists(PK)"

// insert writes the item of a member unless there is one, and reports whether it has.
func (t *Table) insert(ctx context.Context, i item) (bool, error) {
	err := t.put(ctx, i, absent)
	if !errors.Is(err, errUnsure) {
		return err == nil, ignore(err, errConflict)
	}
	is, err := t.get(ctx, item{PartitionKey: i[PartitionKey], SortKey: i[SortKey]})
	return is.text("life") == i.text("life"), err
}

// update returns a member, after setting its info unless that is nil, and whether there is one.
func (t *Table) update(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	k := memberKey(group, id)
	is, err := t.get(ctx, k)
	if err != nil || is == nil {
		return tyg.Member{}, false, err
	}
	if info == nil {
		return newMember(is), true, nil
	}
	is, _, err = t.write(ctx, "UpdateItem", write{
		Key: k, Change: "SET info = :info", Condition: "attribute_exists(PK)", Returns: "ALL_NEW",
		Values: item{":info": text(string(info))},
	})
	if errors.Is(err, errConflict) {
		return tyg.Member{}, false, nil
	}
	return newMember(is), err == nil, err
}

// confirm returns the member that was just added, if its connection is not over. If it is, the
// member is deleted. A call that deleted it before has told of it, so then it was a member.
func (t *Table) confirm(
	ctx context.Context, group string, m tyg.Member, life string,
) (tyg.Member, bool, error) {
	is, err := t.get(ctx, connKey(m.ID))
	if err == nil && is == nil {
		is, err = t.addConn(ctx, m.ID)
	}
	if err != nil {
		return tyg.Member{}, false, err
	}
	if is.number(overAttribute) == 0 {
		return m, true, nil
	}
	_, _, err = t.write(ctx, "DeleteItem", write{
		Key: memberKey(group, m.ID), Condition: "life = :life", Values: item{":life": text(life)},
	})
	if errors.Is(err, errConflict) && !errors.Is(err, errUnsure) {
		return m, true, nil
	}
	if err = ignore(err, errUnsure); err == nil {
		err = tyg.ErrGone
	}
	return tyg.Member{}, false, err
}

// addConn makes the item of a connection, unless there is one, and returns it.
func (t *Table) addConn(ctx context.Context, id tyg.ConnID) (item, error) {
	is := connKey(id).with(item{TTLAttribute: t.in(ttl)})
	err := t.put(ctx, is, absent)
	if errors.Is(err, errConflict) {
		return t.get(ctx, connKey(id))
	}
	return is, err
}

// ignore returns err, or nil if err is the exception.
func ignore(err, except error) error {
	if errors.Is(err, except) {
		return nil
	}
	return err
}

// Remove implements [lambda.GroupTable]. It leaves the hint, which has no effect.
func (t *Table) Remove(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	w := write{Key: memberKey(group, id), Returns: "ALL_OLD"}
	was, unsure, err := t.write(ctx, "DeleteItem", w)
	switch {
	case err != nil:
		return tyg.Member{}, false, err
	case was == nil && unsure:
		return tyg.Member{}, false, fmt.Errorf("remove member %s: %w", id, errUnsure)
	case was == nil:
		return tyg.Member{}, false, nil
	}
	return newMember(was), true, nil
}

// Parts implements [lambda.GroupTable].
func (t *Table) Parts() int { return parts }

// Members implements [lambda.GroupTable].
func (t *Table) Members(
	ctx context.Context, group string, part int, after string,
) ([]tyg.Member, string, error) {
	partition := memberPartition(group, part)
	q := t.newQuery(partition)
	if after != "" {
		q.Start = key(partition, after)
	}
	p, err := t.query(ctx, q)
	if err != nil {
		return nil, "", err
	}
	members := make([]tyg.Member, len(p.Items))
	for n, i := range p.Items {
		members[n] = newMember(i)
	}
	return members, p.Last.text(SortKey), nil
}

// Count implements [lambda.GroupTable]. It reads all parts at once.
func (t *Table) Count(ctx context.Context, group string) (int, error) {
	var counts [parts]int
	var errs [parts]error
	var all sync.WaitGroup
	for part := range parts {
		// Ends with the last page; Wait waits for it.
		all.Go(func() { counts[part], errs[part] = t.count(ctx, memberPartition(group, part)) })
	}
	all.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum, errors.Join(errs[:]...)
}

func (t *Table) count(ctx context.Context, partition string) (n int, err error) {
	q := t.newQuery(partition)
	q.Select = "COUNT"
	for {
		p, err := t.query(ctx, q)
		if err != nil {
			return 0, err
		}
		n += p.Count
		if q.Start = p.Last; p.Last == nil {
			return n, nil
		}
	}
}
