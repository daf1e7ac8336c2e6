//go:build !unix

package dualport

import "net"

// peek returns the first byte of nc.
func peek(nc net.Conn) (first byte, peeked net.Conn, err error) { return readFirst(nc) }
