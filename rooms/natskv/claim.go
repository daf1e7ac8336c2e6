package natskv

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// claim claims a name, given as its fold, and returns the revision of the claim. The claim holds
// once the row has the name, if it gets the name as the version in the claim.
func (s *Store) claim(ctx context.Context, fold string, mine claim) (rev uint64, err error) {
	for {
		e, err := s.read(ctx, claimKey(fold))
		if err != nil {
			return 0, err
		}
		if e.exists() {
			rev, err := s.checkFree(ctx, fold, e, mine)
			if err != nil || rev != 0 {
				return rev, err
			}
		}
		rev, err := s.write(ctx, claimKey(fold), encodeValue(mine), e.rev)
		if !errors.Is(err, errConflict) {
			return rev, err
		}
	}
}

// checkFree returns the revision of a claim by the same member, 0 if the claim is dead, or
// [rooms.ErrNameTaken] if it holds for another member. It waits for a claim of which that is not
// known yet: a member that was refused the name must not find that no member has it.
func (s *Store) checkFree(ctx context.Context, fold string, e entry, mine claim) (uint64, error) {
	c, err := e.claim()
	if err != nil {
		return 0, err
	}
	for try := 0; ; try++ {
		owner, err := s.owner(ctx, c)
		switch {
		case err != nil:
			return 0, err
		case c.dead(fold, owner):
			return 0, nil
		case c.sameMember(mine):
			return c.Rev, nil
		case rooms.Fold(owner.Name) == fold:
			return 0, rooms.ErrNameTaken
		case try == settleTries:
			if err := s.kill(ctx, *owner); err != nil {
				return 0, err
			}
			try = 0
		case !sleep(ctx, rand.N(settleWait)+1):
			return 0, callError(ctx, "wait for the name", ctx.Err())
		}
	}
}

// How often, and how long at most, the outcome of another claim is awaited.
const (
	settleTries = 5
	settleWait  = 10 * time.Millisecond
)

// kill makes a claim dead that its member has neither got the name of nor given up, because its
// process has died or is slow: it writes the member as it is, as the version that was to get the
// name. A slow process finds a conflict and begins again.
func (s *Store) kill(ctx context.Context, is row) error {
	is.Ver++
	_, err := s.write(ctx, memberKey(is.ID), encodeValue(is), is.Rev)
	if errors.Is(err, errConflict) {
		return nil // it has changed by itself
	}
	return err
}

// owner returns the member that made a claim, or nil if there is none. A member that has expired by
// the local clock is removed first: by another clock it may be live, and could be changed.
func (s *Store) owner(ctx context.Context, c claim) (*row, error) {
	id, _ := decodeKey(c.Owner, memberPrefix)
	for {
		is, err := s.load(ctx, tyg.ConnID(id))
		if err != nil || is.Life == "" {
			return nil, err
		}
		if s.live(is) {
			return &is, nil
		}
		_, err = s.write(ctx, memberKey(is.ID), nil, is.Rev)
		if !errors.Is(err, errConflict) {
			return nil, err
		}
	}
}

// release deletes the claim of a name that no member has any more, by its revision. Errors do not
// matter: the claim is dead, and the next claim of the name replaces it or a sweep deletes it.
func (s *Store) release(ctx context.Context, fold string, rev uint64) {
	if rev == 0 {
		return
	}
	if ctx, end, err := s.calls.begin(ctx); err == nil {
		_, _ = s.write(ctx, claimKey(fold), nil, rev)
		end()
	}
}
