package main

import (
	"bytes"

	"github.com/tyg-dev/tyg/bench/internal/wire"
)

// data handles bytes from a client.
func (l *loop) data(fd int, b []byte) error {
	c := &l.conns[fd]
	if c.rest != nil {
		b = append(*c.rest, b...)
		c.rest = nil
	}
	if !c.open {
		return l.upgrade(fd, b)
	}
	return l.frames(fd, b)
}

func (l *loop) upgrade(fd int, b []byte) error {
	c := &l.conns[fd]
	head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		b = bytes.Clone(b)
		c.rest = &b
		return nil
	}
	response := wire.Response(head)
	if response == nil {
		l.close(fd)
		return nil
	}
	c.open = true
	if l.room || bytes.Contains(head, []byte(" /?room ")) {
		l.members = append(l.members, int32(fd))
	}
	if err := l.send(fd, response); err != nil {
		return err
	}
	return l.frames(fd, rest)
}

// frames answers all complete frames in one write. The load client begins messages to a room with a
// number, so a message that begins with a letter is an echo.
func (l *loop) frames(fd int, b []byte) error {
	out, room := l.out[:0], l.room
	for len(b) > 0 {
		h, size := wire.ParseHeader(b)
		if size == 0 || len(b)-size < h.Length {
			rest := append(make([]byte, 0, max(size+h.Length, len(b))), b...)
			l.conns[fd].rest = &rest
			break
		}
		if !h.Masked || h.Op == wire.OpClose {
			l.close(fd)
			return nil
		}
		if h.Op == wire.OpPing {
			h.Op = wire.OpPong
		}
		payload := b[size : size+h.Length]
		wire.Mask(payload, h.Key)
		room = room || len(l.members) > 0 && h.Length > 0 && payload[0] <= '9'
		out = wire.AppendHeader(out, h.Op, h.Length)
		out = append(out, payload...)
		b = b[size+h.Length:]
	}
	l.out = out
	if len(out) == 0 {
		return nil
	}
	if !room {
		return l.send(fd, out)
	}
	return l.broadcast(out)
}

func (l *loop) broadcast(b []byte) error {
	if l.ring != nil {
		return l.ring.broadcast(l, b)
	}
	for _, fd := range l.members {
		if err := l.send(int(fd), b); err != nil {
			return err
		}
	}
	return nil
}
