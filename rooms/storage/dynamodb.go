//go:build tyg.dynamo || tyg.lambda

package storage

import (
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/storage/internal/dynamodb"
)

func openTable() (rooms.Store, error) { return dynamodb.Open() }
