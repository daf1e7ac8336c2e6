package storage

import (
	"context"

	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/storage/internal/dynamodb"
	"github.com/tyg-dev/tyg/rooms/storage/internal/nats"
)

// OpenWithAll is Open in a program that was built with every storage, whatever the tags of the
// test.
func OpenWithAll(ctx context.Context) (Store, error) {
	return open(ctx, openers{
		table: func() (rooms.Store, error) { return dynamodb.Open() },
		nats:  func(ctx context.Context) (Store, error) { return nats.Open(ctx) },
	})
}
