package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// Add implements [rooms.Store].
func (s *Store) Add(ctx context.Context, id tyg.ConnID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !valid(id) {
		return tyg.ErrInvalidID
	}
	for {
		now := s.now().UnixNano()
		is := record{id: id, life: rand.Text(), added: now, ends: now + int64(s.cfg.TTL)}
		err := s.put(ctx, is.next().item(), condition{
			"attribute_not_exists(PK) OR ends <= :now",
			item{":now": number(now)},
		})
		if errors.Is(err, errConflict) {
			// It is a member, perhaps by an earlier attempt of this call, or was removed meanwhile.
			err = s.extend(ctx, id)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, rooms.ErrNoMember) {
			return fmt.Errorf("add member %s: %w", id, err)
		}
	}
}

// extend sets the expiry of a member and of its other items to a full TTL from now.
func (s *Store) extend(ctx context.Context, id tyg.ConnID) error {
	for {
		was, err := s.load(ctx, id)
		if err != nil {
			return err
		}
		is := was.next()
		is.ends = max(was.ends, s.now().UnixNano()+int64(s.cfg.TTL))
		err = inOrder(
			func() error { return s.extendClaim(ctx, is) },
			func() error { return s.listRoom(ctx, is) },
			func() error { return s.markPending(ctx, was, is) },
			func() error { return s.commit(ctx, was, is) },
		)
		if errors.Is(err, errConflict) {
			continue
		}
		if err == nil {
			_ = s.settle(ctx, is) // see inOrder
		}
		return err
	}
}

// inOrder takes steps until one fails. The last step of a change is its commit, which makes the
// change visible at once. Requests after it only make reading cheaper and free items of the table,
// so their errors do not matter: the next reader repeats them.
func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Rename implements [rooms.Store].
func (s *Store) Rename(ctx context.Context, id tyg.ConnID, name string) (rooms.Member, error) {
	if err := ctx.Err(); err != nil {
		return rooms.Member{}, err
	}
	if err := rooms.CheckName(name); err != nil {
		return rooms.Member{}, err
	}
	for {
		was, err := s.load(ctx, id)
		if err == nil && was.name != name {
			err = s.rename(ctx, was, name)
		}
		switch {
		case err == nil:
			return was.member(), nil
		case !errors.Is(err, errConflict):
			return rooms.Member{}, fmt.Errorf("rename member %s: %w", id, err)
		}
	}
}

func (s *Store) rename(ctx context.Context, was record, name string) error {
	is := was.next()
	is.name = name
	old, fold := rooms.Fold(was.name), rooms.Fold(name)
	err := inOrder(
		func() error {
			if old == fold {
				return nil
			}
			return s.claim(ctx, fold, is)
		},
		func() error { return s.markPending(ctx, was, is) },
		func() error { return s.commit(ctx, was, is) },
	)
	if err != nil {
		return err
	}
	_ = s.settle(ctx, is)
	if old != fold {
		_ = s.release(ctx, was.name, is)
	}
	return nil
}

// Move implements [rooms.Store].
func (s *Store) Move(ctx context.Context, id tyg.ConnID, from, to string) (rooms.Member, error) {
	if err := ctx.Err(); err != nil {
		return rooms.Member{}, err
	}
	if err := rooms.CheckName(to); to != "" && err != nil {
		return rooms.Member{}, err
	}
	for {
		was, err := s.load(ctx, id)
		if err == nil && was.room != from {
			err = rooms.ErrMoved
		}
		if err == nil && from != to {
			err = s.move(ctx, was, to)
		}
		switch {
		case err == nil:
			return was.member(), nil
		case !errors.Is(err, errConflict):
			return rooms.Member{}, fmt.Errorf("move member %s: %w", id, err)
		}
	}
}

func (s *Store) move(ctx context.Context, was record, to string) error {
	is := was.next()
	is.room, is.rowKey = to, ""
	if to != "" {
		is.rowKey = newRowKey(s.nextJoinTime())
	}
	err := inOrder(
		func() error {
			if to == "" {
				return nil
			}
			return s.enter(ctx, is)
		},
		func() error { return s.listRoom(ctx, is) },
		func() error { return s.markPending(ctx, was, is) },
		func() error { return s.commit(ctx, was, is) },
	)
	if errors.Is(err, errConflict) {
		_ = s.leave(ctx, is)
	}
	if err != nil {
		return err
	}
	_ = s.settle(ctx, is)
	_ = s.leave(ctx, was)
	return nil
}

// Remove implements [rooms.Store]. If no attempt to delete the member is answered, the error wraps
// none of package rooms, and it is unknown whether another call gets the member.
func (s *Store) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	for {
		was, err := s.load(ctx, id)
		if err == nil {
			err = s.remove(ctx, was)
		}
		_, unanswered := errors.AsType[unansweredError](err)
		if unanswered || !errors.Is(err, errConflict) {
			if err != nil {
				return rooms.Member{}, fmt.Errorf("remove member %s: %w", id, err)
			}
			return was.member(), nil
		}
	}
}

func (s *Store) remove(ctx context.Context, was record) error {
	is := was.next()
	err := inOrder(
		func() error { return s.markPending(ctx, was, is) },
		func() error { return s.delete(ctx, memberKey(was.id), was.unchanged()) },
	)
	if err != nil {
		return err
	}
	_ = s.leave(ctx, was)
	_ = s.release(ctx, was.name, is)
	return nil
}
