//go:build !tyg.nats

package storage

import "context"

func openNATS(context.Context) (Store, error) { return nil, &notBuiltError{"NATS", "tyg.nats"} }
