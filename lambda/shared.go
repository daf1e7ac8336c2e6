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
func openShared(h *Host, cfg Config) (shared, error) {
	switch {
	case cfg.GroupsEndpoint != "":
		return newGatewayShared(cfg)
	case cfg.Groups != nil:
		h.groups = newTableGroups(h, cfg)
		return h.groups, nil
	}
	return noTable{}, nil
}
