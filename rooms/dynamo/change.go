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
			// It is a member, if only by our own attempt. Else it has been removed since.
			err = s.prolongAll(ctx, id)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, rooms.ErrNoMember) {
			return fmt.Errorf("add member %s: %w", id, err)
		}
	}
}

// prolongAll lets the time to the expiry of a member start anew.
func (s *Store) prolongAll(ctx context.Context, id tyg.ConnID) error {
	for {
		was, err := s.load(ctx, id)
		if err != nil {
			return err
		}
		is := was.next()
		is.ends = max(was.ends, s.now().UnixNano()+int64(s.cfg.TTL))
		err = inOrder(
			func() error { return s.prolong(ctx, is) },
			func() error { return s.list(ctx, is) },
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

// inOrder takes steps until one fails. The last step of a change is its commit: before it, nothing
// has changed for anybody, and after it, everything. What comes then only makes reading cheaper and
// room in the table, so its errors do not matter; the next reader does what was not done.
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
		is.rowKey = newRowKey(s.joining())
	}
	err := inOrder(
		func() error {
			if to == "" {
				return nil
			}
			return s.enter(ctx, is)
		},
		func() error { return s.list(ctx, is) },
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
// none of package rooms, and whether somebody else gets the member is unknown.
func (s *Store) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	for {
		was, err := s.load(ctx, id)
		if err == nil {
			err = s.remove(ctx, was)
		}
		if _, unheard := errors.AsType[unheardError](err); unheard || !errors.Is(err, errConflict) {
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
