package natskv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// Add implements [rooms.Store]. For a member it writes too, to extend its time to live.
func (s *Store) Add(ctx context.Context, id tyg.ConnID) error {
	if id == "" {
		return tyg.ErrInvalidID
	}
	ctx, end, err := s.calls.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	is := row{ID: id, Life: rand.Text()} // most connections that are added are new
	for {
		rev, err := s.put(ctx, is)
		if err == nil {
			return s.awaitIndexed(ctx, id, rev)
		}
		if !errors.Is(err, errConflict) {
			return fmt.Errorf("add member %s: %w", id, err)
		}
		if is, err = s.load(ctx, id); err != nil {
			return fmt.Errorf("add member %s: %w", id, err)
		}
		if !s.live(is) {
			is = row{ID: id, Life: rand.Text(), Rev: is.Rev}
		}
	}
}

// Rename implements [rooms.Store].
func (s *Store) Rename(ctx context.Context, id tyg.ConnID, name string) (rooms.Member, error) {
	if err := ctx.Err(); err != nil {
		return rooms.Member{}, err
	}
	if err := rooms.CheckName(name); err != nil {
		return rooms.Member{}, err
	}
	was, err := s.change(ctx, id, func(ctx context.Context, is *row) (err error) {
		fold := rooms.Fold(name)
		if rooms.Fold(is.Name) != fold {
			mine := claim{Owner: memberKey(id), Life: is.Life, Ver: is.Ver + 1}
			is.Claim, err = s.claim(ctx, fold, mine)
		}
		is.Name = name
		return err
	})
	if err != nil {
		return rooms.Member{}, fmt.Errorf("rename member %s: %w", id, err)
	}
	if fold := rooms.Fold(was.Name); fold != rooms.Fold(name) {
		s.release(ctx, fold, was.Claim)
	}
	return was.member(), nil
}

// Move implements [rooms.Store].
func (s *Store) Move(ctx context.Context, id tyg.ConnID, from, to string) (rooms.Member, error) {
	if err := ctx.Err(); err != nil {
		return rooms.Member{}, err
	}
	if err := rooms.CheckName(to); to != "" && err != nil {
		return rooms.Member{}, err
	}
	was, err := s.change(ctx, id, func(_ context.Context, is *row) error {
		if is.Room != from {
			return rooms.ErrMoved
		}
		if from == to {
			return errUnchanged
		}
		is.Room, is.Joined = to, 0
		return nil
	})
	if err != nil {
		return rooms.Member{}, fmt.Errorf("move member %s: %w", id, err)
	}
	return was.member(), nil
}

// errUnchanged is returned by an edit that has nothing to change.
var errUnchanged = errors.New("nothing to change")

// change calls edit to change a member and writes it, again and again until no other process has
// written it in between. When the index has the change, it returns the member as it was before.
func (s *Store) change(
	ctx context.Context, id tyg.ConnID, edit func(context.Context, *row) error,
) (was row, err error) {
	ctx, end, err := s.calls.begin(ctx)
	if err != nil {
		return row{}, err
	}
	defer end()
	for {
		was, err := s.load(ctx, id)
		if err != nil {
			return row{}, err
		}
		if !s.live(was) {
			return row{}, rooms.ErrNoMember
		}
		is := was
		switch err := edit(ctx, &is); {
		case errors.Is(err, errUnchanged):
			return was, s.awaitIndexed(ctx, id, was.Rev)
		case err != nil:
			return row{}, err
		}
		switch rev, err := s.put(ctx, is); {
		case err == nil:
			return was, s.awaitIndexed(ctx, id, rev)
		case !errors.Is(err, errConflict):
			return row{}, err
		}
	}
}

// Remove implements [rooms.Store].
func (s *Store) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	ctx, end, err := s.calls.begin(ctx)
	if err != nil {
		return rooms.Member{}, err
	}
	defer end()
	for {
		was, err := s.load(ctx, id)
		if err != nil {
			return rooms.Member{}, fmt.Errorf("remove member %s: %w", id, err)
		}
		if !s.live(was) {
			return rooms.Member{}, rooms.ErrNoMember
		}
		switch rev, err := s.write(ctx, memberKey(id), nil, was.Rev); {
		case err == nil:
			s.release(ctx, rooms.Fold(was.Name), was.Claim)
			return was.member(), s.awaitIndexed(ctx, id, rev)
		case !errors.Is(err, errConflict):
			return rooms.Member{}, fmt.Errorf("remove member %s: %w", id, err)
		}
	}
}

// load reads a member, even if it has expired. If there is none, the row has no Life, only the
// revision that the next write replaces.
func (s *Store) load(ctx context.Context, id tyg.ConnID) (row, error) {
	if id == "" {
		return row{}, nil
	}
	e, err := s.read(ctx, memberKey(id))
	if err != nil {
		return row{}, err
	}
	if !e.exists() {
		return row{ID: id, Rev: e.rev}, nil
	}
	return e.row()
}

// live reports whether a row is that of a member.
func (s *Store) live(is row) bool { return is.Life != "" && !is.expired(s.now()) }

// put replaces the revision of a row by its next version, with the full time to live.
func (s *Store) put(ctx context.Context, is row) (rev uint64, err error) {
	is.Ver++
	is.ExpiresAt = s.now().Add(s.cfg.TTL).UnixNano()
	return s.write(ctx, memberKey(is.ID), encodeValue(is), is.Rev)
}

// awaitIndexed waits until the index has a change that was made.
func (s *Store) awaitIndexed(ctx context.Context, id tyg.ConnID, rev uint64) error {
	if err := s.index.wait(ctx, rev); err != nil {
		return callError(ctx, fmt.Sprintf("wait for the watch to show member %s", id), err)
	}
	return nil
}
