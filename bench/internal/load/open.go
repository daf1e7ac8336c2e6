package load

import (
	"bytes"
	"fmt"
	"syscall"

	"github.com/tyg-dev/tyg/bench/internal/wire"
)

// open opens all connections, Parallel at a time.
func (l *client) open() error {
	l.conns = make([]*conn, l.Conns)
	ready, dialed := 0, 0
	progress := l.now()
	for ready < l.Conns {
		for ; dialed < l.Conns && dialed-ready < l.Parallel; dialed++ {
			if err := l.dial(dialed, false); err != nil {
				return err
			}
		}
		n, err := l.advance()
		if err != nil {
			return err
		}
		if ready += n; n > 0 {
			progress = l.now()
		}
		if l.now()-progress > int64(l.Timeout) {
			return fmt.Errorf("stuck with %d of %d connections open", ready, l.Conns)
		}
	}
	return nil
}

func (l *client) dial(index int, guest bool) error {
	c := &conn{client: l, index: index, guest: guest}
	l.conns[index] = c
	return c.dial()
}

// advance waits for events once, and returns how many connections it opened.
func (l *client) advance() (ready int, err error) {
	events, err := l.poll.wait(100)
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		c := l.conns[e.Fd]
		if c.state == open {
			if err := c.readNotice(); err != nil {
				return 0, err
			}
			continue
		}
		if err := c.advance(e.Events); err != nil {
			return 0, err
		}
		if c.state == open {
			ready++
		}
	}
	return ready, nil
}

// readNotice reads the chat's announcements that arrive while other connections are being opened.
func (c *conn) readNotice() error {
	if c.client.Dialect != Chat {
		return nil
	}
	b, err := c.read()
	if len(b) == 0 || err != nil {
		return err
	}
	_, err = c.receive(b)
	return err
}

// advance handles one event of a connection that is not open yet.
func (c *conn) advance(events uint32) error {
	if c.state == connecting {
		return c.connected(events)
	}
	if c.blocked && events&syscall.EPOLLOUT != 0 {
		if err := c.unblock(); err != nil {
			return err
		}
	}
	b, err := c.read()
	if len(b) == 0 || err != nil {
		return err
	}
	if c.state == upgrading {
		if b, err = c.upgraded(b); c.state == upgrading || err != nil {
			return err
		}
	}
	return c.greeted(b)
}

func (c *conn) connected(events uint32) error {
	if code, err := syscall.GetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil {
		return c.failed("connect", err)
	} else if code != 0 {
		return c.failed("connect", syscall.Errno(code))
	}
	if c.client.TLS != nil {
		result := c.dialing.Load()
		if result.err != nil {
			return c.failed("TLS handshake of", result.err)
		}
		c.secure = result.conn
	}
	if events&syscall.EPOLLOUT == 0 {
		return nil
	}
	if err := c.watch(readable); err != nil {
		return err
	}
	if c.client.Dialect == TCP {
		c.state = open
		return nil
	}
	c.state = upgrading
	return c.write(c.client.request)
}

// upgraded takes bytes of the answer to the handshake, and returns the bytes after it.
func (c *conn) upgraded(b []byte) ([]byte, error) {
	c.response = append(c.response, b...)
	head, rest, ok := bytes.Cut(c.response, []byte("\r\n\r\n"))
	if !ok {
		return nil, nil
	}
	accept := wire.Accept([]byte(wire.ClientKey))
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) || !bytes.Contains(head, []byte(accept)) {
		return nil, c.failed("upgrade", fmt.Errorf("the server answered %.200q", c.response))
	}
	c.response = nil
	c.state = greeting
	return rest, c.greet()
}

// greeted takes bytes that arrive before the connection is usable: pings, and the replies to the
// dialect's greeting.
func (c *conn) greeted(b []byte) error {
	n, err := c.receive(b)
	if err != nil {
		return err
	}
	if c.greets -= n; c.greets > 0 {
		return nil
	}
	c.got = 0
	c.state = open
	return nil
}
