package storage_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/storage"
)

// Where the environment names nothing, as here, members are kept in memory.
func ExampleOpen() {
	ctx := context.Background()
	store, err := storage.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Add(ctx, "conn-1"); err != nil {
		log.Fatal(err)
	}
	if _, err := store.Move(ctx, "conn-1", "", "tea"); err != nil {
		log.Fatal(err)
	}
	members, err := store.Members(ctx, "tea")
	fmt.Println(rooms.IDs(members), err)
	fmt.Println(store.Close())
	// Output:
	// [conn-1] <nil>
	// <nil>
}
