package roomstest_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

// faultVariable makes TestSuite test a Store with that fault, in a process of its own.
const faultVariable = "ROOMSTEST_FAULT"

func TestSuite(t *testing.T) {
	var spoil func(rooms.Store) rooms.Store
	if name := os.Getenv(faultVariable); name != "" {
		i := slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
		if i < 0 {
			t.Fatalf("no fault %q", name)
		}
		spoil = faults[i].spoil
	}
	roomstest.TestStore(t, func(*testing.T) rooms.Store {
		if spoil != nil {
			return spoil(rooms.NewMemory())
		}
		return rooms.NewMemory()
	})
}

func TestSuiteFindsFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			// A subtest is known by its name with the spaces replaced.
			test := strings.ReplaceAll(f.found, " ", "_")
			cmd := exec.CommandContext(t.Context(), os.Args[0],
				"-test.run=^TestSuite$/^"+regexp.QuoteMeta(test)+"$")
			cmd.Env = append(os.Environ(), faultVariable+"="+f.name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestSuite/"+test) {
				t.Errorf("%q did not find the fault: %v\n%s", f.found, err, out)
			}
		})
	}
}

// A fault is a way in which a Store can be wrong, and the subtest that finds it.
type fault struct {
	name  string
	spoil func(rooms.Store) rooms.Store
	found string
}

var faults = []fault{
	{
		"resurrects", func(s rooms.Store) rooms.Store { return resurrecting{s} },
		"a removed member is nowhere",
	},
	{
		"add resets", func(s rooms.Store) rooms.Store { return resetting{s} },
		"adding a member again changes nothing",
	},
	{
		"ids in lower case", func(s rooms.Store) rooms.Store { return lowering{s} },
		"ids are compared exactly",
	},
	{
		"finds exactly", func(s rooms.Store) rooms.Store { return exact{s} },
		"names that differ only in case are one name",
	},
	{
		"trims names", func(s rooms.Store) rooms.Store { return trimming{s} },
		"names that differ in more are two names",
	},
	{
		"moves from anywhere", func(s rooms.Store) rooms.Store { return blind{s} },
		"of many moves from one place one succeeds",
	},
	{
		"removes twice", func(s rooms.Store) rooms.Store { return forgiving{s} },
		"of many removals one gets the member",
	},
	{
		"keeps names", func(s rooms.Store) rooms.Store { return hoarding{s} },
		"a rename during removal leaves nothing behind",
	},
	{
		"one page", func(s rooms.Store) rooms.Store { return paging{s} },
		"a large room has all its members",
	},
	{
		"newest first", func(s rooms.Store) rooms.Store { return backward{s} },
		"members come in the order in which they joined",
	},
	{
		"reuses slices", func(s rooms.Store) rooms.Store { return &reusing{Store: s} },
		"an answer is never changed afterwards",
	},
	{
		"leaves out while it changes", func(s rooms.Store) rooms.Store { return &wavering{Store: s} },
		"a room that is listed while others come and go has each that stays, once",
	},
	{
		"unsorted rooms", func(s rooms.Store) rooms.Store { return unsorted{s} },
		"random calls do what a simple model does",
	},
	{
		"ignores the context", func(s rooms.Store) rooms.Store { return stubborn{s} },
		"a done context changes nothing",
	},
}

type resurrecting struct{ rooms.Store }

func (s resurrecting) Move(
	ctx context.Context, id tyg.ConnID, from, to string,
) (rooms.Member, error) {
	if from == "" {
		_ = s.Add(ctx, id)
	}
	return s.Store.Move(ctx, id, from, to)
}

type resetting struct{ rooms.Store }

func (s resetting) Add(ctx context.Context, id tyg.ConnID) error {
	_, _ = s.Remove(ctx, id)
	return s.Store.Add(ctx, id)
}

type lowering struct{ rooms.Store }

func (s lowering) Add(ctx context.Context, id tyg.ConnID) error {
	return s.Store.Add(ctx, tyg.ConnID(strings.ToLower(string(id))))
}

type exact struct{ rooms.Store }

func (s exact) Find(ctx context.Context, name string) (rooms.Member, error) {
	m, err := s.Store.Find(ctx, name)
	if m.Name != name {
		return rooms.Member{}, rooms.ErrNoMember
	}
	return m, err
}

type trimming struct{ rooms.Store }

func (s trimming) Rename(ctx context.Context, id tyg.ConnID, name string) (rooms.Member, error) {
	return s.Store.Rename(ctx, id, strings.Trim(name, " "))
}

type blind struct{ rooms.Store }

func (s blind) Move(ctx context.Context, id tyg.ConnID, from, to string) (rooms.Member, error) {
	m, _ := s.Get(ctx, id)
	was, err := s.Store.Move(ctx, id, m.Room, to)
	was.Room = from
	return was, err
}

type forgiving struct{ rooms.Store }

func (s forgiving) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	m, _ := s.Get(ctx, id)
	_, _ = s.Store.Remove(ctx, id)
	return m, nil
}

type hoarding struct{ rooms.Store }

func (s hoarding) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	m, err := s.Store.Remove(ctx, id)
	if err == nil {
		_ = s.Add(ctx, "claim")
		_, err = s.Rename(ctx, "claim", "John")
	}
	return m, err
}

type paging struct{ rooms.Store }

func (s paging) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	in, err := s.Store.Members(ctx, room)
	return in[:min(len(in), 1000)], err
}

type backward struct{ rooms.Store }

func (s backward) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	in, err := s.Store.Members(ctx, room)
	in = slices.Clone(in)
	slices.Reverse(in)
	return in, err
}

type reusing struct {
	rooms.Store
	buffer []rooms.Member
}

func (s *reusing) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	in, err := s.Store.Members(ctx, room)
	s.buffer = append(s.buffer[:0], in...)
	return s.buffer, err
}

type wavering struct {
	rooms.Store
	moves atomic.Int64 // that have begun and not ended with a removal
}

func (s *wavering) Move(
	ctx context.Context, id tyg.ConnID, from, to string,
) (rooms.Member, error) {
	s.moves.Add(1)
	return s.Store.Move(ctx, id, from, to)
}

func (s *wavering) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	s.moves.Add(-1)
	return s.Store.Remove(ctx, id)
}

func (s *wavering) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	in, err := s.Store.Members(ctx, room)
	if s.moves.Load() > 20 && len(in) > 0 {
		in = in[1:]
	}
	return in, err
}

type unsorted struct{ rooms.Store }

func (s unsorted) Rooms(ctx context.Context) ([]string, error) {
	list, err := s.Store.Rooms(ctx)
	slices.Reverse(list)
	return list, err
}

type stubborn struct{ rooms.Store }

func (s stubborn) Rename(ctx context.Context, id tyg.ConnID, name string) (rooms.Member, error) {
	return s.Store.Rename(context.WithoutCancel(ctx), id, name)
}
