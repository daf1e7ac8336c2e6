package dynamo_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

func add(t *testing.T, s rooms.Store, ids ...tyg.ConnID) {
	t.Helper()
	for _, id := range ids {
		if err := s.Add(t.Context(), id); err != nil {
			t.Fatalf("add %s: %v", id, err)
		}
	}
}

func rename(t *testing.T, s rooms.Store, id tyg.ConnID, name string) {
	t.Helper()
	if _, err := s.Rename(t.Context(), id, name); err != nil {
		t.Fatalf("rename %s to %q: %v", id, name, err)
	}
}

func move(t *testing.T, s rooms.Store, id tyg.ConnID, from, to string) {
	t.Helper()
	if _, err := s.Move(t.Context(), id, from, to); err != nil {
		t.Fatalf("move %s from %q to %q: %v", id, from, to, err)
	}
}
