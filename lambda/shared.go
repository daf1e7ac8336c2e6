package lambda

import "github.com/tyg-dev/tyg"

// A boundHost is what the Handler is bound to.
type boundHost struct {
	tyg.Sender
	shared
}

// A shared holds the groups and values that all processes of a function have in common.
type shared interface {
	tyg.Groups
	tyg.Values
}

// openShared returns the one that cfg asks for.
func openShared(cfg Config) (shared, error) {
	if cfg.GroupsEndpoint != "" {
		return newGatewayShared(cfg)
	}
	return noTable{}, nil
}
