package natskv

import (
	"context"
	"errors"

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
// [rooms.ErrNameTaken] if it holds for another member.
func (s *Store) checkFree(ctx context.Context, fold string, e entry, mine claim) (uint64, error) {
	c, err := e.claim()
	if err != nil {
		return 0, err
	}
	owner, err := s.owner(ctx, c)
	switch {
	case err != nil:
		return 0, err
	case c.dead(fold, owner):
		return 0, nil
	case c.sameMember(mine):
		return c.Rev, nil
	}
	return 0, rooms.ErrNameTaken
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
