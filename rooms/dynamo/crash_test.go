package dynamo_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/dynamo"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

var errCrash = errors.New("crash")

// A failure is what happens to the kth request and to those after it.
type failure struct {
	name string
	dies bool // the process ends there
	do   func(send func() (*http.Response, error)) (*http.Response, error)
}

func notSent(func() (*http.Response, error)) (*http.Response, error) { return nil, errCrash }

func notAnswered(send func() (*http.Response, error)) (*http.Response, error) {
	if r, err := send(); err == nil {
		_ = r.Body.Close()
	}
	return nil, errCrash
}

var failures = []failure{
	{"dies before", true, notSent},
	{"dies after", true, notAnswered},
	{"is not sent", false, notSent},
	{"is not answered", false, notAnswered},
}

// A change is a call and what it changes of the members below.
type change struct {
	name string
	do   func(s rooms.Store) error
	want []string
}

// Before each change, a is John in the tea room with c, b has no name and no room, and d is alone.
var before = []string{"a John tea", "b  ", "c Carl tea", "d  water"}

func changes(t *testing.T) []change {
	ctx := t.Context()
	rename := func(id tyg.ConnID, name string) func(rooms.Store) error {
		return func(s rooms.Store) error { _, err := s.Rename(ctx, id, name); return err }
	}
	move := func(id tyg.ConnID, from, to string) func(rooms.Store) error {
		return func(s rooms.Store) error { _, err := s.Move(ctx, id, from, to); return err }
	}
	return []change{
		{"add", func(s rooms.Store) error { return s.Add(ctx, "new") }, append(before, "new  ")},
		{"add again", func(s rooms.Store) error { return s.Add(ctx, "a") }, before},
		{"first name", rename("b", "Jack"), []string{"a John tea", "b Jack ", "c Carl tea", "d  water"}},
		{"rename", rename("a", "Jack"), []string{"a Jack tea", "b  ", "c Carl tea", "d  water"}},
		{"rename case", rename("a", "JOHN"), []string{"a JOHN tea", "b  ", "c Carl tea", "d  water"}},
		{"enter", move("b", "", "tea"), []string{"a John tea", "b  tea", "c Carl tea", "d  water"}},
		{"found", move("b", "", "milk"), []string{"a John tea", "b  milk", "c Carl tea", "d  water"}},
		{"change", move("a", "tea", "milk"), []string{"a John milk", "b  ", "c Carl tea", "d  water"}},
		{"leave", move("a", "tea", ""), []string{"a John ", "b  ", "c Carl tea", "d  water"}},
		{"last leaves", move("d", "water", ""), []string{"a John tea", "b  ", "c Carl tea", "d  "}},
		{
			"remove", func(s rooms.Store) error { _, err := s.Remove(ctx, "a"); return err },
			[]string{"b  ", "c Carl tea", "d  water"},
		},
	}
}

// Whichever request fails, and however, a member is as before the call or as after it, all answers
// agree, other calls work, and reading costs one request once readers have repaired the rows.
func TestFailureOfEachRequest(t *testing.T) {
	all, kinds := changes(t), len(failures)
	for _, i := range sampletest.Numbers(t, len(all)*kinds, 6) {
		c, m := all[i/kinds], failures[i%kinds]
		t.Run(c.name, func(t *testing.T) {
			t.Run(m.name, func(t *testing.T) { testFailure(t, c, m) })
		})
	}
}

func testFailure(t *testing.T, c change, m failure) {
	t.Parallel()
	sampletest.SayHowToRepeat(t, "./rooms/dynamo")
	for k := 1; ; k++ {
		cfg, tap := tapped(config(t))
		store := open(t, cfg)
		prepare(t, store)
		store.SetWaits(noWait)
		hit := false
		tap.take()
		tap.between = func(n int, send func() (*http.Response, error)) (*http.Response, error) {
			if n == k || n > k && m.dies {
				hit = true
				return m.do(send)
			}
			return send()
		}
		err := c.do(store)
		tap.between = nil
		if !hit {
			if k < 2 {
				t.Fatal("no request was made")
			}
			return
		}
		at := fmt.Sprintf("request %d", k)
		if err == nil && m.dies && !slices.Equal(state(t, open(t, cfg)), c.want) ||
			err != nil && !m.dies && !errors.Is(err, errCrash) && !unknown(err) {
			t.Errorf("%s: error %v", at, err)
		}
		checkOtherProcess(t, at, cfg, c, err == nil)
	}
}

// unknown reports whether err leaves open whether a change was made.
func unknown(err error) bool {
	for _, known := range []error{rooms.ErrMoved, rooms.ErrNameTaken, rooms.ErrNoMember} {
		if errors.Is(err, known) {
			return false
		}
	}
	return true
}

