package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// Two clients come into a room, and one of them goes.
func Example() {
	ctx := context.Background()
	store := rooms.NewMemory()
	for id, name := range map[tyg.ConnID]string{"conn-1": "John", "conn-2": "Jenny"} {
		if err := store.Add(ctx, id); err != nil {
			log.Fatal(err)
		}
		if _, err := store.Rename(ctx, id, name); err != nil {
			log.Fatal(err)
		}
	}
	for _, id := range []tyg.ConnID{"conn-2", "conn-1"} {
		if _, err := store.Move(ctx, id, "", "tea"); err != nil {
			log.Fatal(err)
		}
	}
	members, err := store.Members(ctx, "tea")
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range members {
		fmt.Println(m.Name)
	}
	gone, err := store.Remove(ctx, "conn-1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s left room %q.\n", gone.Name, gone.Room)
	// Output:
	// Jenny
	// John
	// John left room "tea".
}

// A name belongs to the member that took it first, in upper or lower case.
func ExampleStore_rename() {
	ctx := context.Background()
	store := rooms.NewMemory()
	for _, id := range []tyg.ConnID{"conn-1", "conn-2"} {
		if err := store.Add(ctx, id); err != nil {
			log.Fatal(err)
		}
	}
	_, err := store.Rename(ctx, "conn-1", "John")
	fmt.Println(err)
	_, err = store.Rename(ctx, "conn-2", "JOHN")
	fmt.Println(errors.Is(err, rooms.ErrNameTaken))
	// Output:
	// <nil>
	// true
}

// A move names the room that the member was seen in, so that of two at once only one succeeds.
func ExampleStore_move() {
	ctx := context.Background()
	store := rooms.NewMemory()
	if err := store.Add(ctx, "conn-1"); err != nil {
		log.Fatal(err)
	}
	for _, to := range []string{"tea", "milk"} {
		was, err := store.Move(ctx, "conn-1", "", to)
		if errors.Is(err, rooms.ErrMoved) {
			was, err = store.Get(ctx, "conn-1")
			fmt.Printf("not into %q, is in %q already: %v\n", to, was.Room, err)
			continue
		}
		fmt.Printf("from %q into %q: %v\n", was.Room, to, err)
	}
	// Output:
	// from "" into "tea": <nil>
	// not into "milk", is in "tea" already: <nil>
}

func ExampleOthers() {
	members := []rooms.Member{{ID: "conn-1"}, {ID: "conn-2"}, {ID: "conn-3"}}
	fmt.Println(rooms.IDs(members))
	fmt.Println(rooms.Others(members, "conn-2"))
	// Output:
	// [conn-1 conn-2 conn-3]
	// [conn-1 conn-3]
}

func ExampleFold() {
	fmt.Println(rooms.Fold("John") == rooms.Fold("jOHN"))
	fmt.Println(rooms.Fold("straße") == rooms.Fold("strasse"))
	// Output:
	// true
	// false
}
