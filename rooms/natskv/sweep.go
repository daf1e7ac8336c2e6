package natskv

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/tyg-dev/tyg"
)

// sweepsPerTTL is how often a Store sweeps in the lifetime of a member. An expired member is none
// at once; the sweep only makes room.
const sweepsPerTTL = 16

// sweepOften sweeps until the context ends. Stores that began together do not sweep together.
func (s *Store) sweepOften(ctx context.Context) {
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

// sweep deletes the members that have expired and the claims that are dead. Each delete is of the
// revision that the index has, so it does not matter how old the index is. What fails is left to
// the next sweep.
func (s *Store) sweep(ctx context.Context) {
	for key, rev := range s.index.refuse(s.now()) {
		ctx, end, err := s.calls.begin(ctx)
		if err != nil {
			return
		}
		_, _ = s.write(ctx, key, nil, rev)
		end()
	}
}

// refuse returns the keys that nobody needs, with their revisions.
func (x *index) refuse(now time.Time) map[string]uint64 {
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

// claimant returns the member that made a claim, expired or not: while its row is there, it may not
// have expired by another clock.
func (x *index) claimant(c claim) *row {
	id, _ := decodeKey(c.Owner, memberPrefix)
	return x.members[tyg.ConnID(id)]
}