func noWait(time.Duration) <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}

func prepare(t *testing.T, s rooms.Store) {
	t.Helper()
	roomstest.Add(t, s, "a", "b", "c", "d")
	roomstest.Rename(t, s, "a", "John")
	roomstest.Rename(t, s, "c", "Carl")
	roomstest.Move(t, s, "a", "", "tea")
	roomstest.Move(t, s, "c", "", "tea")
	roomstest.Move(t, s, "d", "", "water")
}

// state describes all members.
func state(t *testing.T, s rooms.Store) (all []string) {
	t.Helper()
	for _, is := range members(t, s) {
		all = append(all, fmt.Sprintf("%s %s %s", is.ID, is.Name, is.Room))
	}
	return all
}

func members(t *testing.T, s rooms.Store) (all []rooms.Member) {
	t.Helper()
	for _, id := range []tyg.ConnID{"a", "b", "c", "d", "new"} {
		is, err := s.Get(t.Context(), id)
		if err != nil && !errors.Is(err, rooms.ErrNoMember) {
			t.Fatalf("get %s: %v", id, err)
		}
		if err == nil {
			all = append(all, is)
		}
	}
	return all
}

// checkOtherProcess does what another process does afterwards.
func checkOtherProcess(t *testing.T, at string, cfg dynamo.Config, c change, done bool) {
	t.Helper()
	cfg, tap := tapped(cfg)
	s := open(t, cfg)
	is := state(t, s)
	if !slices.Equal(is, c.want) && (done || !slices.Equal(is, before)) {
		t.Errorf("%s: the members are %q, want %q", at, is, c.want)
	}
	checkAgreement(t, at, s)
	late := func() time.Time { return time.Now().Add(2 * time.Minute) }
	s.SetClock(late)
	checkAgreement(t, at+", late", s)
	for _, room := range []string{"tea", "milk", "water"} {
		tap.take()
		if _, err := s.Members(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		if reads, writes := tap.take(); reads != 1 || writes != 0 {
			t.Errorf("%s: Members(%q) after all makes %d reads and %d writes", at, room, reads, writes)
		}
	}
	checkAgreement(t, at+", repaired", s)
	useAgain(t, at, s)
	tap.take()
	if list, err := s.Rooms(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%s: Rooms at the end = %q, %v", at, list, err)
	}
	if reads, writes := tap.take(); reads != 1 || writes != 0 {
		t.Errorf("%s: the empty list of rooms takes %d reads and %d writes", at, reads, writes)
	}
}

// checkAgreement checks that all answers follow from Get.
func checkAgreement(t *testing.T, at string, s rooms.Store) {
	t.Helper()
	var list []string
	in := make(map[string][]rooms.Member)
	for _, is := range members(t, s) {
		in[is.Room] = append(in[is.Room], is)
		if is.Room != "" && !slices.Contains(list, is.Room) {
			list = append(list, is.Room)
		}
		if is.Name == "" {
			continue
		}
		if found, err := s.Find(t.Context(), strings.ToUpper(is.Name)); err != nil || found != is {
			t.Errorf("%s: Find(%q) = %+v, %v, want %+v", at, is.Name, found, err, is)
		}
	}
	for _, room := range []string{"tea", "milk", "water"} {
		slices.SortFunc(in[room], func(a, b rooms.Member) int { return a.JoinedAt.Compare(b.JoinedAt) })
		got, err := s.Members(t.Context(), room)
		if err != nil || !slices.Equal(got, in[room]) {
			t.Errorf("%s: Members(%q) = %+v, %v, but Get says %+v", at, room, got, err, in[room])
		}
	}
	slices.Sort(list)
	if got, err := s.Rooms(t.Context()); err != nil || !slices.Equal(got, list) {
		t.Errorf("%s: Rooms = %q, %v, want %q", at, got, err, list)
	}
}

// useAgain moves and renames the members, and gives their names to a new one.
func useAgain(t *testing.T, at string, s rooms.Store) {
	t.Helper()
	for _, is := range members(t, s) {
		if is.Room != "tea" {
			roomstest.Move(t, s, is.ID, is.Room, "tea")
		}
		roomstest.Rename(t, s, is.ID, "once "+string(is.ID))
	}
	checkAgreement(t, at+", used again", s)
	roomstest.Add(t, s, "z")
	for _, name := range []string{"John", "Jack"} {
		roomstest.Rename(t, s, "z", name)
	}
	for _, is := range members(t, s) {
		if _, err := s.Remove(t.Context(), is.ID); err != nil {
			t.Errorf("%s: remove %s: %v", at, is.ID, err)
		}
	}
	if list, err := s.Rooms(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%s: Rooms at the end = %q, %v", at, list, err)
	}
}
