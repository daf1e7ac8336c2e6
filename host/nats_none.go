//go:build !tyg.lambda && (!tyg.nats || tyg.local)

package host

import (
	"context"
	"errors"
)

var errNoNATS = errors.New(natsVariable + " is set, but this program was built without NATS; " +
	"build it with -tags tyg.nats")

func onNATS() natsClient {
	return natsClient{
		open: func(context.Context, func(string) string) (valueStore, error) { return nil, errNoNATS },
		join: func(func(string) string) (JoinFunc, error) { return nil, errNoNATS },
	}
}
