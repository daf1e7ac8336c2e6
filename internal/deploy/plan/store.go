package plan

import (
	"context"
	"errors"
)

// A Store keeps the state of one stage.
type Store interface {
	// Read returns the state and its version: nil and "" if there is none.
	Read(ctx context.Context) (data []byte, version string, err error)

	// Write replaces the state of a version, and returns the new version. It returns [ErrChanged] if
	// the state has another version by now.
	Write(ctx context.Context, data []byte, version string) (string, error)

	// Lock keeps other deploys away until release is called, or returns an error that says which one
	// is under way. A lock that release cannot free becomes free later.
	Lock(ctx context.Context) (release func() error, err error)

	// String says where the state is.
	String() string
}

// ErrChanged means that another process has written the state.
var ErrChanged = errors.New("another process is deploying or deleting this stage; wait until it " +
	"has ended, and run the command again")
