package dynamo_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/dynamodb"
	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

// Two Stores share nothing but the table, like two processes.
func TestStore(t *testing.T) {
	roomstest.TestStore(t, func(t *testing.T) rooms.Store {
		cfg := config(t)
		return roomstest.Split(open(t, cfg), open(t, cfg))
	})
}

// Answers are complete although DynamoDB returns them in small pages.
func TestPages(t *testing.T) {
	server := httptest.NewServer(&dynamodb.Server{PageSize: 1000})
	defer server.Close()
	for _, items := range []int32{0, 1, 3} {
		t.Run(fmt.Sprintf("%d items", items), func(t *testing.T) {
			if items == 0 { // pages cut by size are something that only our own engine has
				t.Setenv(dynamotest.EndpointVariable, server.URL)
			}
			store := open(t, config(t))
			store.SetPage(items)
			var want []tyg.ConnID
			for i := range 150 {
				id := tyg.ConnID(fmt.Sprintf("conn-%03d", i))
				want = append(want, id)
				roomstest.Add(t, store, id)
				roomstest.Move(t, store, id, "", "tea")
				if i < 20 {
					room := tyg.ConnID(fmt.Sprintf("in room %d", i))
					roomstest.Add(t, store, room)
					roomstest.Move(t, store, room, "", string(room))
				}
			}
			members, err := store.Members(t.Context(), "tea")
			if got := rooms.IDs(members); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("Members = %v, %v", got, err)
			}
			if list, err := store.Rooms(t.Context()); err != nil || len(list) != 21 {
				t.Errorf("%d rooms, %v, want 21", len(list), err)
			}
		})
	}
}

// Pending rows are looked up in batches, which may be answered in parts.
func TestManyPendingRows(t *testing.T) {
	server := httptest.NewServer(&dynamodb.Server{PageSize: 1000})
	defer server.Close()
	for name, url := range map[string]string{
		"given": os.Getenv(dynamotest.EndpointVariable), "small pages": server.URL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(dynamotest.EndpointVariable, url)
			cfg, tap := tapped(config(t))
			store := open(t, cfg)
			store.SetWaits(noWait)
			roomstest.Add(t, store, "first")
			roomstest.Move(t, store, "first", "", "tea")
			for i := range 120 {
				id := tyg.ConnID(fmt.Sprintf("conn-%03d", i))
				roomstest.Add(t, store, id)
				tap.take()
				tap.between = func(n int, send func() (*http.Response, error)) (*http.Response, error) {
					if n > 4 { // all but the settling
						return nil, errCrash
					}
					return send()
				}
				roomstest.Move(t, store, id, "", "tea")
				tap.between = nil
			}
			tap.take()
			members, err := store.Members(t.Context(), "tea")
			if err != nil || len(members) != 121 {
				t.Errorf("%d members, %v, want 121", len(members), err)
			}
			if reads, writes := tap.take(); reads < 3 || writes > 0 {
				t.Errorf("%d reads and %d writes, want a query and two batches at least", reads, writes)
			}
		})
	}
}

func TestMembersExpire(t *testing.T) {
	cfg := config(t)
	cfg.TTL = time.Hour
	store := open(t, cfg)
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
	for _, after := range []time.Duration{60*time.Minute + 30*time.Second, 70 * time.Minute} {
		store.SetClock(clock(after))
		for _, id := range []tyg.ConnID{"a", "c"} {
			wantNoMember(t, store, id)
		}
		list, err := store.Rooms(t.Context())
		if err != nil || len(list) != 1 || list[0] != "room b" {
			t.Errorf("Rooms = %q, %v, want that of b, which was added again", list, err)
		}
	}
	roomstest.Rename(t, store, "b", "Name A")
	roomstest.Add(t, store, "a")
	if is, err := store.Get(t.Context(), "a"); err != nil || is.Name != "" || is.Room != "" {
		t.Errorf("Get of the member added again = %+v, %v, want a new member", is, err)
	}
}

func wantNoMember(t *testing.T, s rooms.Store, id tyg.ConnID) {
	t.Helper()
	if _, err := s.Get(t.Context(), id); !errors.Is(err, rooms.ErrNoMember) {
		t.Errorf("Get of the expired %s: %v", id, err)
	}
	if _, err := s.Remove(t.Context(), id); !errors.Is(err, rooms.ErrNoMember) {
		t.Errorf("Remove of the expired %s: %v", id, err)
	}
	if _, err := s.Find(t.Context(), "name "+string(id)); !errors.Is(err, rooms.ErrNoMember) {
		t.Errorf("Find of the expired %s: %v", id, err)
	}
	if members, err := s.Members(t.Context(), "room "+string(id)); err != nil || len(members) != 0 {
		t.Errorf("Members with the expired %s = %v, %v", id, members, err)
	}
}

// A member that has expired by the local clock is removed before its name is given away, because by
// another clock it may be live.
func TestNameOfTheExpired(t *testing.T) {
	cfg := config(t)
	slow, fast := open(t, cfg), open(t, cfg)
	roomstest.Add(t, slow, "a", "b")
	roomstest.Rename(t, slow, "a", "John")
	fast.SetClock(func() time.Time { return time.Now().Add(4 * time.Hour) })
	roomstest.Add(t, fast, "b")
	roomstest.Rename(t, fast, "b", "John")
	if is, err := slow.Get(t.Context(), "a"); !errors.Is(err, rooms.ErrNoMember) {
		t.Errorf("Get of the member that lost the name = %+v, %v", is, err)
	}
}

func TestOddIDs(t *testing.T) {
	store := open(t, config(t))
	long := make([]byte, 1001)
	for _, id := range []tyg.ConnID{"", "\xff", tyg.ConnID(long)} {
		if err := store.Add(t.Context(), id); !errors.Is(err, tyg.ErrInvalidID) {
			t.Errorf("Add of %.10q: %v, want %q", id, err, tyg.ErrInvalidID)
		}
		if _, err := store.Get(t.Context(), id); !errors.Is(err, rooms.ErrNoMember) {
			t.Errorf("Get of %.10q: %v, want %q", id, err, rooms.ErrNoMember)
		}
	}
	roomstest.Add(t, store, tyg.ConnID(long[:1000]))
}
