package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// maxID is the length of the longest id, in bytes: the sort key, which is longer by a prefix, has
// at most 1,024.
const maxID = 1000

// A record is the item of a member. It alone decides what the member's name is and in which room it
// is. All changes are conditional on its version.
type record struct {
	id     tyg.ConnID
	life   string // random, from Add to Remove or expiry; empty for no member
	ver    int64  // one more with each change
	name   string
	room   string
	rowKey string // the sort key of its row in the room
	added  int64  // time of Add, in nanoseconds since 1970, as all times here
	ends   int64  // when the member expires
	by     string // random, identifies the attempt that wrote this version
}

func valid(id tyg.ConnID) bool {
	return id != "" && len(id) <= maxID && utf8.ValidString(string(id))
}

// memberKey returns a key whose sort key equals its partition key, so that an index by sort keys,
// such as the tutorial's, is spread as the table is.
func memberKey(id tyg.ConnID) item { return key("member#"+string(id), "member#"+string(id)) }

func (r record) item() item {
	return memberKey(r.id).with(item{
		"id": text(string(r.id)), "life": text(r.life), "ver": number(r.ver), "by": text(r.by),
		"nick": text(r.name), "room": text(r.room), "stay": text(r.rowKey),
		"added": number(r.added), "ends": number(r.ends), TTLAttribute: number(seconds(r.ends)),
	})
}

func newRecord(i item) record {
	return record{
		id: tyg.ConnID(i.text("id")), life: i.text("life"), ver: i.number("ver"), by: i.text("by"),
		name: i.text("nick"), room: i.text("room"), rowKey: i.text("stay"),
		added: i.number("added"), ends: i.number("ends"),
	}
}

// seconds rounds a time up, so that an item does not expire early.
func seconds(nanoseconds int64) int64 {
	return (nanoseconds + int64(time.Second) - 1) / int64(time.Second)
}

// next returns the next version of r, for the caller to change and write.
func (r record) next() record {
	r.ver++
	r.by = rand.Text()
	return r
}

func (r record) member() rooms.Member {
	m := rooms.Member{ID: r.id, Name: r.name, Room: r.room, AddedAt: fromUnixNano(r.added)}
	if r.room != "" {
		m.JoinedAt = joinedAt(r.rowKey)
	}
	return m
}

func fromUnixNano(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds).UTC() }

// live reports whether a record is that of a member.
func (s *Store) live(r record) bool { return r.life != "" && r.ends > s.now().UnixNano() }

// load reads the record of a member, or [rooms.ErrNoMember].
func (s *Store) load(ctx context.Context, id tyg.ConnID) (record, error) {
	if err := ctx.Err(); err != nil {
		return record{}, err
	}
	if !valid(id) {
		return record{}, rooms.ErrNoMember
	}
	found, err := s.get(ctx, memberKey(id))
	if err != nil {
		return record{}, err
	}
	if r := newRecord(found); s.live(r) {
		return r, nil
	}
	return record{}, rooms.ErrNoMember
}

// unchanged returns the condition that a record is still as it was read.
func (r record) unchanged() condition {
	return condition{"life = :life AND ver = :ver", item{
		":life": text(r.life), ":ver": number(r.ver),
	}}
}

// commit replaces the version was by is. If the table has another version, the error is
// errConflict. If an attempt was not answered, commit reads the record to see whether it was
// written, which fails if the record has been changed again.
func (s *Store) commit(ctx context.Context, was, is record) error {
	err := s.put(ctx, is.item(), was.unchanged())
	_, unanswered := errors.AsType[unansweredError](err)
	if !unanswered || !errors.Is(err, errConflict) {
		return err
	}
	found, failed := s.get(ctx, memberKey(is.id))
	switch now := newRecord(found); {
	case failed != nil:
		return failed
	case now.life == is.life && now.ver == is.ver && now.by == is.by:
		return nil
	case now.life == is.life && now.ver == is.ver:
		return errConflict
	}
	return fmt.Errorf("change member %s: no answer, and it was changed again since", is.id)
}
