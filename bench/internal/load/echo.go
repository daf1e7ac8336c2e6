package load

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// Echo sends messages and waits for them to come back. Depth messages of each connection are always
// in flight; with Rate, Echo sends that many messages a second instead.
func Echo(cfg Config) (Result, error) {
	l, err := newClient(cfg)
	if err != nil {
		return Result{}, err
	}
	defer l.close()
	l.prepareEcho()
	if err := l.open(); err != nil {
		return Result{}, err
	}
	if err := l.ready(); err != nil {
		return Result{}, err
	}
	if l.Rate > 0 {
		return l.measure(newOpenLoop(l))
	}
	for _, c := range l.conns {
		c.sent.at = make([]int64, l.Depth)
		if err := c.send(l.Depth, l.now()); err != nil {
			return Result{}, err
		}
	}
	return l.measure(closedLoop{l})
}

func (l *client) prepareEcho() {
	l.wants = [][]byte{l.payload}
	l.frames = bytes.Repeat(l.encode(nil, l.payload), l.Depth)
}

// send sends n messages, at most Depth.
func (c *conn) send(n int, now int64) error {
	l := c.client
	for range n {
		if !c.sent.push(now) {
			return c.failed("send", fmt.Errorf("%d messages are not answered", c.sent.n))
		}
	}
	return c.write(l.frames[:len(l.frames)/l.Depth*n])
}

// echoed records n answers.
func (c *conn) echoed(n int, now int64) error {
	l := c.client
	l.messages += uint64(n)
	for range n {
		t, ok := c.sent.pop()
		if !ok {
			return c.failed("check", errors.New("more messages came back than were sent"))
		}
		l.latency.Add(now - t)
	}
	return nil
}

// closedLoop sends a message for each that comes back.
type closedLoop struct{ *client }

func (closedLoop) tick(int64) (int, error) { return 100, nil }

func (closedLoop) arrived(c *conn, n int, now int64) error {
	if err := c.echoed(n, now); err != nil {
		return err
	}
	return c.send(n, now)
}

// openLoop sends at a fixed rate, to one connection after the other. The latency of a message
// begins when it was due, so that a stall of the server counts for every message that waited.
type openLoop struct {
	*client
	next, gap int64
	turn      int
}

func newOpenLoop(l *client) *openLoop {
	for _, c := range l.conns {
		c.sent.at = make([]int64, 1<<12)
	}
	return &openLoop{client: l, next: l.now(), gap: int64(float64(time.Second) / l.Rate)}
}

func (o *openLoop) tick(now int64) (int, error) {
	for o.next <= now {
		c := o.conns[o.turn%len(o.conns)]
		if err := c.send(1, o.next); err != nil {
			return 0, err
		}
		o.turn++
		o.next += o.gap
	}
	o.nap = max(time.Duration(o.next-o.now()), 1)
	return 0, nil
}

func (*openLoop) arrived(c *conn, n int, now int64) error { return c.echoed(n, now) }
