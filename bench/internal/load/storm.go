package load

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// retryStorm is after how long a client that could not connect tries again.
const retryStorm = 100 * time.Millisecond

// Storm opens connections that stay silent, resets all of them at once, and opens all again: each
// at a moment of its own within Spread. Seconds is then the time until all are open, and the
// latencies are those of a connection, from when it was due. It returns a function that closes all.
func Storm(cfg Config) (r Result, closeAll func(), err error) {
	l, err := newClient(cfg)
	if err != nil {
		return r, nil, err
	}
	if r, err = l.storm(); err != nil {
		l.close()
		return r, nil, err
	}
	return r, l.close, nil
}

func (l *client) storm() (r Result, err error) {
	if err := l.open(); err != nil {
		return r, err
	}
	if err := l.ready(); err != nil {
		return r, err
	}
	before, err := l.snapshot()
	if err != nil {
		return r, err
	}
	s := newStorm(l)
	if err := s.cut(); err != nil {
		return r, err
	}
	if err := s.reconnect(); err != nil {
		return r, err
	}
	after, err := l.snapshot()
	if err != nil {
		return r, err
	}
	l.messages = uint64(len(l.conns))
	r = l.result(before, after)
	r.Retries = s.retries
	return r, nil
}

// A storm is clients that connect again.
type storm struct {
	*client
	due     []int64 // when each dials, by index
	next    int     // all before it in due have dialed
	again   []int   // those that have failed, in the order in which they try again
	open    int
	retries uint64
}

func newStorm(l *client) *storm {
	s := &storm{client: l, due: make([]int64, len(l.conns))}
	return s
}

// cut resets all connections, and sets when they dial.
func (s *storm) cut() error {
	for _, c := range s.conns {
		if err := c.reset(); err != nil {
			return err
		}
		c.state = connecting
	}
	s.latency = stat.Hist{}
	now := s.now()
	for i := range s.due {
		s.due[i] = now + int64(s.Spread)*int64(i)/int64(len(s.due))
	}
	return nil
}

// reconnect opens all connections.
func (s *storm) reconnect() error {
	limit := s.now() + int64(s.Spread) + int64(3*s.Timeout)
	for s.open < len(s.conns) {
		now := s.now()
		if now > limit {
			return fmt.Errorf("%d of %d connections are open after %v", s.open, len(s.conns),
				s.Spread+3*s.Timeout)
		}
		if err := s.dialDue(now); err != nil {
			return err
		}
		events, err := s.poll.wait(1)
		if err != nil {
			return err
		}
		for i := range events {
			s.handleEvent(s.conns[events[i].Fd], events[i].Events)
		}
	}
	return nil
}

// dialDue dials those whose time has come. It dials some at a time, so that those that answer do
// not wait for all to have dialed.
func (s *storm) dialDue(now int64) error {
	for range 64 {
		switch {
		case s.next < len(s.conns) && s.due[s.next] <= now:
			s.next++
			if err := s.conns[s.next-1].dial(); err != nil {
				return err
			}
		case len(s.again) > 0 && s.conns[s.again[0]].dialed+int64(retryStorm) <= now:
			i := s.again[0]
			s.again = s.again[1:]
			if err := s.conns[i].dial(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// handleEvent takes a connection on. One that fails tries again later.
func (s *storm) handleEvent(c *conn, events uint32) {
	was := c.state
	err := c.advanceOrRead(events)
	switch {
	case err != nil && was != open:
		s.retries++
		_ = syscall.Close(c.fd) // it has failed
		c.dialed = s.now()
		s.again = append(s.again, c.index)
	case was != open && c.state == open:
		s.open++
		s.latency.Add(s.now() - s.due[c.index])
	}
}

// advanceOrRead is advance, also of a connection that is open.
func (c *conn) advanceOrRead(events uint32) error {
	if c.state != open {
		return c.advance(events)
	}
	b, err := c.read()
	if len(b) == 0 || err != nil {
		return err
	}
	if n, err := c.receive(b); err != nil || n > 0 {
		return c.failed("check", errors.Join(err, errors.New("messages came that were not sent")))
	}
	return nil
}

// Keep is Hold that answers pings, until stop is closed. It calls Ready when all are open.
func Keep(cfg Config, stop <-chan struct{}) error {
	l, err := newClient(cfg)
	if err != nil {
		return err
	}
	defer l.close()
	l.prepareEcho()
	if err := l.open(); err != nil {
		return err
	}
	if err := l.echoOnce(); err != nil {
		return err
	}
	l.buf = make([]byte, 1<<10)
	if err := l.ready(); err != nil {
		return err
	}
	l.Timeout = time.Hour // clients are silent
	return l.run(silence{}, func(int64) bool { return isClosed(stop) })
}

func isClosed(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// silence is traffic of connections that get no messages.
type silence struct{}

func (silence) tick(int64) (int, error) { return 100, nil }

func (silence) arrived(c *conn, n int, _ int64) error {
	return c.failed("check", fmt.Errorf("%d messages came that were not sent", n))
}
