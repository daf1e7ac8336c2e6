package dynamo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// A Store is a [rooms.Store] in a table. Make it with [Open]. It has nothing to close.
type Store struct {
	cfg   Config
	db    database
	now   func() time.Time
	after func(time.Duration) <-chan time.Time
	page  int32 // items on a page, 0 for as many as DynamoDB gives

	last atomic.Int64 // the latest result of nextJoinTime, in nanoseconds since 1970
}

var _ rooms.Store = (*Store)(nil)

// Open returns the Store in a table. It sends no request: if there is no such table, or no
// permission, the first call fails.
func Open(cfg Config) (*Store, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("open rooms on DynamoDB: %w", err)
	}
	if cfg.TTL == 0 {
		cfg.TTL = defaultTTL
	}
	return &Store{cfg: cfg, db: cfg.client(), now: time.Now, after: time.After}, nil
}

// Get implements [rooms.Store].
func (s *Store) Get(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	is, err := s.load(ctx, id)
	if err != nil {
		return rooms.Member{}, err
	}
	return is.member(), nil
}

// Find implements [rooms.Store].
func (s *Store) Find(ctx context.Context, name string) (rooms.Member, error) {
	if err := ctx.Err(); err != nil {
		return rooms.Member{}, err
	}
	if rooms.CheckName(name) != nil {
		return rooms.Member{}, rooms.ErrNoMember
	}
	found, err := s.get(ctx, nameKey(rooms.Fold(name)))
	if err != nil {
		return rooms.Member{}, err
	}
	c := newClaim(found)
	is, err := s.load(ctx, c.id)
	if err != nil {
		return rooms.Member{}, err
	}
	if is.life != c.life || rooms.Fold(is.name) != rooms.Fold(name) {
		return rooms.Member{}, rooms.ErrNoMember
	}
	return is.member(), nil
}

// nextJoinTime returns the time, but always a later one than before, so that the order of joining
// is the order of the times, at least within a process.
func (s *Store) nextJoinTime() time.Time {
	for {
		last, now := s.last.Load(), s.now().UnixNano()
		now = max(now, last+1)
		if s.last.CompareAndSwap(last, now) {
			return time.Unix(0, now)
		}
	}
}
