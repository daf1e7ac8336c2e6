//go:build tyg.lambda

package storage

import (
	"context"
	"errors"
)

func openNATS(context.Context) (Store, error) {
	return nil, errors.New("this program is built without NATS, for AWS Lambda; set " +
		tableVariable + ", or build it without the tag tyg.lambda")
}
