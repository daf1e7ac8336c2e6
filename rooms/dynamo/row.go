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

// settling is how long a row is in doubt before a reader thinks that whoever was to settle it has
// died, and does it. It may be wrong: see [Store.heal].
const settling = time.Minute

// A stay is the row of a member in a room: what the record says, where those look who ask for the
// room. It has a key of its own for each time that the member comes.
//
// Whoever is about to write version n of a record that changes what the row says, or that it is,
// first sets the row's doubt to n, and settles the row at n afterwards. So a row that is settled at
// its doubt or above speaks the truth. Of any other, the record must be asked.
type roomRow struct {
	room, key string
	id        tyg.ConnID
	life      string
	settled   int64 // the version of the record that the rest is of, 0 for none
	doubt     int64 // the highest version that may have been written
	since     int64 // when the doubt arose
	name      string
	added     int64
	ends      int64 // when the member expires
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
	return moment(joined)
}

func newRoomRow(i item) roomRow {
	return roomRow{
		room: i.text("room"), key: i.text(SortKey), id: tyg.ConnID(i.text("id")),
		life: i.text("life"), settled: i.number("settled"), doubt: i.number("doubt"),
		since: i.number("since"), name: i.text("nick"), added: i.number("added"),
		ends: i.number("ends"),
	}
}

func (r roomRow) member() rooms.Member {
	return rooms.Member{
		ID: r.id, Name: r.name, Room: r.room, AddedAt: moment(r.added), JoinedAt: joinedAt(r.key),
	}
}

// sure reports whether the row speaks the truth.
func (r roomRow) sure(now time.Time) bool { return r.settled >= r.doubt && r.ends > now.UnixNano() }

// compare is the order of joining.
func compare(a, b rooms.Member) int {
	return cmp.Or(a.JoinedAt.Compare(b.JoinedAt), cmp.Compare(a.ID, b.ID))
}

// enter writes a row for a record that is about to say so.
func (s *Store) enter(ctx context.Context, is record) error {
	return s.put(ctx, roomKey(is.room, is.rowKey).with(item{
		"room": text(is.room), "id": text(string(is.id)), "life": text(is.life),
		"doubt": number(is.ver), "since": number(s.now().UnixNano()),
		TTLAttribute: number(seconds(is.ends)),
	}), condition{})
}

// doubt warns those who read the row of a member that the next version of its record is about to
// be written. That it is in doubt already is no error.
func (s *Store) doubt(ctx context.Context, was, is record) error {
	if was.room == "" {
		return nil
	}
	err := s.update(ctx, roomKey(was.room, was.rowKey),
		"SET doubt = :ver, since = :now, "+TTLAttribute+" = :expires",
		condition{"attribute_exists(PK) AND doubt < :ver", item{
			":ver": number(is.ver), ":now": number(s.now().UnixNano()),
			":expires": number(seconds(is.ends)),
		}})
	return but(err, errConflict)
}

// settle makes the row of a member say what its record says, unless it says something newer.
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
	return but(err, errConflict)
}

// leave deletes the row of a member that is not there any more, and the room if it was the last.
func (s *Store) leave(ctx context.Context, was record) error {
	if was.room == "" {
		return nil
	}
	if err := s.delete(ctx, roomKey(was.room, was.rowKey), condition{}); err != nil {
		return err
	}
	return s.tidy(ctx, was.room)
}

// but returns err, unless it is one that does not matter.
func but(err, except error) error {
	if errors.Is(err, except) {
		return nil
	}
	return err
}

// ask looks up the records of members and returns, for each row, the member as it is, or the zero
// Member if the row is wrong.
func (s *Store) ask(ctx context.Context, rows []roomRow) ([]rooms.Member, error) {
	records := make(map[tyg.ConnID]record)
	for _, row := range rows {
		records[row.id] = record{}
	}
	var keys []item
	for id := range records {
		keys = append(keys, memberKey(id))
	}
	for len(keys) > 0 {
		n := min(batch, len(keys))
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
		s.heal(ctx, row, is)
	}
	return members, nil
}

// heal settles or deletes a row that nobody else will, given its record. A change that is still
// under way, though it has taken so long, is foiled first by writing the version of the record that
// it is about to write; it then begins again. What fails is left to the next reader.
func (s *Store) heal(ctx context.Context, row roomRow, is record) {
	now := s.now()
	if moment(row.since).Add(settling).After(now) {
		return
	}
	if is.life != row.life || moment(is.ends).Add(settling).Before(now) {
		_ = s.leave(ctx, record{room: row.room, rowKey: row.key})
		return
	}
	if is.ver < row.doubt {
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
