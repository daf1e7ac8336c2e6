package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/tyg-dev/tyg/rooms"
)

// The variables that decide.
const (
	tableVariable = "TABLE"
	natsVariable  = "TYG_NATS_URL"

	// functionVariable is set where functions run: by AWS Lambda, and by "tyg local".
	// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
	functionVariable = "AWS_LAMBDA_RUNTIME_API"

	// describeVariable is set for a program that is only asked what it is, see package host. That
	// is done on machines without the storage.
	describeVariable = "TYG_DESCRIBE"
)

// A Store remembers members until it is closed. No call may be under way then, or follow.
type Store interface {
	rooms.Store
	io.Closer
}

// kept is a Store that needs no closing.
type kept struct{ rooms.Store }

func (kept) Close() error { return nil }

// Open opens the Store that the environment names. The context bounds Open only. Errors say which
// variable is to be set, and never what is in it if that could be secret.
func Open(ctx context.Context) (Store, error) {
	switch {
	case os.Getenv(describeVariable) != "":
		return kept{rooms.NewMemory()}, nil
	case os.Getenv(tableVariable) != "":
		store, err := openTable()
		if err != nil {
			return nil, fmt.Errorf("open the table that %s names: %w", tableVariable, err)
		}
		return kept{store}, nil
	case os.Getenv(natsVariable) != "":
		store, err := openNATS(ctx)
		if err != nil {
			return nil, fmt.Errorf("open what %s names: %w", natsVariable, err)
		}
		return store, nil
	case os.Getenv(functionVariable) != "":
		return nil, errForgetful
	}
	return kept{rooms.NewMemory()}, nil
}

// errForgetful is better than members who come and go with the processes of a function.
var errForgetful = errors.New("no storage that functions share: set " + tableVariable +
	" to the name of a DynamoDB table, or " + natsVariable)
