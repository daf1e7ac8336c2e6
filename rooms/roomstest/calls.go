package roomstest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// The arguments of random calls: few, so that calls conflict. IDs and rooms are sorted.
var (
	someIDs   = []tyg.ConnID{conn(1), conn(2), conn(3), conn(4), conn(5)}
	someNames = []string{"John", "JOHN", "Jenny", "jenny", "\u212aelvin", "kelvin", "Σ", "ς"}
	someRooms = []string{"", "Tea", "milk", "tea"}
)

// A call is a call of one method with random arguments, most of which it does not use.
type call struct {
	method   string
	id       tyg.ConnID
	name     string
	from, to string
}

func (c call) String() string {
	return fmt.Sprintf("%s (id %s, name %q, from %q, to or in %q)",
		c.method, c.id, c.name, c.from, c.to)
}

var methods = []string{
	"Add", "Add", "Get", "Find", "Rename", "Rename", "Rename", "Move", "Move", "Move", "Move",
	"Members", "Rooms", "Remove",
}

func randomCall(random *rand.Rand) call {
	return call{
		method: pick(random, methods),
		id:     pick(random, someIDs),
		name:   pick(random, someNames),
		from:   pick(random, someRooms),
		to:     pick(random, someRooms),
	}
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// An answer is what a call returned; results that its method does not have are zero.
type answer struct {
	member  rooms.Member
	members []rooms.Member
	rooms   []string
	err     error
}

func (c call) do(ctx context.Context, s rooms.Store) (a answer) {
	switch c.method {
	case "Add":
		a.err = s.Add(ctx, c.id)
	case "Get":
		a.member, a.err = s.Get(ctx, c.id)
	case "Find":
		a.member, a.err = s.Find(ctx, c.name)
	case "Rename":
		a.member, a.err = s.Rename(ctx, c.id, c.name)
	case "Move":
		a.member, a.err = s.Move(ctx, c.id, c.from, c.to)
	case "Members":
		a.members, a.err = s.Members(ctx, c.to)
	case "Rooms":
		a.rooms, a.err = s.Rooms(ctx)
	case "Remove":
		a.member, a.err = s.Remove(ctx, c.id)
	}
	return a
}

// String describes the answer, but for the times in it.
func (a answer) String() string {
	text := fmt.Sprintf("%s %q", describe(a.member), a.rooms)
	for _, m := range a.members {
		text += ", " + describe(m)
	}
	for _, refusal := range refusals {
		if errors.Is(a.err, refusal) {
			return text + ", error: " + refusal.Error()
		}
	}
	if a.err != nil {
		return text + ", unexpected error: " + a.err.Error()
	}
	return text
}

var refusals = []error{rooms.ErrNoMember, rooms.ErrNameTaken, rooms.ErrMoved}

func describe(m rooms.Member) string {
	return fmt.Sprintf("{%s %q in %q, joined %t}", m.ID, m.Name, m.Room, !m.JoinedAt.IsZero())
}

// check makes the call while others change the Store, and checks what must be true nevertheless.
func (c call) check(ctx context.Context, s rooms.Store) error {
	a := c.do(ctx, s)
	for _, refusal := range refusals {
		if errors.Is(a.err, refusal) {
			return nil
		}
	}
	switch {
	case a.err != nil:
		return a.err
	case c.method == "Find" && rooms.Fold(a.member.Name) != rooms.Fold(c.name):
		return fmt.Errorf("found %+v", a.member)
	case c.method == "Move" && a.member.Room != c.from:
		return fmt.Errorf("moved %+v", a.member)
	}
	seen := make(map[tyg.ConnID]bool)
	for _, m := range a.members {
		if m.Room != c.to || seen[m.ID] {
			return fmt.Errorf("members %+v", a.members)
		}
		seen[m.ID] = true
	}
	return nil
}

// TestSeed makes 500 random calls, one after the other, on an empty Store, and compares every
// answer with that of a simple model. The seed decides which calls; [TestStore] names it when it
// fails.
func TestSeed(t *testing.T, store rooms.Store, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	m := &model{clock: time.Unix(0, 0)}
	for i := range 500 {
		c := randomCall(random)
		if is, err := m.Get(t.Context(), c.id); err == nil && random.IntN(3) > 0 {
			c.from = is.Room // else most moves would fail
		}
		want := c.do(t.Context(), m).String()
		if got := c.do(t.Context(), store).String(); got != want {
			t.Fatalf("seed %d, call %d: %v\n got %s\nwant %s", seed, i, c, got, want)
		}
	}
	(&tester{t, store}).wantAgreement()
}
