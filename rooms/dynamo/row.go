package dynamo

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// pendingTimeout is how long a row is pending before a reader assumes that the writer has died, and
// repairs the row. The reader may be wrong: see [Store.repair].
const pendingTimeout = time.Minute

// A roomRow is a copy of a member's record in the partition of its room, for readers of the room.
// Each time that the member enters the room it gets a row with a new key.
//
// A writer that is about to write version n of a record, which will change the row or make it
// wrong, first sets the row's pending to n, and settles the row at n afterwards. So a row whose
// settled is at least its pending is right. For any other row, the record decides.
type roomRow struct {
	room, key    string
	id           tyg.ConnID
	life         string
	settled      int64 // the version of the record that the rest is of, 0 for none
	pending      int64 // the highest version that may have been written; the attribute doubt
	pendingSince int64 // when a writer last set pending; the attribute since
	name         string
	added        int64
	ends         int64 // when the member expires
}

func roomKey(room, rowKey string) item { return key(roomPartition(room), rowKey) }

func roomPartition(room string) string { return "room#" + room }

// newRowKey returns a sort key that no other row has: the time, so that rows are in the order in
// which members joined, and a random text.
func newRowKey(joined time.Time) string {
	return fmt.Sprintf("%016x-%s", joined.UnixNano(), rand.Text())
}

func joinedAt(rowKey string) time.Time {
	joined, _ := strconv.ParseInt(rowKey[:min(16, len(rowKey))], 16, 64)
	return fromUnixNano(joined)
}

func newRoomRow(i item) roomRow {
	return roomRow{
		room: i.text("room"), key: i.text(SortKey), id: tyg.ConnID(i.text("id")),
		life: i.text("life"), settled: i.number("settled"), pending: i.number("doubt"),
		pendingSince: i.number("since"), name: i.text("nick"), added: i.number("added"),
		ends: i.number("ends"),
	}
}

func (r roomRow) member() rooms.Member {
	return rooms.Member{
		ID: r.id, Name: r.name, Room: r.room, AddedAt: fromUnixNano(r.added), JoinedAt: joinedAt(r.key),
	}
}

// isSettled reports whether the row is right, so that the record need not be read.
func (r roomRow) isSettled(now time.Time) bool {
	return r.settled >= r.pending && r.ends > now.UnixNano()
}

// compare orders members by the time of joining.
func compare(a, b rooms.Member) int {
	return cmp.Or(a.JoinedAt.Compare(b.JoinedAt), cmp.Compare(a.ID, b.ID))
}

// enter writes the row of a member in a room that its record is about to name.
func (s *Store) enter(ctx context.Context, is record) error {
	return s.put(ctx, roomKey(is.room, is.rowKey).with(item{
		"room": text(is.room), "id": text(string(is.id)), "life": text(is.life),
		"doubt": number(is.ver), "since": number(s.now().UnixNano()),
		TTLAttribute: number(seconds(is.ends)),
	}), condition{})
}

// markPending tells readers of a member's row that the next version of its record is about to be
// written. It is no error if the row is pending already.
func (s *Store) markPending(ctx context.Context, was, is record) error {
	if was.room == "" {
		return nil
	}
	err := s.update(ctx, roomKey(was.room, was.rowKey),
		"SET doubt = :ver, since = :now, "+TTLAttribute+" = :expires",
		condition{"attribute_exists(PK) AND doubt < :ver", item{
			":ver": number(is.ver), ":now": number(s.now().UnixNano()),
			":expires": number(seconds(is.ends)),
		}})
	return ignore(err, errConflict)
}

// settle copies a record to the member's row, unless the row is of a newer version.
func (s *Store) settle(ctx context.Context, is record) error {
	if is.room == "" {
		return nil
	}
	change, values := "SET settled = :ver, added = :added, ends = :ends", item{
		":ver": number(is.ver), ":added": number(is.added), ":ends": number(is.ends),
	}
	if is.name != "" {
		change += ", nick = :nick"
		values[":nick"] = text(is.name)
	}
	err := s.update(ctx, roomKey(is.room, is.rowKey), change, condition{
		"attribute_exists(PK) AND (attribute_not_exists(settled) OR settled < :ver)", values,
	})
	return ignore(err, errConflict)
}

// leave deletes the row of a member that has left, and takes the room off the list if it was the
// last.
func (s *Store) leave(ctx context.Context, was record) error {
	if was.room == "" {
		return nil
	}
	if err := s.delete(ctx, roomKey(was.room, was.rowKey), condition{}); err != nil {
		return err
	}
	return s.unlistEmpty(ctx, was.room)
}

// ignore returns err, or nil if err is the exception.
func ignore(err, except error) error {
	if errors.Is(err, except) {
		return nil
	}
	return err
}

// lookUp reads the records of the members of rows. It returns for each row the member as it is, or
// the zero Member if the row is wrong, and repairs the rows.
func (s *Store) lookUp(ctx context.Context, rows []roomRow) ([]rooms.Member, error) {
	records := make(map[tyg.ConnID]record)
	for _, row := range rows {
		records[row.id] = record{}
	}
	var keys []item
	for id := range records {
		keys = append(keys, memberKey(id))
	}
	for len(keys) > 0 {
		n := min(maxBatch, len(keys))
		found, err := s.getMany(ctx, keys[:n])
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			r := newRecord(i)
			records[r.id] = r
		}
		keys = keys[n:]
	}
	members := make([]rooms.Member, len(rows))
	for n, row := range rows {
		is := records[row.id]
		if s.live(is) && is.life == row.life && is.rowKey == row.key {
			members[n] = is.member()
		}
		s.repair(ctx, row, is)
	}
	return members, nil
}

// repair settles or deletes a row that has been pending for too long, given its record. A slow
// change may still be under way: repair first writes the version that the change is about to write,
// so that the change gets a conflict and begins again. The next reader repairs what fails.
func (s *Store) repair(ctx context.Context, row roomRow, is record) {
	now := s.now()
	if fromUnixNano(row.pendingSince).Add(pendingTimeout).After(now) {
		return
	}
	if is.life != row.life || fromUnixNano(is.ends).Add(pendingTimeout).Before(now) {
		_ = s.leave(ctx, record{room: row.room, rowKey: row.key})
		return
	}
	if is.ver < row.pending {
		was := is
		is = was.next()
		if s.commit(ctx, was, is) != nil {
			return
		}
	}
	if is.rowKey == row.key {
		_ = s.settle(ctx, is)
		return
	}
	_ = s.leave(ctx, record{room: row.room, rowKey: row.key})
}
