package rooms_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

func TestMemory(t *testing.T) {
	roomstest.TestStore(t, func(*testing.T) rooms.Store { return rooms.NewMemory() })
}

func TestMemoryIsReadyAtZero(t *testing.T) {
	var m rooms.Memory
	if _, err := m.Rename(t.Context(), "a", "John"); err != rooms.ErrNoMember {
		t.Errorf("Rename: error %v, want %q", err, rooms.ErrNoMember)
	}
	if err := m.Add(t.Context(), "a"); err != nil {
		t.Fatalf("Add: %v", err)
	}
	if _, err := m.Move(t.Context(), "a", "", "tea"); err != nil {
		t.Errorf("Move: %v", err)
	}
}

// In a synctest bubble the clock stands still.
func TestMemoryKeepsOrderWithoutClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := full(t, 100)
		for _, id := range []tyg.ConnID{conn(50), conn(0), conn(99)} {
			if _, err := m.Move(t.Context(), id, "tea", ""); err != nil {
				t.Fatalf("Move: %v", err)
			}
		}
		members, err := m.Members(t.Context(), "tea")
		if err != nil || len(members) != 97 {
			t.Fatalf("%d members, %v", len(members), err)
		}
		if ids := rooms.IDs(members); !slices.IsSorted(ids) {
			t.Errorf("Members = %v, want them in the order of joining", ids)
		}
	})
}

func TestMemoryReadsWithoutAllocating(t *testing.T) {
	m := full(t, 1000)
	ctx, id := t.Context(), conn(500)
	for name, read := range map[string]func() error{
		"Members": func() error { _, err := m.Members(ctx, "tea"); return err },
		"Get":     func() error { _, err := m.Get(ctx, id); return err },
	} {
		allocs := testing.AllocsPerRun(100, func() {
			if err := read(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s allocates %v times, want 0", name, allocs)
		}
	}
}

func TestIDs(t *testing.T) {
	members := []rooms.Member{{ID: "c"}, {ID: "a"}, {ID: "b"}}
	for _, tt := range []struct {
		call      string
		got, want []tyg.ConnID
	}{
		{"IDs", rooms.IDs(members), []tyg.ConnID{"c", "a", "b"}},
		{"IDs of no members", rooms.IDs(nil), nil},
		{"Others", rooms.Others(members, "a"), []tyg.ConnID{"c", "b"}},
		{"Others without a member of the room", rooms.Others(members, "x"), []tyg.ConnID{"c", "a", "b"}},
		{"Others of no members", rooms.Others(nil, "a"), nil},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s = %v, want %v", tt.call, tt.got, tt.want)
		}
	}
}

func BenchmarkMembers(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := full(b, n)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if in, err := m.Members(b.Context(), "tea"); err != nil || len(in) != n {
						b.Errorf("%d members, %v", len(in), err)
					}
				}
			})
		})
	}
}

// BenchmarkMoveAndMembers is the worst case of the shared copy: every read follows a change.
func BenchmarkMoveAndMembers(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := full(b, n)
			rooms := []string{"tea", ""}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Move(b.Context(), conn(0), rooms[0], rooms[1]); err != nil {
					b.Fatalf("Move: %v", err)
				}
				if _, err := m.Members(b.Context(), "tea"); err != nil {
					b.Fatalf("Members: %v", err)
				}
				rooms[0], rooms[1] = rooms[1], rooms[0]
			}
		})
	}
}

// full returns a Memory with n members in one room.
func full(tb testing.TB, n int) *rooms.Memory {
	tb.Helper()
	m := rooms.NewMemory()
	for i := range n {
		if err := m.Add(tb.Context(), conn(i)); err != nil {
			tb.Fatalf("Add: %v", err)
		}
		if _, err := m.Move(tb.Context(), conn(i), "", "tea"); err != nil {
			tb.Fatalf("Move: %v", err)
		}
	}
	return m
}

func conn(i int) tyg.ConnID { return tyg.ConnID(fmt.Sprintf("conn-%09d_=", i)) }
