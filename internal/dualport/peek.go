package dualport

import (
	"io"
	"net"
)

// readFirst reads the first byte of nc, and returns it beside a connection that still has it.
func readFirst(nc net.Conn) (first byte, peeked net.Conn, err error) {
	var b [1]byte
	if _, err := io.ReadFull(nc, b[:]); err != nil {
		return 0, nil, err
	}
	return b[0], &unread{Conn: nc, first: b[:]}, nil
}

// unread is a connection whose first byte was read already.
type unread struct {
	net.Conn
	first []byte
}

// Read returns the first byte before it reads from the connection.
func (u *unread) Read(b []byte) (int, error) {
	if len(u.first) == 0 {
		return u.Conn.Read(b)
	}
	n := copy(b, u.first)
	u.first = u.first[n:]
	return n, nil
}

// CloseWrite lets a server end its part without destroying its answer.
func (u *unread) CloseWrite() error {
	if half, ok := u.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
