//go:build !linux

package sock

import (
	"net"
	"time"
)

// A Poller watches no sockets here: the other paths serve all of them.
type Poller struct{}

// Close does nothing.
func (*Poller) Close() {}

func (*Poller) adopt(*Conn, net.Conn) bool { return false }

// polled does not exist here.
type polled struct{}

func (polled) serve(*Conn)                              {}
func (polled) read([]byte) (int, error)                 { return 0, ErrWait }
func (polled) tryWrite([]byte) (int, error)             { return 0, nil }
func (polled) write(*Conn, []byte, time.Duration) error { return net.ErrClosed }
func (polled) closeWrite()                              {}
func (polled) close()                                   {}

func (*Conn) wake() {}
