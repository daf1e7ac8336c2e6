package roomstest

import (
	"context"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// Split returns a Store that writes through one Store and reads through another. Stores that pass
// TestStore this way share all their state, so two processes can use them together.
func Split(writes, reads rooms.Store) rooms.Store { return split{writes, reads} }

type split struct {
	rooms.Store
	reads rooms.Store
}

func (s split) Get(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	return s.reads.Get(ctx, id)
}

func (s split) Find(ctx context.Context, name string) (rooms.Member, error) {
	return s.reads.Find(ctx, name)
}

func (s split) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	return s.reads.Members(ctx, room)
}

func (s split) Rooms(ctx context.Context) ([]string, error) { return s.reads.Rooms(ctx) }

// Add adds members, or ends the test.
func Add(t *testing.T, s rooms.Store, ids ...tyg.ConnID) {
	t.Helper()
	for _, id := range ids {
		if err := s.Add(t.Context(), id); err != nil {
			t.Fatalf("add %s: %v", id, err)
		}
	}
}

// Rename gives a member a name, or ends the test.
func Rename(t *testing.T, s rooms.Store, id tyg.ConnID, name string) {
	t.Helper()
	if _, err := s.Rename(t.Context(), id, name); err != nil {
		t.Fatalf("rename %s to %q: %v", id, name, err)
	}
}

// Move moves a member, or ends the test.
func Move(t *testing.T, s rooms.Store, id tyg.ConnID, from, to string) {
	t.Helper()
	if _, err := s.Move(t.Context(), id, from, to); err != nil {
		t.Fatalf("move %s from %q to %q: %v", id, from, to, err)
	}
}
