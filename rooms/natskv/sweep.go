package natskv

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/tyg-dev/tyg"
)

// sweepsPerTTL is how often a Store sweeps in the lifetime of a member. A member expires without
// the sweep, which only frees space.
const sweepsPerTTL = 16

// sweepLoop sweeps until the context ends, at random intervals so that Stores do not sweep at once.
func (s *Store) sweepLoop(ctx context.Context) {
	pause := s.cfg.TTL / sweepsPerTTL
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause + rand.N(pause+1)):
			s.sweep(ctx)
		}
	}
}

// sweep deletes expired members and dead claims. Each delete names the revision in the index, so an
// old index does no harm. The next sweep repeats what fails.
func (s *Store) sweep(ctx context.Context) {
	for key, rev := range s.index.garbage(s.now()) {
		ctx, end, err := s.calls.begin(ctx)
		if err != nil {
			return
		}
		_, _ = s.write(ctx, key, nil, rev)
		end()
	}
}

// garbage returns the keys that are not needed any more, with their revisions.
func (x *index) garbage(now time.Time) map[string]uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	keys := make(map[string]uint64)
	for id, is := range x.members {
		if is.expired(now) {
			keys[memberKey(id)] = is.Rev
		}
	}
	for fold, c := range x.claims {
		if c.dead(fold, x.claimant(c)) {
			keys[claimKey(fold)] = c.Rev
		}
	}
	return keys
}

// claimant returns the member that made a claim, expired or not: by another clock it may be live.
func (x *index) claimant(c claim) *row {
	id, _ := decodeKey(c.Owner, memberPrefix)
	return x.members[tyg.ConnID(id)]
}
