package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// A bus is what a node uses of the core of NATS. Tests have one that loses, delays, repeats and
// reorders messages.
type bus interface {
	// subscribe subscribes to a subject. Messages of all subjects arrive in the order of one sender.
	subscribe(subject string) (unsubscribe func(), err error)

	// publish sends a message, and does not wait while NATS is away. An error means that it was not
	// sent.
	publish(subject, reply string, data []byte) error

	// flush waits until the server knows of all subscriptions.
	flush(ctx context.Context) error

	// receive returns the next message. It reports false once the bus is closed.
	receive() (message, bool)

	// drain waits until all that has arrived was received.
	drain(ctx context.Context)

	up() bool     // there is a connection
	waiting() int // messages that receive would return at once
	traffic() traffic
	maxPayload() int
	close()
}

// A message arrived. noResponders means that it is the answer to a message that reached no
// subscription.
type message struct {
	subject, reply string
	data           []byte
	noResponders   bool
}

// errNotSent is the error of a message that certainly was not sent.
var errNotSent = errors.New("not sent")

// inboxSize is the number of messages that wait for the reader. NATS drops what does not fit, as
// it would drop what a slow client does not read.
const inboxSize = 64 << 10

// A natsBus is a bus on NATS.
type natsBus struct {
	nc    *nats.Conn
	owned bool // close closes nc
	inbox chan *nats.Msg
	once  sync.Once
	done  chan struct{}

	// What follow knows of nc. While nc connects, its methods wait for that, which takes seconds if a
	// server does not answer; what clients wait for must not.
	away    atomic.Bool // there is no connection
	payload atomic.Int64
	last    atomic.Pointer[nats.Statistics]
}

func newNATSBus(nc *nats.Conn, owned bool) *natsBus {
	b := &natsBus{
		nc: nc, owned: owned, inbox: make(chan *nats.Msg, inboxSize), done: make(chan struct{}),
	}
	changes := nc.StatusChanged()
	b.look()
	go b.follow(changes) // close ends it
	return b
}

// lookEvery is how often follow looks whether there is a connection again: nc drops changes of its
// status that follow has no room for.
const lookEvery = 100 * time.Millisecond

// follow notes when the connection is lost, and when there is one again.
func (b *natsBus) follow(changes chan nats.Status) {
	defer b.nc.RemoveStatusListener(changes)
	for {
		var again <-chan time.Time
		if b.away.Load() {
			again = time.After(lookEvery)
		}
		select {
		case s := <-changes:
			if s != nats.CONNECTED {
				b.away.Store(true)
				continue
			}
		case <-again:
		case <-b.done:
			return
		}
		b.look()
	}
}

// look asks the connection, which waits while it connects.
func (b *natsBus) look() {
	stats := b.nc.Stats()
	b.last.Store(&stats)
	b.payload.Store(b.nc.MaxPayload())
	b.away.Store(!b.nc.IsConnected())
}

func (b *natsBus) subscribe(subject string) (func(), error) {
	sub, err := b.nc.ChanSubscribe(subject, b.inbox)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // it fails if the connection is closed
}

// errUnconnected is why a message was not sent.
var errUnconnected = errors.New("there is no connection to NATS")

func (b *natsBus) publish(subject, reply string, data []byte) error {
	if b.away.Load() {
		return fmt.Errorf("%w: %w", errNotSent, errUnconnected)
	}
	if err := b.nc.PublishMsg(&nats.Msg{Subject: subject, Reply: reply, Data: data}); err != nil {
		return fmt.Errorf("%w: %w", errNotSent, err)
	}
	return nil
}

func (b *natsBus) flush(ctx context.Context) error { return b.nc.FlushWithContext(ctx) }

const noResponders = "503"

func (b *natsBus) receive() (message, bool) {
	select {
	case m := <-b.inbox:
		none := len(m.Data) == 0 && m.Header.Get("Status") == noResponders
		return message{m.Subject, m.Reply, m.Data, none}, true
	case <-b.done:
		return message{}, false
	}
}

func (b *natsBus) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	for len(b.inbox) > 0 && pause(ctx, time.Millisecond) {
	}
	pause(ctx, time.Millisecond) // for the last one
}

func (b *natsBus) up() bool { return !b.away.Load() }

func (b *natsBus) waiting() int { return len(b.inbox) }

// A traffic is what has gone over a bus.
type traffic struct {
	in, out    Flow
	reconnects int64
	waiting    int // messages that were not received
}

func (b *natsBus) traffic() traffic {
	if b.up() {
		stats := b.nc.Stats()
		b.last.Store(&stats)
	}
	s := b.last.Load() // nothing goes over a bus that is away
	return traffic{
		in:         Flow{int64(s.InMsgs), int64(s.InBytes)},
		out:        Flow{int64(s.OutMsgs), int64(s.OutBytes)},
		reconnects: int64(s.Reconnects), waiting: len(b.inbox),
	}
}

// headerRoom is what a command has beside its payload.
const headerRoom = 4 << 10

func (b *natsBus) maxPayload() int { return int(b.payload.Load()) - headerRoom }

func (b *natsBus) close() {
	b.once.Do(func() {
		if b.owned {
			b.nc.Close()
		}
		close(b.done)
	})
}

// subjects are the subjects of a cluster.
type subjects struct{ prefix string }

func (s subjects) node(inc string) string    { return s.prefix + ".n." + inc }
func (s subjects) group(hash string) string  { return s.prefix + ".g." + hash }
func (s subjects) shard(n int) string        { return fmt.Sprintf("%s.s.%d", s.prefix, n) }
func (s subjects) all() string               { return s.prefix + ".all" }
func (s subjects) heartbeat() string         { return s.prefix + ".hb" }
func (s subjects) replies(box string) string { return s.prefix + ".r." + box + "." }

// soon bounds what a server does at once if there is a connection to it.
const soon = 2 * time.Second
