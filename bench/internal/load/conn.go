package load

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"
)

type state uint8

const (
	connecting state = iota
	upgrading        // the handshake was sent
	greeting         // the dialect's own messages before the connection is usable
	open
)

// conn is one connection.
type conn struct {
	client *client
	index  int // in client.conns
	fd     int
	state  state
	dialed int64
	guest  bool // publishes to a room without joining it

	response []byte // the handshake's answer, so far
	greets   int    // missing replies to the greeting
	blocked  bool   // the socket is full
	unsent   []byte
	secure   *tls.Conn // nil: without TLS
	dialing  atomic.Pointer[tlsResult]

	parser
	sent times
	got  uint64 // messages received
}

// dial begins to connect.
func (c *conn) dial() error {
	fd, err := syscall.Socket(syscall.AF_INET,
		syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open socket %d: %w", c.index, err)
	}
	*c = conn{client: c.client, index: c.index, fd: fd, dialed: c.client.now(), guest: c.guest}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return c.failed("set no delay", err)
	}
	if err := c.bind(); err != nil {
		return c.failed("bind", err)
	}
	if c.client.TLS != nil {
		return c.dialTLS()
	}
	err = syscall.Connect(fd, &c.client.target)
	if err != nil && err != syscall.EINPROGRESS {
		return c.failed("connect", err)
	}
	if err := c.client.poll.add(fd, c.index); err != nil {
		return c.failed("poll", err)
	}
	return nil
}

// perAddress is how many connections come from one address: fewer than a system has ports for
// (https://docs.kernel.org/networking/ip-sysctl.html, ip_local_port_range).
const perAddress = 20_000

// bindNoPort is IP_BIND_ADDRESS_NO_PORT: the port is chosen by connect, which knows that only the
// whole of both addresses must be unique (https://man7.org/linux/man-pages/man7/ip.7.html).
const bindNoPort = 24

// bind binds the socket to one of the client's source addresses, if it has any.
func (c *conn) bind() error {
	if !c.client.Source.IsValid() {
		return nil
	}
	if err := syscall.SetsockoptInt(c.fd, syscall.IPPROTO_IP, bindNoPort, 1); err != nil {
		return err
	}
	from := c.client.Source.As4()
	at := binary.BigEndian.Uint32(from[:]) + uint32(c.index/perAddress)
	var sa syscall.SockaddrInet4
	binary.BigEndian.PutUint32(sa.Addr[:], at)
	return syscall.Bind(c.fd, &sa)
}

// reset closes the socket so that no port stays behind in TIME_WAIT.
func (c *conn) reset() error {
	linger := syscall.Linger{Onoff: 1}
	err := syscall.SetsockoptLinger(c.fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &linger)
	if err != nil {
		return c.failed("set linger", err)
	}
	return syscall.Close(c.fd)
}

// read reads the bytes that have arrived, into a buffer that all connections share.
func (c *conn) read() ([]byte, error) {
	if c.secure != nil {
		return c.readTLS()
	}
	b := c.client.buf
	n, err := c.readRaw(b)
	return b[:n], err
}

// readRaw returns 0 if no bytes have arrived.
func (c *conn) readRaw(b []byte) (int, error) {
	n, _, err := syscall.RawSyscall(syscall.SYS_READ, uintptr(c.fd),
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return 0, nil
	case err != 0:
		return 0, c.failed("read", err)
	case n == 0:
		return 0, c.failed("read", errors.New("the server closed the connection"))
	}
	return int(n), nil
}

// write sends b.
func (c *conn) write(b []byte) error {
	if c.secure != nil {
		_, err := c.secure.Write(b)
		return err
	}
	return c.writeRaw(b)
}

// writeRaw writes b, and keeps the bytes that the socket does not take for unblock.
func (c *conn) writeRaw(b []byte) error {
	if c.blocked {
		c.unsent = append(c.unsent, b...)
		return nil
	}
	n, _, err := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(c.fd),
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	switch err {
	case 0:
	case syscall.EAGAIN:
		n = 0
	default:
		return c.failed("write", err)
	}
	if int(n) == len(b) {
		return nil
	}
	c.blocked = true
	c.unsent = append(c.unsent, b[n:]...)
	return c.watch(readable | writable)
}

// unblock writes the kept bytes once the socket has room.
func (c *conn) unblock() error {
	b := c.unsent
	c.blocked, c.unsent = false, nil
	if err := c.watch(readable); err != nil {
		return err
	}
	return c.writeRaw(b)
}

func (c *conn) watch(events uint32) error {
	if err := c.client.poll.change(c.fd, c.index, events); err != nil {
		return c.failed("poll", err)
	}
	return nil
}

func (c *conn) failed(what string, err error) error {
	return fmt.Errorf("%s connection %d: %w", what, c.index, err)
}

// times is a ring of the send times of the messages in flight.
type times struct {
	at       []int64
	first, n int
}

// push reports false if the ring is full.
func (r *times) push(t int64) bool {
	if r.n == len(r.at) {
		return false
	}
	i := r.first + r.n
	if i >= len(r.at) {
		i -= len(r.at)
	}
	r.at[i] = t
	r.n++
	return true
}

// pop reports false if the ring is empty.
func (r *times) pop() (int64, bool) {
	if r.n == 0 {
		return 0, false
	}
	t := r.at[r.first]
	if r.first++; r.first == len(r.at) {
		r.first = 0
	}
	r.n--
	return t, true
}
