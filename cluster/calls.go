package cluster

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// calls are the commands of this node that wait for their replies.
type calls struct {
	mu      sync.Mutex
	last    uint64
	waiting map[string]chan message // guarded by mu; each has room for one
}

// open returns the token of a new call and the channel of its reply.
func (c *calls) open() (token string, replies <-chan message) {
	ch := make(chan message, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = make(map[string]chan message)
	}
	c.last++
	token = strconv.FormatUint(c.last, 36)
	c.waiting[token] = ch
	return token, ch
}

func (c *calls) close(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, token)
}

// resolve hands a reply to its call. A second one is dropped.
func (c *calls) resolve(token string, m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case c.waiting[token] <- m: // nil, which blocks, if the call is over
	default:
	}
}

// The errors of one attempt. All but errNoAnswer mean that nothing was executed.
var (
	errNoResponders = errors.New("no responders")
	errNoAnswer     = errors.New("no answer")
	errUnreached    = errors.New("no node was reached")
)

// ask publishes a command and waits for the reply until ctx ends.
func (n *Node) ask(ctx context.Context, subject string, c command) (reply, error) {
	m, err := n.exchange(ctx, subject, func() []byte {
		n.number(&c)
		return c.encode()
	})
	if err != nil {
		return reply{}, err
	}
	r, err := decodeReply(m.data)
	if err != nil {
		return reply{}, errNoAnswer // of a later version: it may have been executed
	}
	return r, nil
}

// exchange publishes what encode returns and waits for the answer. Commands are published in the
// order of their numbers.
func (n *Node) exchange(
	ctx context.Context, subject string, encode func() []byte,
) (message, error) {
	token, replies := n.calls.open()
	defer n.calls.close(token)
	n.sending.Lock()
	err := n.bus.publish(subject, n.subjects.replies(n.box)+token, encode())
	n.sending.Unlock()
	n.count.commands.Add(1)
	if err != nil {
		return message{}, err
	}
	select {
	case m := <-replies:
		if m.noResponders {
			return m, errNoResponders
		}
		return m, nil
	case <-ctx.Done():
		return message{}, errNoAnswer
	}
}

// number gives a command the next number. n.sending is held until it is published.
func (n *Node) number(c *command) {
	n.seq++
	c.from, c.seq = n.self().inc, n.seq
}

// call has another node execute a command. The error is tyg.ErrGone, tyg.ErrUnavailable or
// tyg.ErrOutcomeUnknown, see the package comment.
func (n *Node) call(ctx context.Context, inc connid.Incarnation, c command) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Timeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	c.deadline = deadline.UnixNano()
	r, err := n.tryAll(ctx, inc, c)
	n.count.outcome(err)
	return r, err
}

func (n *Node) tryAll(ctx context.Context, inc connid.Incarnation, c command) (reply, error) {
	switch n.peers.standing(inc) {
	case gone:
		return reply{}, tyg.ErrGone
	case unknown:
		if err := n.examine(inc); errors.Is(err, tyg.ErrGone) {
			return reply{}, err
		}
	}
	r, err := n.tryDirect(ctx, inc, c)
	if err == errUnreached {
		r, err = n.tryRelays(ctx, inc, c)
	}
	if err == errUnreached {
		err = n.examine(inc)
	}
	return r, err
}

// tryDirect tries for Config.Retry to reach a node.
func (n *Node) tryDirect(ctx context.Context, inc connid.Incarnation, c command) (reply, error) {
	subject := n.subjects.node(hex(inc))
	end := time.Now().Add(n.cfg.Retry)
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		switch n.peers.standing(inc) {
		case gone:
			return reply{}, tyg.ErrGone
		case suspect:
			if !n.ping(ctx, subject) {
				return reply{}, errUnreached
			}
		}
		r, err := n.ask(ctx, subject, c)
		switch {
		case err == errNoAnswer:
			return reply{}, tyg.ErrOutcomeUnknown
		case err == nil && r.code != codeLate:
			return r, nil
		}
		if time.Until(end) < wait || !pause(ctx, wait) {
			return reply{}, errUnreached
		}
	}
}

const (
	firstWait   = 10 * time.Millisecond
	longestWait = 100 * time.Millisecond
)

// pause waits, and reports whether ctx is still live.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ping asks a node that was silent whether it is there: a command to it might otherwise wait in a
// buffer, and its sender would not know what became of it.
func (n *Node) ping(ctx context.Context, subject string) bool {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Retry/2)
	defer cancel()
	deadline, _ := ctx.Deadline()
	_, err := n.ask(ctx, subject, command{op: opPing, deadline: deadline.UnixNano()})
	return err == nil
}

// maxRelays is how many other nodes are asked to pass on a command.
const maxRelays = 2

// tryRelays asks other nodes to pass on a command: with some servers of NATS apart, they may reach
// what this node does not.
func (n *Node) tryRelays(ctx context.Context, inc connid.Incarnation, c command) (reply, error) {
	tries := 0
	for _, relay := range n.shuffled() {
		if relay == inc {
			continue
		}
		if tries++; tries > maxRelays || ctx.Err() != nil {
			break
		}
		r, err := n.relay(ctx, relay, inc, c)
		if err != errUnreached {
			return r, err
		}
	}
	return reply{}, errUnreached
}

func (n *Node) shuffled() []connid.Incarnation {
	list := n.peers.present()
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func (n *Node) relay(
	ctx context.Context, relay, inc connid.Incarnation, c command,
) (reply, error) {
	m, err := n.exchange(ctx, n.subjects.node(hex(relay)), func() []byte {
		n.number(&c)
		outer := command{op: opRelay, deadline: c.deadline, number: uint64(inc), data: c.encode()}
		n.number(&outer)
		return outer.encode()
	})
	switch {
	case err == errNoAnswer:
		return reply{}, tyg.ErrOutcomeUnknown
	case err != nil:
		return reply{}, errUnreached
	}
	n.count.relayed.Add(1)
	r, err := decodeReply(m.data)
	switch {
	case err != nil || r.code == codeOutcomeUnknown:
		return reply{}, tyg.ErrOutcomeUnknown
	case r.code == codeNotDelivered || r.code == codeLate || r.code == codeUnsupported:
		return reply{}, errUnreached
	}
	return r, nil
}

// examine asks the registry about a node that was not reached: the error is tyg.ErrGone if it is
// dead, else tyg.ErrUnavailable. A node that the registry does not know is declared dead, which
// takes a majority: the leader of a minority may not know a new node.
func (n *Node) examine(inc connid.Incarnation) error {
	if !n.bus.up() {
		return tyg.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(n.ctx, soon)
	defer cancel()
	e, rev, err := n.registry.read(ctx, inc)
	switch {
	case err != nil:
		return tyg.ErrUnavailable
	case rev != 0 && e.State != dead:
		n.peers.list(inc, e)
		return tyg.ErrUnavailable
	case rev == 0:
		if !n.graves.take(time.Now()) {
			return tyg.ErrUnavailable
		}
		_, err := n.registry.write(ctx, inc, entry{State: dead, By: "unknown", Nonce: n.nonce}, 0)
		if err != nil {
			return tyg.ErrUnavailable
		}
	}
	n.buried(inc, e)
	return tyg.ErrGone
}
