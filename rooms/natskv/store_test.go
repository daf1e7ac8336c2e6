package natskv_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/natskv"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	var names buckets
	url := serve(t).URL()
	roomstest.TestStore(t, func(t *testing.T) rooms.Store {
		return open(t, natskv.Config{URL: url, Bucket: names.next()})
	})
}

func TestTwoStores(t *testing.T) {
	t.Parallel()
	var names buckets
	url := serve(t).URL()
	roomstest.TestStore(t, func(t *testing.T) rooms.Store {
		cfg := natskv.Config{URL: url, Bucket: names.next(), Fresh: true}
		return roomstest.Split(open(t, cfg), open(t, cfg))
	})
}

// After Get or a change, a Store sees all changes that another process had made by then.
func TestGetAndChangesCatchUp(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL()}
	one, other := open(t, cfg), open(t, cfg)
	roomstest.Add(t, other, "watcher")
	for _, look := range []struct {
		name string
		fn   func() error
	}{
		{"get", func() error { _, err := other.Get(t.Context(), "watcher"); return err }},
		{"add", func() error { return other.Add(t.Context(), "watcher") }},
		{"move", func() error { _, err := other.Move(t.Context(), "watcher", "", "tea"); return err }},
		{"rename", func() error { _, err := other.Rename(t.Context(), "watcher", "W"); return err }},
		{"no move", func() error {
			_, err := other.Move(t.Context(), "watcher", "tea", "tea")
			return err
		}},
	} {
		id := tyg.ConnID(look.name)
		roomstest.Add(t, one, id)
		roomstest.Rename(t, one, id, look.name)
		roomstest.Move(t, one, id, "", look.name)
		if err := look.fn(); err != nil {
			t.Fatalf("%s: %v", look.name, err)
		}
		if look.name == "no move" {
			continue // it is no change, so it need not catch up
		}
		if members, err := other.Members(t.Context(), look.name); err != nil || len(members) != 1 {
			t.Errorf("Members after %s: %v, %v", look.name, members, err)
		}
		if is, err := other.Find(t.Context(), look.name); err != nil || is.ID != id {
			t.Errorf("Find after %s: %+v, %v", look.name, is, err)
		}
	}
}

// Changes of another process become visible without a call that catches up.
func TestChangesOfOthersArrive(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL()}
	one, other := open(t, cfg), open(t, cfg)
	roomstest.Add(t, one, "a")
	roomstest.Move(t, one, "a", "", "tea")
	eventually(t, "the member arrives", func() bool {
		members, err := other.Members(t.Context(), "tea")
		return err == nil && len(members) == 1
	})
	if _, err := one.Remove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the room is gone", func() bool {
		list, err := other.Rooms(t.Context())
		return err == nil && len(list) == 0
	})
}

// A Store that is opened late has all changes, deletes included.
func TestOpenReadsTheBucket(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL()}
	one := open(t, cfg)
	roomstest.Add(t, one, "a", "b")
	roomstest.Rename(t, one, "a", "John")
	roomstest.Move(t, one, "a", "", "tea")
	roomstest.Move(t, one, "b", "", "tea")
	if _, err := one.Remove(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	want, err := one.Members(t.Context(), "tea")
	if err != nil {
		t.Fatal(err)
	}
	got, err := open(t, cfg).Members(t.Context(), "tea")
	if err != nil || len(got) != 1 || got[0] != want[0] {
		t.Errorf("Members of a new Store = %+v, %v, want %+v", got, err, want)
	}
}

func TestMembersExpire(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL(), TTL: time.Hour}
	store, late := open(t, cfg), open(t, cfg)
	for _, id := range []tyg.ConnID{"a", "b", "c"} {
		roomstest.Add(t, store, id)
		roomstest.Rename(t, store, id, "name "+string(id))
		roomstest.Move(t, store, id, "", "room "+string(id))
	}
	clock := func(after time.Duration) func() time.Time {
		return func() time.Time { return time.Now().Add(after) }
	}
	store.SetClock(clock(50 * time.Minute))
	roomstest.Add(t, store, "b")
	late.SetClock(clock(70 * time.Minute))

	for _, id := range []tyg.ConnID{"a", "c"} {
		if _, err := late.Get(t.Context(), id); !errors.Is(err, rooms.ErrNoMember) {
			t.Errorf("Get of the expired %s: %v", id, err)
		}
		if _, err := late.Remove(t.Context(), id); !errors.Is(err, rooms.ErrNoMember) {
			t.Errorf("Remove of the expired %s: %v", id, err)
		}
		if _, err := late.Find(t.Context(), "name "+string(id)); !errors.Is(err, rooms.ErrNoMember) {
			t.Errorf("Find of the expired %s: %v", id, err)
		}
	}
	list, err := late.Rooms(t.Context())
	if err != nil || len(list) != 1 || list[0] != "room b" {
		t.Errorf("Rooms = %q, %v, want that of b, which was added again", list, err)
	}
	roomstest.Rename(t, late, "b", "Name A") // free before any sweep
	roomstest.Add(t, late, "a")
	if is, err := late.Get(t.Context(), "a"); err != nil || is.Name != "" || is.Room != "" {
		t.Errorf("Get of a member added again = %+v, %v, want a new member", is, err)
	}
}

// A member that expires leaves its room, also after Members was called for the room.
func TestMembersExpireFromARoom(t *testing.T) {
	store := open(t, natskv.Config{URL: serve(t).URL(), TTL: time.Hour})
	now := time.Now()
	for i, id := range []tyg.ConnID{"a", "b", "c"} {
		store.SetClock(func() time.Time { return now.Add(time.Duration(i) * 10 * time.Minute) })
		roomstest.Add(t, store, id)
		roomstest.Move(t, store, id, "", "tea")
	}
	for i, want := range []int{3, 2, 1, 0} {
		store.SetClock(func() time.Time { return now.Add(time.Duration(50+10*i) * time.Minute) })
		members, err := store.Members(t.Context(), "tea")
		if err != nil || len(members) != want {
			t.Errorf("%d members after %d minutes, %v, want %d", len(members), 50+10*i, err, want)
		}
	}
}

func TestSweepLeavesNothingOfTheExpired(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL(), TTL: time.Hour}
	store := open(t, cfg)
	roomstest.Add(t, store, "a", "b")
	roomstest.Rename(t, store, "a", "John")
	store.SetClock(func() time.Time { return time.Now().Add(2 * time.Hour) })
	roomstest.Add(t, store, "c")
	roomstest.Rename(t, store, "c", "Jenny")
	if n := keys(t, cfg); n != 5 {
		t.Fatalf("%d keys, want 3 members and 2 claims", n)
	}
	store.Sweep(t.Context()) // the members
	eventually(t, "the sweep is seen", func() bool {
		store.Sweep(t.Context()) // the claims
		return keys(t, cfg) == 2
	})
}

// A Store sweeps without being asked.
func TestSweepRunsInTheBackground(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL(), TTL: 100 * time.Millisecond}
	store := open(t, cfg)
	roomstest.Add(t, store, "a")
	eventually(t, "the key is gone", func() bool { return keys(t, cfg) == 0 })
}

// A watch whose server is killed must notice soon: until then no call sees what was written. By
// default that takes ten seconds.
func TestWatchHasHeartbeats(t *testing.T) {
	t.Parallel()
	url := serve(t).URL()
	open(t, natskv.Config{URL: url})
	for _, every := range heartbeats(t, url, "KV_rooms") {
		if every <= 0 || every > 2*time.Second {
			t.Errorf("the watch has a heartbeat every %v, want every second or two", every)
		}
	}
}
