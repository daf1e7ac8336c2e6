package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
	"github.com/tyg-dev/tyg/bench/internal/wire"
)

const maskKey = 0x12345678

// A client reads what one connection gets.
type client struct {
	net.Conn
	in *bufio.Reader
	id string // of the connection, or its channel
}

// received is what all clients of a fleet have got.
type received struct {
	count atomic.Int64
	mu    sync.Mutex
	times stat.Hist // guarded by mu; from the payload's time
}

// dial connects to a node. Members are in the room.
func (f *fleet) dial(n *node, member bool, number int, got *received) (*client, error) {
	conn, err := net.Dial("tcp", n.addr)
	if err != nil {
		return nil, err
	}
	c := &client{Conn: conn, in: bufio.NewReaderSize(conn, 1024)}
	f.conns = append(f.conns, c)
	path := "/api/"
	if member {
		path += "?room"
	}
	if err := c.shake(n.addr, path); err != nil {
		return nil, err
	}
	if f.kind == "tyg" {
		err = c.greetTyg()
	} else {
		c.id = fmt.Sprint("user", number)
		channel := c.id
		if member {
			channel = "room"
		}
		err = c.greetCentrifuge(channel)
	}
	if err != nil {
		return nil, fmt.Errorf("greet: %w", err)
	}
	go c.read(got) // ends with the connection
	return c, nil
}

func (c *client) shake(host, path string) error {
	if _, err := c.Write(wire.Request(host, path)); err != nil {
		return err
	}
	status, err := c.in.ReadString('\n')
	if err != nil || !bytes.Contains([]byte(status), []byte(" 101 ")) {
		return fmt.Errorf("handshake: %q, %w", status, errors.Join(err))
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil || line == "\r\n" {
			return err
		}
	}
}

func (c *client) say(op byte, text string) error {
	_, err := c.Write(wire.AppendMasked(nil, op, []byte(text), maskKey))
	return err
}

func (c *client) greetTyg() error {
	if err := c.say(wire.OpText, "who"); err != nil {
		return err
	}
	_, data, err := c.frame()
	c.id = string(bytes.TrimPrefix(data, []byte("id ")))
	return err
}

// greetCentrifuge connects and subscribes, by centrifuge's JSON protocol.
func (c *client) greetCentrifuge(channel string) error {
	if err := c.say(wire.OpText, `{"id":1,"connect":{}}`); err != nil {
		return err
	}
	if _, _, err := c.frame(); err != nil {
		return err
	}
	join := fmt.Sprintf(`{"id":2,"subscribe":{"channel":"%s"}}`, channel)
	if err := c.say(wire.OpText, join); err != nil {
		return err
	}
	_, _, err := c.frame()
	return err
}

// publish has the room get messages, in one write.
func (c *client) publish(kind string, count, size int) error {
	var b []byte
	for range count {
		data := fmt.Appendf(nil, `{"t":%d,"x":"`, time.Now().UnixNano())
		for len(data) < size-2 {
			data = append(data, 'x')
		}
		data = append(data, '"', '}')
		if kind != "tyg" {
			data = fmt.Appendf(nil, `{"id":9,"publish":{"channel":"room","data":%s}}`, data)
		}
		b = wire.AppendMasked(b, wire.OpText, data, maskKey)
	}
	_, err := c.Write(b)
	return err
}

// frame returns the next frame. The data is valid until the next call.
func (c *client) frame() (op byte, data []byte, err error) {
	head, err := c.in.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	need := 2
	switch head[1] & 127 {
	case 126:
		need = 4
	case 127:
		need = 10
	}
	if head, err = c.in.Peek(need); err != nil {
		return 0, nil, err
	}
	h, size := wire.ParseHeader(head)
	if _, err := c.in.Discard(size); err != nil {
		return 0, nil, err
	}
	data = make([]byte, h.Length)
	_, err = io.ReadFull(c.in, data)
	return h.Op, data, err
}

// read counts messages and answers pings.
func (c *client) read(got *received) {
	stamp := []byte(`"t":`)
	for {
		op, data, err := c.frame()
		switch {
		case err != nil:
			return
		case op == wire.OpPing:
			err = c.say(wire.OpPong, string(data))
		case len(data) == 2: // centrifuge's ping
			err = c.say(wire.OpText, "{}")
		}
		if err != nil {
			return
		}
		for _, part := range bytes.Split(data, stamp)[1:] { // centrifuge joins messages
			got.count.Add(1)
			digits, _, _ := bytes.Cut(part, []byte(","))
			if ns, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
				got.mu.Lock()
				got.times.Add(time.Now().UnixNano() - ns)
				got.mu.Unlock()
			}
		}
	}
}
