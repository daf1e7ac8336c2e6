//go:build !tyg.lambda && (!tyg.nats || tyg.local)

package host

import (
	"context"
	"errors"
)

func openNATS(context.Context, func(string) string) (valueStore, error) {
	return nil, errors.New(natsVariable + " is set, but this program was built without NATS; " +
		"build it with -tags tyg.nats")
}
