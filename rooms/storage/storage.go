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

	// describeVariable is set for a program that only prints its description, see package host. That
	// happens on machines without the storage.
	describeVariable = "TYG_DESCRIBE"
)

// A Store remembers members until it is closed. No call may be under way then, or follow.
type Store interface {
	rooms.Store
	io.Closer
}

// unclosed is a Store that needs no closing.
type unclosed struct{ rooms.Store }

func (unclosed) Close() error { return nil }

// Open opens the Store that the environment names. The context bounds Open only. Errors name the
// variable to set, and never its value if that could be secret.
func Open(ctx context.Context) (Store, error) {
	return open(ctx, openers{table: openTable, nats: openNATS})
}

// openers open the storages that a program was built with. For the others they return a
// notBuiltError.
type openers struct {
	table func() (rooms.Store, error)
	nats  func(context.Context) (Store, error)
}

// open is Open in a program that has these openers.
func open(ctx context.Context, o openers) (Store, error) {
	switch {
	case os.Getenv(describeVariable) != "":
		return unclosed{rooms.NewMemory()}, nil
	case os.Getenv(tableVariable) != "":
		store, err := o.table()
		if err != nil {
			return nil, openError(tableVariable, err)
		}
		return unclosed{store}, nil
	case os.Getenv(natsVariable) != "":
		store, err := o.nats(ctx)
		if err != nil {
			return nil, openError(natsVariable, err)
		}
		return store, nil
	case os.Getenv(functionVariable) != "":
		return nil, errNotShared
	}
	return unclosed{rooms.NewMemory()}, nil
}

// errNotShared takes the place of memory in a function, whose members would come and go with its
// processes.
var errNotShared = errors.New("the processes of a function share no memory: set " + tableVariable +
	" to the name of a DynamoDB table, or " + natsVariable + " to the URL of a NATS server")

// A notBuiltError is a storage that the program was built without.
type notBuiltError struct{ storage, tag string }

// Error says how to build the program with it.
func (e *notBuiltError) Error() string {
	return "this program was built without " + e.storage + "; build it with -tags " + e.tag
}

// openError says which variable named the storage that cannot be opened.
func openError(variable string, err error) error {
	if _, ok := errors.AsType[*notBuiltError](err); ok {
		return fmt.Errorf("%s is set, but %w", variable, err)
	}
	return fmt.Errorf("open the storage that %s names: %w", variable, err)
}
