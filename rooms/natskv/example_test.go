package natskv_test

import (
	"context"
	"log"

	"github.com/tyg-dev/tyg/rooms/natskv"
)

// Open connects to NATS and makes the buckets that are not there.
func ExampleOpen() {
	ctx := context.Background()
	store, err := natskv.Open(ctx, natskv.Config{URL: "tls://user:password@nats.example.com:4222"})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	if err := store.Add(ctx, "R1kmxc2VNjMCFIA="); err != nil {
		log.Fatal(err)
	}
}
