package roomstest_test

import (
	"testing"

	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

// A Store passes the suite when it keeps the contract of package rooms. Each case opens an empty
// one.
func ExampleTestStore() {
	test := func(t *testing.T) {
		roomstest.TestStore(t, func(*testing.T) rooms.Store { return rooms.NewMemory() })
	}
	_ = test // go test calls it
}
