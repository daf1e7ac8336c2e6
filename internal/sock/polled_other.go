//go:build !linux

package sock

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// A Poller watches no sockets here: the other paths serve all of them.
type Poller struct {
	// AcceptFailed is never called: there is no Acceptor.
	AcceptFailed func(error)

	stacks stacks
}

// Close ends the goroutines that are left. Call it when no socket is left.
func (p *Poller) Close() { p.stacks.close() }

func (*Poller) adopt(*Conn, net.Conn) bool { return false }

func (*Poller) adoptLayer(*Conn, net.Conn) bool { return false }

// polled is never used here.
type polled struct{}

func (polled) serve(*Conn) bool                         { return false }
func (polled) miss()                                    {}
func (polled) await(int)                                {}
func (polled) read([]byte) (int, error)                 { return 0, ErrWait }
func (polled) tryWrite([]byte) (int, error)             { return 0, nil }
func (polled) write(*Conn, []byte, time.Duration) error { return net.ErrClosed }
func (polled) progress() int64                          { return 0 }
func (polled) closeWrite()                              {}
func (polled) peer() (hungUp, gone bool)                { return false, false }
func (polled) close()                                   {}
func (polled) setMayWait(bool)                          {}
func (polled) claim() bool                              { return false }

// Wake does nothing.
func (*Conn) Wake() {}

func (*Conn) wake()     {}
func (*Conn) runAway()  {}
func (*Conn) runLater() {}

// A Visit does not exist here.
type Visit struct{}

// Visit returns nil.
func (*Poller) Visit(time.Duration) *Visit { return nil }

// Leave does nothing.
func (*Visit) Leave() {}

// Pause returns nil.
func (*Conn) Pause(*Visit) *Visit { return nil }

// An Acceptor does not exist here.
type Acceptor struct{ Conn }

// Wait returns at once.
func (*Acceptor) Wait() error { return net.ErrClosed }

// Accept is not supported here.
func (*Poller) Accept(net.Listener, func(netip.AddrPort) (*Conn, func())) (*Acceptor, error) {
	return nil, errors.ErrUnsupported
}

// Detach returns the socket. Call it from Ended, and no other method after it.
func (c *Conn) Detach() (net.Conn, error) { return c.blocking.nc, nil }

// TurnBatch returns nil.
func (*Conn) TurnBatch() *Batch { return nil }

// A Batch does not exist here.
type Batch struct{}

// Batch returns nil.
func (*Poller) Batch() *Batch { return nil }

// Add does nothing.
func (*Batch) Add(*Conn, []byte, Writer) bool { return false }

// Flush does nothing.
func (*Batch) Flush() {}
