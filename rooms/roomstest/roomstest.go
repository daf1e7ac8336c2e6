// Package roomstest tests any [rooms.Store] against the contract of package rooms.
package roomstest

import (
	"testing"
	"time"

	"github.com/tyg-dev/tyg/rooms"
)

// TestStore tests a Store. For each of its subtests it calls open, which must return an empty Store
// that is used for nothing else, and may register a clean-up. The name of a subtest is what must
// hold.
//
// It makes some 10,000 calls, 3,000 of them 50 at a time for one large room of 1,100: less than a
// second over memory, minutes over a slow network. With TYG_TEST_EXHAUSTIVE=1 in the environment,
// the room has 5,000 members.
func TestStore(t *testing.T, open func(t *testing.T) rooms.Store) {
	t.Helper()
	for _, part := range [][]outcome{memberOutcomes, nameOutcomes, roomOutcomes, raceOutcomes} {
		for _, o := range part {
			t.Run(o.name, func(t *testing.T) { o.test(&tester{t, open(t)}) })
		}
	}
	for _, seed := range []uint64{1, 2, 3, uint64(time.Now().UnixNano())} {
		t.Run("random calls do what a simple model does", func(t *testing.T) {
			TestSeed(t, open(t), seed)
		})
	}
}

// An outcome is one sentence of the contract, and its test.
type outcome struct {
	name string
	test func(*tester)
}
