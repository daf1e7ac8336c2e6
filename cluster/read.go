package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// read handles what arrives, one message after the other. It never waits: commands that may take
// longer than a queue run beside it.
func (n *Node) read() {
	replies, beats := n.subjects.replies(n.box), n.subjects.heartbeat()
	for {
		m, ok := n.bus.receive()
		switch {
		case !ok:
			return
		case strings.HasPrefix(m.subject, replies):
			n.calls.resolve(m.subject[len(replies):], m)
		case m.subject == beats:
			n.hear(m)
		default:
			n.hold.begin(n)
			n.accept(m)
		}
		n.hold.end(n.bus.waiting())
	}
}

// A hold has the messages that other nodes have sent leave together, while more of them wait to be
// read. A broadcast costs a write for each member otherwise, which is most of its cost.
type hold struct {
	holder interface { // nil: nothing is held
		Hold(ctx context.Context) (held context.Context, release func())
	}
	ctx     context.Context // of the hold
	release func()          // nil: nothing is held now
	count   int             // messages since it began
}

// maxHeld bounds what waits for the end of a hold, in messages.
const maxHeld = 64

// begin begins a hold if it pays.
func (h *hold) begin(n *Node) {
	if h.holder != nil && h.release == nil && n.bus.waiting() > 0 {
		h.ctx, h.release = h.holder.Hold(n.ctx)
	}
}

// end ends the hold unless more messages wait.
func (h *hold) end(waiting int) {
	if h.release == nil {
		return
	}
	if h.count++; waiting == 0 || h.count >= maxHeld {
		h.release()
		h.ctx, h.release, h.count = nil, nil, 0
	}
}

// context returns what the reader sends with.
func (h *hold) context(ctx context.Context) context.Context {
	if h.release != nil {
		return h.ctx
	}
	return ctx
}

// accept handles a command.
func (n *Node) accept(m message) {
	c, err := decodeCommand(m.data)
	if err != nil {
		n.count.refused.Add(1)
		n.respond(m, reply{code: codeUnsupported, text: err.Error()})
		return
	}
	self := n.self()
	if self == nil || c.from == self.inc {
		return // one's own message to all
	}
	switch c.op {
	case opPing: // of a node that may have no number yet
		n.respond(m, reply{})
		return
	case opDrain:
		if n.cfg.OnDrain == nil {
			n.respond(m, failed(errKeeps))
			return
		}
		n.respond(m, reply{})
		go n.cfg.OnDrain() // the program's; it ends with it
		return
	}
	if n.expired(c) {
		n.count.expired.Add(1)
		return
	}
	switch n.windows.judge(c.from, c.seq) {
	case repeated:
		n.count.repeated.Add(1)
		return
	case late:
		n.count.late.Add(1)
		n.respond(m, reply{code: codeLate})
		return
	}
	n.execute(m, c)
}

// errKeeps is what a node answers that does not know how to drain.
var errKeeps = errors.New("its program does not drain when it is asked to; send it SIGTERM")

// expired reports whether the deadline of a command has passed. Its sender does not wait any more.
func (n *Node) expired(c command) bool {
	return c.deadline != 0 && time.Now().UnixNano() > n.peers.localTime(c.from, c.deadline)
}

func (n *Node) respond(m message, r reply) {
	if m.reply != "" {
		_ = n.bus.publish(m.reply, "", r.encode()) // the sender gets no answer then
	}
}

// execute executes a command and answers it.
func (n *Node) execute(m message, c command) {
	n.count.executed.Add(1)
	switch c.op {
	case opSend, opClose, opInfo, opGroup, opLoad, opStore, opCount:
		n.respond(m, n.doNow(c))
	case opAdd, opRemove, opMembers:
		n.beside(m, func(ctx context.Context) reply { return n.doBeside(ctx, c) })
	case opRelay:
		n.beside(m, func(ctx context.Context) reply { return n.pass(ctx, m, c) })
	default:
		n.respond(m, reply{code: codeUnsupported})
	}
}

