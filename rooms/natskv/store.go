package natskv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// A Store is a [rooms.Store] on NATS. Make it with [Open]; Close it when it is no longer needed.
type Store struct {
	// static after Open
	cfg   Config
	nc    *nats.Conn
	now   func() time.Time
	stop  context.CancelFunc
	ended sync.WaitGroup
	bucket

	index index
	calls calls
}

var _ rooms.Store = (*Store)(nil)

// Open connects to NATS, creates the bucket if there is none, and reads it. The context bounds Open
// only.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("open rooms on NATS: %w", err)
	}
	s := &Store{cfg: cfg, nc: cfg.Conn, now: time.Now, stop: func() {}}
	s.bucket = bucket{
		name: cfg.Bucket, replicas: cfg.Replicas, history: storeHistory, tries: storeTries,
	}
	if err := s.open(ctx); err != nil {
		_ = s.Close() // nothing runs yet
		return nil, fmt.Errorf("open rooms on NATS: %w", err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	if s.nc == nil {
		if s.nc, err = s.cfg.connect("rooms"); err != nil {
			return fmt.Errorf("connect: %w", err)
		}
	}
	if s.js, err = jetstream.New(s.nc); err != nil {
		return err
	}
	if err = s.bucket.open(ctx); err != nil {
		return err
	}
	live, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	w, err := s.firstWatch(ctx, live)
	if err != nil {
		return err
	}
	// Both end when stop is called; Close waits for them.
	s.ended.Go(func() { s.follow(live, w) })
	s.ended.Go(func() { s.sweepLoop(live) })
	return nil
}

// firstWatch begins the watch. While the bucket has no leader it is not answered, and tries again.
func (s *Store) firstWatch(ctx, live context.Context) (*watch, error) {
	for end := time.Now().Add(callTimeout); ; {
		w, err := s.watch(ctx, live)
		late := errors.Is(err, context.DeadlineExceeded) || isAway(err)
		if !late || ctx.Err() != nil || time.Now().After(end) {
			return w, err
		}
	}
}

// Close stops the watch, and disconnects unless the connection is [Config.Conn]. No call may be
// under way or follow.
func (s *Store) Close() error {
	s.stop()
	s.ended.Wait()
	if s.cfg.Conn == nil && s.nc != nil {
		s.nc.Close()
	}
	return nil
}

// Get implements [rooms.Store].
func (s *Store) Get(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	if err := s.catchUp(ctx); err != nil {
		return rooms.Member{}, err
	}
	return s.index.get(id, s.now())
}

// Find implements [rooms.Store].
func (s *Store) Find(ctx context.Context, name string) (rooms.Member, error) {
	if err := s.catchUpIfFresh(ctx); err != nil {
		return rooms.Member{}, err
	}
	return s.index.find(name, s.now())
}

// Members implements [rooms.Store]. It allocates only when the room's members have changed since
// the last call.
func (s *Store) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	if err := s.catchUpIfFresh(ctx); err != nil {
		return nil, err
	}
	return s.index.inRoom(room, s.now()), nil
}

// Rooms implements [rooms.Store].
func (s *Store) Rooms(ctx context.Context) ([]string, error) {
	if err := s.catchUpIfFresh(ctx); err != nil {
		return nil, err
	}
	return s.index.roomNames(s.now()), nil
}

// catchUpIfFresh is called before the index is read for many members. It catches up if Config.Fresh
// is set.
func (s *Store) catchUpIfFresh(ctx context.Context) error {
	if s.cfg.Fresh {
		return s.catchUp(ctx)
	}
	return ctx.Err()
}

// catchUp waits until the index has all that NATS has at this moment.
func (s *Store) catchUp(ctx context.Context) error {
	ctx, end, err := s.calls.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	rev, err := s.revision(ctx)
	if err != nil {
		return err
	}
	if err := s.index.wait(ctx, rev); err != nil {
		return callError(ctx, "wait for the watch", err)
	}
	return nil
}
