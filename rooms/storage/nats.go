//go:build tyg.nats

package storage

import (
	"context"

	"github.com/tyg-dev/tyg/rooms/storage/internal/nats"
)

func openNATS(ctx context.Context) (Store, error) { return nats.Open(ctx) }