// beside runs f beside the reader. With too many commands there, the sender is told to slow down.
func (n *Node) beside(m message, f func(context.Context) reply) {
	select {
	case n.tasks <- struct{}{}:
	default:
		n.respond(m, reply{code: codeThrottled})
		return
	}
	n.ended.Go(func() { // ends within the timeout; Leave waits for it
		defer func() { <-n.tasks }()
		ctx, cancel := context.WithTimeout(n.ctx, n.cfg.Timeout)
		defer cancel()
		if r := f(ctx); r.code != codeAnswered {
			n.respond(m, r)
		}
	})
}

// codeAnswered is the code of a reply that was passed on already. It is never sent.
const codeAnswered code = 255

func (n *Node) doNow(c command) reply {
	ctx := n.hold.context(n.ctx)
	switch c.op {
	case opSend:
		return n.doSend(ctx, c)
	case opGroup:
		return replyJSON(n.local.SendToGroup(ctx, c.group, c.data, tyg.GroupOptions{
			Type: c.kind, Except: c.except,
		}))
	case opCount:
		count, err := n.local.CountGroup(ctx, c.group)
		if err != nil {
			return failed(err)
		}
		return reply{number: uint64(count)}
	}
	id, err := onlyID(c)
	if err != nil {
		return failed(err)
	}
	switch c.op {
	case opClose:
		if c.number != 0 {
			return failed(n.local.CloseWith(ctx, id, tyg.CloseCode(c.number), c.reason))
		}
		return failed(n.local.Close(ctx, id))
	case opInfo:
		return replyJSON(n.local.Info(ctx, id))
	case opLoad:
		data, rev, err := n.local.LoadValue(ctx, tyg.ValueKey{Conn: id})
		r := failed(err)
		r.data, r.number = data, uint64(rev)
		return r
	}
	rev, err := n.local.StoreValue(ctx, tyg.ValueKey{Conn: id}, c.data, tyg.Revision(c.number))
	r := failed(err)
	r.number = uint64(rev)
	return r
}

func onlyID(c command) (tyg.ConnID, error) {
	if len(c.ids) != 1 {
		return "", tyg.ErrInvalidID
	}
	return c.ids[0], nil
}

// many is the number of an opSend whose slow recipients are closed.
const many = 1

func (n *Node) doSend(ctx context.Context, c command) reply {
	if c.number != many {
		id, err := onlyID(c)
		if err == nil {
			err = n.local.Send(ctx, id, c.data, c.kind)
		}
		return failed(err)
	}
	err := n.local.SendMany(ctx, c.ids, c.data, c.kind)
	if err == nil {
		return reply{}
	}
	var r reply
	for id, err := range tyg.Failures(err) {
		r.failed = append(r.failed, failure{slices.Index(c.ids, id), codeOf(err)})
	}
	if len(r.failed) == 0 {
		return failed(err)
	}
	return r
}

func replyJSON[T any](v T, err error) reply {
	if err != nil {
		return failed(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return failed(err)
	}
	return reply{data: data}
}

func (n *Node) doBeside(ctx context.Context, c command) reply {
	if c.op == opMembers {
		return n.page(ctx, c)
	}
	id, err := onlyID(c)
	if err != nil {
		return failed(err)
	}
	var m tyg.Member
	var changed bool
	if c.op == opAdd {
		m, changed, err = n.addHere(ctx, c.group, id, c.data)
	} else {
		m, changed, err = n.removeHere(ctx, c.group, id)
	}
	r := replyJSON(m, err)
	r.flag = changed
	return r
}

// pass passes a command on to another node, and its answer back as it is.
func (n *Node) pass(ctx context.Context, m message, c command) reply {
	deadline := time.Unix(0, n.peers.localTime(c.from, c.deadline))
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	inc := connid.Incarnation(c.number)
	subject := n.subjects.node(hex(inc))
	if n.peers.standing(inc) == suspect && !n.ping(ctx, subject) {
		return reply{code: codeNotDelivered, text: "it does not answer"}
	}
	answer, err := n.exchange(ctx, subject, func() []byte { return c.data })
	switch {
	case err == errNoAnswer:
		return reply{code: codeOutcomeUnknown}
	case err != nil:
		return reply{code: codeNotDelivered, text: fmt.Sprint(err)}
	}
	_ = n.bus.publish(m.reply, "", answer.data) // the sender gets no answer then
	return reply{code: codeAnswered}
}
