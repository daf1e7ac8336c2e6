// Package load is a WebSocket client that uses as little CPU as possible, to measure the server and
// not the client: one thread, epoll, no goroutine and no buffer for each connection. It compares
// every byte of an answer with the expected byte. It runs on Linux.
package load

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
	"github.com/tyg-dev/tyg/bench/internal/wire"
)

// A Dialect is the protocol between a server and its clients.
type Dialect string

// The dialects. In all but TCP messages are text, unless Config.Binary is set.
const (
	Plain      Dialect = "plain"      // a message, and the same message back
	JSON       Dialect = "json"       // the same with {"action":"echo","data":"..."}
	TCP        Dialect = "tcp"        // no WebSocket: bytes, and the same bytes back
	Centrifuge Dialect = "centrifuge" // centrifuge's commands; replies are counted, not compared
	Action     Dialect = "action"     // {"action":"echo","data":"..."}, and only the data back
	Chat       Dialect = "chat"       // the lines of examples/chat: a nickname, a room, then talk
)

// A Config configures a run. Addr, Conns and Size must be set; all other fields may be zero.
type Config struct {
	Addr    string // host and port; the host is an IPv4 address
	Path    string // of the URL: /
	Dialect Dialect
	Conns   int  // connections
	Depth   int  // messages in flight, of each connection or to the room: 1
	Size    int  // payload of a message, in bytes
	Binary  bool // send binary messages
	Piece   int  // Pieces: bytes of a write

	TLS    *tls.Config // nil: without
	Source netip.Addr  // the first loopback address to connect from; zero: the kernel chooses

	Warm     time.Duration   // before the measurement
	Duration time.Duration   // of the measurement
	Rate     float64         // Echo: messages a second; 0: one for each answer
	Spin     bool            // poll for events without sleeping, for exact latencies
	Parallel int             // handshakes at the same time: 64
	PIDs     []int           // the server's processes; their CPU time is measured
	Timeout  time.Duration   // fail after this time without data: 20 seconds
	Spread   time.Duration   // Storm: connections come again within this time
	Stop     <-chan struct{} // ends the measurement when it is closed; nil: Duration does
	Ready    func() error    // called when all connections are open, before the measurement
}

// client is the state of one run. It belongs to one goroutine.
type client struct {
	Config
	target   syscall.SockaddrInet4
	poll     poller
	conns    []*conn
	buf      []byte
	start    time.Time
	lastRead int64         // when bytes last arrived
	nap      time.Duration // for how long to wait in place of what tick returns; 0: as that says
	request  []byte
	room     bool // every message goes to all connections

	payload []byte
	frames  []byte         // Depth messages as they are sent
	dialing sync.WaitGroup // TLS handshakes
	wants   [][]byte       // expected messages, by message number modulo len(wants); nil: not compared

	latency  stat.Hist
	messages uint64
	resumed  uint64 // of messages
}

func newClient(cfg Config) (*client, error) {
	addr, err := netip.ParseAddrPort(cfg.Addr)
	if err != nil {
		return nil, err
	}
	if !addr.Addr().Is4() {
		return nil, fmt.Errorf("address %s is not IPv4", cfg.Addr)
	}
	if cfg.Conns < 1 || cfg.Size < 1 {
		return nil, errors.New("the number of connections and the size must be at least 1")
	}
	l := &client{
		Config:  cfg,
		target:  syscall.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()},
		buf:     make([]byte, 1<<20),
		start:   time.Now(),
		request: wire.Request(cfg.Addr, cmp.Or(cfg.Path, "/")),
	}
	l.Depth = max(l.Depth, 1)
	if l.Parallel == 0 {
		l.Parallel = 64
	}
	if l.Timeout == 0 {
		l.Timeout = 20 * time.Second
	}
	if l.payload, err = payload(cfg.Dialect, cfg.Size); err != nil {
		return nil, err
	}
	return l, l.poll.open()
}

// now returns the nanoseconds since the run began.
func (l *client) now() int64 { return int64(time.Since(l.start)) }

// close closes all sockets. Servers see a reset and no close frame, which is outside of the
// measurement.
func (l *client) close() {
	l.dialing.Wait()
	for _, c := range l.conns {
		if c != nil {
			_ = syscall.Close(c.fd) // the run is over
		}
	}
	l.poll.close()
}

// traffic is the use of open connections in one mode.
type traffic interface {
	// tick is called before each wait, and returns how long to wait, in milliseconds.
	tick(now int64) (int, error)

	// arrived is called when n more messages have arrived on c.
	arrived(c *conn, n int, now int64) error
}

// run waits for events and handles them until done.
func (l *client) run(t traffic, done func(now int64) bool) error {
	now := l.now()
	l.lastRead = now
	for !done(now) {
		timeout, err := t.tick(now)
		if err != nil {
			return err
		}
		if l.Spin {
			timeout = 0
		}
		events, err := l.await(timeout)
		if err != nil {
			return err
		}
		now = l.now()
		for i := range events {
			if err := l.handle(t, &events[i]); err != nil {
				return err
			}
		}
		if len(events) == 0 && now-l.lastRead > int64(l.Timeout) {
			return fmt.Errorf("no data arrived for %v", l.Timeout)
		}
	}
	return nil
}

// await waits for events: for timeout milliseconds, or for the nap that a tick asks for.
func (l *client) await(timeout int) ([]syscall.EpollEvent, error) {
	if l.nap > 0 && !l.Spin {
		return l.poll.waitUntil(l.nap)
	}
	return l.poll.wait(timeout)
}

func (l *client) ready() error {
	if l.Ready == nil {
		return nil
	}
	return l.Ready()
}

// runFor runs for d.
func (l *client) runFor(t traffic, d time.Duration) error {
	end := l.now() + int64(d)
	return l.run(t, func(now int64) bool { return now >= end || isClosed(l.Stop) })
}

func (l *client) handle(t traffic, e *syscall.EpollEvent) error {
	c := l.conns[e.Fd]
	if c.blocked && e.Events&syscall.EPOLLOUT != 0 {
		if err := c.unblock(); err != nil {
			return err
		}
	}
	b, err := c.read()
	if len(b) == 0 || err != nil {
		return err
	}
	n, err := c.receive(b)
	if n == 0 || err != nil {
		return err
	}
	l.lastRead = l.now()
	return t.arrived(c, n, l.lastRead)
}
