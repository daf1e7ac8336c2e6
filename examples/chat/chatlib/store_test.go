package chatlib_test

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// A spy is a Store in memory that counts calls, and fails those that a test names.
type spy struct {
	rooms.Store

	mu    sync.Mutex
	calls map[string]int
	fail  map[string]error
	after map[string]func() // by method, see then
}

var _ rooms.Store = (*spy)(nil)

func newSpy() *spy {
	return &spy{
		Store: rooms.NewMemory(),
		calls: make(map[string]int),
		fail:  make(map[string]error),
		after: make(map[string]func()),
	}
}

// note counts a call and returns the error that it must fail with.
func (s *spy) note(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method]++
	return s.fail[method]
}

// then makes fn run after each successful call of the method.
func (s *spy) then(method string, fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after[method] = fn
}

// barrier makes the next n callers of Get wait for each other, so that all have read a member
// before one of them changes it.
func (s *spy) barrier(n int64) {
	var arrived atomic.Int64
	all := make(chan struct{})
	s.then("Get", func() {
		switch i := arrived.Add(1); {
		case i == n:
			close(all)
		case i < n:
			<-all
		}
	})
}

func (s *spy) done(method string) {
	s.mu.Lock()
	fn := s.after[method]
	s.mu.Unlock()
	if fn != nil {
		fn()
	}
}

// total returns the number of calls since the last total.
func (s *spy) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, calls := range s.calls {
		n += calls
	}
	clear(s.calls)
	return n
}

func (s *spy) Add(ctx context.Context, id tyg.ConnID) error {
	if err := s.note("Add"); err != nil {
		return err
	}
	return s.Store.Add(ctx, id)
}

func (s *spy) Get(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	if err := s.note("Get"); err != nil {
		return rooms.Member{}, err
	}
	defer s.done("Get")
	return s.Store.Get(ctx, id)
}

func (s *spy) Find(ctx context.Context, name string) (rooms.Member, error) {
	if err := s.note("Find"); err != nil {
		return rooms.Member{}, err
	}
	return s.Store.Find(ctx, name)
}

func (s *spy) Rename(ctx context.Context, id tyg.ConnID, name string) (rooms.Member, error) {
	if err := s.note("Rename"); err != nil {
		return rooms.Member{}, err
	}
	defer s.done("Rename")
	return s.Store.Rename(ctx, id, name)
}

func (s *spy) Move(ctx context.Context, id tyg.ConnID, from, to string) (rooms.Member, error) {
	if err := s.note("Move"); err != nil {
		return rooms.Member{}, err
	}
	defer s.done("Move")
	return s.Store.Move(ctx, id, from, to)
}

func (s *spy) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	if err := s.note("Members"); err != nil {
		return nil, err
	}
	return s.Store.Members(ctx, room)
}

func (s *spy) Rooms(ctx context.Context) ([]string, error) {
	if err := s.note("Rooms"); err != nil {
		return nil, err
	}
	return s.Store.Rooms(ctx)
}

func (s *spy) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	if err := s.note("Remove"); err != nil {
		return rooms.Member{}, err
	}
	return s.Store.Remove(ctx, id)
}
