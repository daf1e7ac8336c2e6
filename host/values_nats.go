//go:build tyg.nats && !tyg.lambda && !tyg.local

package host

import (
	"context"

	"github.com/tyg-dev/tyg/rooms/natskv"
)

func openNATS(ctx context.Context, getenv func(string) string) (valueStore, error) {
	return natskv.OpenValues(ctx, natskv.ValuesFromEnvironment(getenv))
}
