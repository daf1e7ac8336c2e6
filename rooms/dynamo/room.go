package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"

	"github.com/tyg-dev/tyg/rooms"
)

// roomsPartition lists the rooms, by the sort key. A room in it may be empty, but one with a member
// is always in it: see [Store.listRoom] and [Store.unlistEmpty].
const roomsPartition = "rooms"

func listKey(room string) item { return key(roomsPartition, room) }

// peekRows is how many rows are read to see whether a room has a member; parallelRooms is how many
// rooms are read at the same time.
const peekRows, parallelRooms = 16, 16

// listRoom adds the room of a record that is about to be written to the list of rooms, or extends
// its expiry to that of the record. The row of the member is written before.
func (s *Store) listRoom(ctx context.Context, is record) error {
	if is.room == "" {
		return nil
	}
	found, err := s.get(ctx, listKey(is.room))
	if err != nil {
		return err
	}
	ends := seconds(is.ends)
	if found.text("leaving") == "" && found.number(TTLAttribute) >= ends {
		return nil
	}
	// Twice as long as needed, so that not every member has to write it.
	ends += seconds(int64(s.cfg.TTL))
	return s.put(ctx, listKey(is.room).with(item{TTLAttribute: number(ends)}), condition{})
}

// unlistEmpty takes a room off the list if it has no rows. It marks the room before it reads the
// rows: a member that entered before the mark has already written its row, and a member that enters
// later sees the mark and lists the room again.
func (s *Store) unlistEmpty(ctx context.Context, room string) error {
	if used, err := s.hasRows(ctx, room); used || err != nil {
		return err
	}
	mine := condition{"leaving = :mine", item{":mine": text(rand.Text())}}
	err := s.update(ctx, listKey(room), "SET leaving = :mine",
		condition{"attribute_exists(PK)", mine.values})
	if err != nil {
		return ignore(err, errConflict)
	}
	used, err := s.hasRows(ctx, room)
	if err != nil {
		return err
	}
	if used {
		return ignore(s.update(ctx, listKey(room), "REMOVE leaving", mine), errConflict)
	}
	return ignore(s.delete(ctx, listKey(room), mine), errConflict)
}

// hasRows reports whether a room has any row, right or wrong.
func (s *Store) hasRows(ctx context.Context, room string) (used bool, err error) {
	err = s.query(ctx, roomPartition(room), 1, func(page []item) (bool, error) {
		used = len(page) > 0
		return !used, nil
	})
	return used, err
}

// occupied reports whether a room has a member. A room without any row is taken off the list.
func (s *Store) occupied(ctx context.Context, room string) (yes bool, err error) {
	used := false
	err = s.query(ctx, roomPartition(room), peekRows, func(page []item) (bool, error) {
		used = used || len(page) > 0
		members, err := s.resolve(ctx, page)
		yes = len(members) > 0
		return !yes, err
	})
	if err == nil && !used {
		_ = s.unlistEmpty(ctx, room) // an empty room on the list does no harm
	}
	return yes, err
}

// resolve returns the members that rows stand for, in the order of the rows, without wrong rows.
func (s *Store) resolve(ctx context.Context, page []item) ([]rooms.Member, error) {
	members := make([]rooms.Member, len(page))
	var pending []roomRow
	var indexes []int
	for i := range page {
		if row := newRoomRow(page[i]); row.isSettled(s.now()) {
			members[i] = row.member()
		} else {
			pending, indexes = append(pending, row), append(indexes, i)
		}
	}
	found, err := s.lookUp(ctx, pending)
	if err != nil {
		return nil, err
	}
	for n, i := range indexes {
		members[i] = found[n]
	}
	return slices.DeleteFunc(members, func(m rooms.Member) bool { return m.ID == "" }), nil
}

// Members implements [rooms.Store].
func (s *Store) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if rooms.CheckName(room) != nil {
		return nil, nil
	}
	var all []rooms.Member
	err := s.query(ctx, roomPartition(room), s.page, func(page []item) (bool, error) {
		members, err := s.resolve(ctx, page)
		all = append(all, members...)
		return true, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, compare)
	return latest(all), nil
}

// Rooms implements [rooms.Store].
func (s *Store) Rooms(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var names []string
	err := s.query(ctx, roomsPartition, s.page, func(page []item) (bool, error) {
		for _, i := range page {
			names = append(names, i.text(SortKey))
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	is, errs := make([]bool, len(names)), make([]error, len(names))
	parallel(len(names), parallelRooms, func(i int) { is[i], errs[i] = s.occupied(ctx, names[i]) })
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var list []string
	for i, name := range names {
		if is[i] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list, nil
}

// parallel calls fn for 0 to n-1, atOnce at a time, and waits for all.
func parallel(n, atOnce int, fn func(int)) {
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce) // as many tokens as may run
	for i := range n {
		free <- struct{}{}
		// Ends with fn; Wait waits for it.
		all.Go(func() { fn(i); <-free })
	}
	all.Wait()
}

// latest leaves out the earlier row of a member that left and came back while its room was read.
func latest(members []rooms.Member) []rooms.Member {
	last := make(map[string]int, len(members))
	for i := range members {
		last[string(members[i].ID)] = i
	}
	if len(last) == len(members) {
		return members
	}
	kept := members[:0]
	for i, m := range members {
		if last[string(m.ID)] == i {
			kept = append(kept, m)
		}
	}
	return kept
}
