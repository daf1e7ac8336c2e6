package dynamo

import (
	"context"
	"errors"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// A claim reserves a name for a member. Whether it holds follows from the member's record: it holds
// while the record has the name, and before that while the record may still get it as version ver.
type claim struct {
	id   tyg.ConnID
	life string
	ver  int64
}

func nameKey(fold string) item { return key("name#"+fold, "name#"+fold) }

func newClaim(i item) claim {
	return claim{tyg.ConnID(i.text("id")), i.text("life"), i.number("ver")}
}

// dead reports whether the name with this fold is free although it is claimed, given the record of
// the member that claimed it. A dead claim stays dead: a life does not return, and versions only
// grow.
func (c claim) dead(fold string, owner record) bool {
	return owner.life != c.life || owner.ver >= c.ver && rooms.Fold(owner.name) != fold
}

func (c claim) unchanged() condition {
	return condition{"id = :id AND life = :life AND ver = :ver", item{
		":id": text(string(c.id)), ":life": text(c.life), ":ver": number(c.ver),
	}}
}

// claim claims a name, given as its fold, for a record that is about to get it.
func (s *Store) claim(ctx context.Context, fold string, is record) error {
	mine := nameKey(fold).with(item{
		"id": text(string(is.id)), "life": text(is.life), "ver": number(is.ver),
		TTLAttribute: number(seconds(is.ends)),
	})
	free := condition{expression: "attribute_not_exists(PK)"} // true of most names
	for {
		err := s.put(ctx, mine, free)
		if !errors.Is(err, errConflict) {
			return err
		}
		found, err := s.get(ctx, nameKey(fold))
		if err != nil {
			return err
		}
		if found == nil {
			free = condition{expression: "attribute_not_exists(PK)"}
			continue
		}
		c := newClaim(found)
		if c == (claim{is.id, is.life, is.ver}) {
			return nil // made by an attempt without answer, or by another call with the same version
		}
		if err := s.checkFree(ctx, fold, c); err != nil {
			return err
		}
		free = c.unchanged()
	}
}

// checkFree returns [rooms.ErrNameTaken] unless a claim is dead. A member that has expired by the
// local clock is removed first: by another clock it may be live, and could be changed.
func (s *Store) checkFree(ctx context.Context, fold string, c claim) error {
	for {
		found, err := s.get(ctx, memberKey(c.id))
		if err != nil {
			return err
		}
		owner := newRecord(found)
		if c.dead(fold, owner) {
			return nil
		}
		if s.live(owner) {
			return rooms.ErrNameTaken
		}
		err = s.delete(ctx, memberKey(c.id), owner.unchanged())
		if !errors.Is(err, errConflict) {
			return err
		}
	}
}

// release deletes the claim of a name that a record had before the version in is. It leaves a claim
// of a later version, which belongs to a change under way.
func (s *Store) release(ctx context.Context, name string, is record) error {
	if name == "" {
		return nil
	}
	err := s.delete(ctx, nameKey(rooms.Fold(name)), condition{
		"id = :id AND life = :life AND ver <= :ver", item{
			":id": text(string(is.id)), ":life": text(is.life), ":ver": number(is.ver),
		},
	})
	return ignore(err, errConflict)
}

// extendClaim sets the expiry of the claim of a member's name to that of its record.
func (s *Store) extendClaim(ctx context.Context, is record) error {
	if is.name == "" {
		return nil
	}
	err := s.update(ctx, nameKey(rooms.Fold(is.name)), "SET "+TTLAttribute+" = :expires",
		condition{"id = :id AND life = :life", item{
			":id": text(string(is.id)), ":life": text(is.life),
			":expires": number(seconds(is.ends)),
		}})
	return ignore(err, errConflict)
}
