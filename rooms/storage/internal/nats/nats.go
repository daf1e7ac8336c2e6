// Package nats opens the NATS bucket that the environment names.
package nats

import (
	"context"
	"os"

	"github.com/tyg-dev/tyg/rooms/natskv"
)

// Open connects to the server that TYG_NATS_URL names. Package storage lists the other variables.
func Open(ctx context.Context) (*natskv.Store, error) {
	return natskv.Open(ctx, natskv.FromEnvironment(os.Getenv))
}
