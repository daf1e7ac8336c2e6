//go:build !(tyg.dynamo || tyg.lambda)

package storage

import "github.com/tyg-dev/tyg/rooms"

func openTable() (rooms.Store, error) { return nil, &notBuiltError{"DynamoDB", "tyg.dynamo"} }
