package roomstest

import (
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/rooms"
)

func testChaos(t *tester) {
	const workers = 8
	calls := 50
	if sampletest.Exhaustive() {
		calls = 200
	}
	at(workers, func(w int) {
		random := rand.New(rand.NewPCG(1, uint64(w)))
		for range calls {
			c := randomCall(random)
			if err := c.check(t.Context(), t.store); err != nil {
				t.Errorf("%v: %v", c, err)
			}
		}
	})
	t.wantAgreement()
}

// wantAgreement checks that every answer about the members of random calls follows from Get.
func (t *tester) wantAgreement() {
	t.Helper()
	owners := make(map[string]tyg.ConnID)
	inRoom := make(map[string][]tyg.ConnID)
	for _, id := range someIDs {
		m, err := t.store.Get(t.Context(), id)
		if errors.Is(err, rooms.ErrNoMember) {
			continue
		}
		if err != nil {
			t.Fatalf("Get(%s): %v", id, err)
		}
		if other, ok := owners[rooms.Fold(m.Name)]; ok && m.Name != "" {
			t.Errorf("%s and %s share the name %q", id, other, m.Name)
		}
		owners[rooms.Fold(m.Name)] = id
		inRoom[m.Room] = append(inRoom[m.Room], id)
	}
	t.wantOwners(owners)
	t.wantInRooms(inRoom)
}

// wantOwners checks that Find finds the owners of the names of random calls, and that all other
// names are free.
func (t *tester) wantOwners(owners map[string]tyg.ConnID) {
	t.Helper()
	t.add(conn(0))
	for _, name := range someNames {
		owner := owners[rooms.Fold(name)]
		t.wantFound(name, owner)
		if owner == "" {
			t.rename(conn(0), name)
			t.rename(conn(0), "another")
		}
	}
}

// wantInRooms checks the members, as sorted ids, of the rooms of random calls.
func (t *tester) wantInRooms(want map[string][]tyg.ConnID) {
	t.Helper()
	var list []string
	for _, room := range someRooms {
		if room == "" {
			continue
		}
		members := t.members(room)
		t.wantSorted(members)
		ids := rooms.IDs(members)
		t.wantMembers(room, ids...)
		slices.Sort(ids)
		if !slices.Equal(ids, want[room]) {
			t.Errorf("Members(%q) = %v, but Get finds %v there", room, ids, want[room])
		}
		if len(ids) > 0 {
			list = append(list, room)
		}
	}
	t.wantRooms(list...)
}
