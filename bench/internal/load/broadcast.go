package load

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// numberSize is how many bytes of a broadcast message are its number.
const numberSize = 10

// Broadcast publishes messages to a room with all connections, and counts deliveries. Depth
// publishes are always in flight; a publish is complete when the last member has it. Every member
// must get every message, in order.
func Broadcast(cfg Config) (Result, error) {
	l, err := newClient(cfg)
	if err != nil {
		return Result{}, err
	}
	defer l.close()
	can := slices.Contains([]Dialect{"", Plain, Centrifuge, Chat}, cfg.Dialect)
	if cfg.Size < numberSize || !can {
		return Result{}, fmt.Errorf("dialect %q with %d bytes cannot broadcast", cfg.Dialect, cfg.Size)
	}
	l.room = true
	if err := l.open(); err != nil {
		return Result{}, err
	}
	r, err := newRoom(l)
	if err != nil {
		return Result{}, err
	}
	if err := l.ready(); err != nil {
		return Result{}, err
	}
	result, err := l.measure(r)
	result.LastP50, result.LastP99 = r.last.Quantile(.5), r.last.Quantile(.99)
	return result, err
}

// room is the traffic of Broadcast. Publishes end in the order in which they began, because every
// member gets them in that order. So Depth slots are enough for those in flight.
type room struct {
	*client
	publisher *conn
	slots     []publish
	begun     uint64
	most      uint64 // publishes in all; 0: no limit
	ended     uint64
	last      stat.Hist // from publish to the last delivery
}

type publish struct {
	at   int64
	left int // deliveries to come
}

func newRoom(l *client) (*room, error) {
	r := &room{client: l, publisher: l.conns[0], slots: make([]publish, l.Depth)}
	l.wants = make([][]byte, l.Depth)
	for i := range l.wants {
		l.wants[i] = bytes.Clone(l.payload)
	}
	if l.Dialect != Centrifuge {
		return r, nil
	}
	// centrifuge answers a publish, so the publisher cannot be a member that counts deliveries
	guest := len(l.conns)
	l.conns = append(l.conns, nil)
	if err := l.dial(guest, true); err != nil {
		return nil, err
	}
	r.publisher = l.conns[guest]
	for r.publisher.state != open {
		if _, err := l.advance(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// tick publishes as many messages as may be in flight, in one write.
func (r *room) tick(now int64) (int, error) {
	var b []byte
	for ; r.begun < r.allowed(); r.begun++ {
		i := r.begun % uint64(r.Depth)
		r.slots[i] = publish{at: now, left: r.Conns}
		copy(r.wants[i][r.numberAt():], strconv.AppendUint(nil, 1e9+r.begun%1e9, 10))
		b = r.encode(b, r.wants[i])
	}
	if b == nil {
		return 100, nil
	}
	return 100, r.publisher.write(b)
}

// allowed returns how many publishes may have begun by now.
func (r *room) allowed() uint64 {
	n := r.ended + uint64(r.Depth)
	if r.most > 0 {
		return min(n, r.most)
	}
	return n
}

// numberAt returns where in a message its number is: after the publisher's name in the chat.
func (r *room) numberAt() int {
	if r.Dialect == Chat {
		return len(publisherName + ": ")
	}
	return 0
}

func (r *room) arrived(c *conn, n int, now int64) error {
	if c.guest {
		return nil
	}
	if c.got > r.begun {
		return c.failed("check", fmt.Errorf("more came than was published"))
	}
	r.messages += uint64(n)
	for i := c.got - uint64(n); i < c.got; i++ {
		p := &r.slots[i%uint64(r.Depth)]
		r.latency.Add(now - p.at)
		if p.left--; p.left == 0 {
			r.last.Add(now - p.at)
			r.ended++
		}
	}
	return nil
}
