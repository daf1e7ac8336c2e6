//go:build !linux

package runtimeapi

import (
	"errors"
	"net/netip"
)

// uidOf is known on Linux only.
func uidOf(_, _ netip.AddrPort) (int, error) { return 0, errors.ErrUnsupported }
