package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// Send sends one message to a connection of any node.
func (n *Node) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	inc, here := n.owner(id)
	if here {
		return n.local.Send(ctx, id, data, opts...)
	}
	const op = "send"
	if err := n.fits(len(data)); err != nil {
		return &tyg.ConnError{Op: op, ID: id, Err: err}
	}
	_, err := n.callAbout(ctx, op, inc, id, command{
		op: opSend, data: data, kind: tyg.NewSendOptions(opts...).Type,
	})
	return err
}

// callAbout is call for a command about one connection.
func (n *Node) callAbout(
	ctx context.Context, op string, inc connid.Incarnation, id tyg.ConnID, c command,
) (reply, error) {
	c.ids = []tyg.ConnID{id}
	r, err := n.call(ctx, inc, c)
	if err == nil {
		err = r.err()
	}
	if err != nil {
		return reply{}, &tyg.ConnError{Op: op, ID: id, Err: err}
	}
	return r, nil
}

// fits returns why a payload does not fit in a message of NATS, or nil.
func (n *Node) fits(size int) error {
	if most := n.bus.maxPayload(); size > most {
		return fmt.Errorf("%d bytes to another node, and NATS takes %d; raise max_payload of its "+
			"servers: %w", size, most, tyg.ErrTooLarge)
	}
	return nil
}

// SendMany sends one message to many connections, with one command to each node that has some.
func (n *Node) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	here, there := n.split(ids)
	var errs []error
	if len(here) > 0 || len(there) == 0 {
		if err := n.local.SendMany(ctx, here, data, opts...); err != nil {
			if !aboutConns(err) {
				return err // no node would send it
			}
			errs = append(errs, err)
		}
	}
	if len(there) == 0 {
		return errors.Join(errs...)
	}
	if err := n.fits(len(data)); err != nil {
		return err
	}
	b := manySend{node: n, errs: errs, command: command{
		op: opSend, data: data, kind: tyg.NewSendOptions(opts...).Type, number: many,
	}}
	return b.run(ctx, there)
}

// split sorts ids by their nodes.
func (n *Node) split(
	ids []tyg.ConnID,
) (here []tyg.ConnID, there map[connid.Incarnation][]tyg.ConnID) {
	there = make(map[connid.Incarnation][]tyg.ConnID)
	for _, id := range ids {
		if inc, own := n.owner(id); !own {
			there[inc] = append(there[inc], id)
		} else {
			here = append(here, id)
		}
	}
	return here, there
}

// aboutConns reports whether an error of SendMany speaks of its recipients.
func aboutConns(err error) bool {
	for range tyg.Failures(err) {
		return true
	}
	return false
}

// A manySend is one SendMany.
type manySend struct {
	node    *Node
	command command

	mu    sync.Mutex
	errs  []error // guarded by mu
	whole error   // guarded by mu; an error that speaks of no recipient
}

func (b *manySend) run(ctx context.Context, there map[connid.Incarnation][]tyg.ConnID) error {
	var nodes sync.WaitGroup
	for inc, ids := range there {
		nodes.Go(func() { b.toNode(ctx, inc, ids) }) // ends with its calls
	}
	nodes.Wait()
	return b.err()
}

// err returns what went wrong, when all calls have ended.
func (b *manySend) err() error {
	if b.whole != nil {
		return b.whole
	}
	return errors.Join(b.errs...)
}

// toNode sends to the connections of one node, with as few commands as NATS allows.
func (b *manySend) toNode(ctx context.Context, inc connid.Incarnation, ids []tyg.ConnID) {
	room := max(1, (b.node.bus.maxPayload()-len(b.command.data))/connid.Length)
	for len(ids) > 0 {
		some := ids[:min(room, len(ids))]
		ids = ids[len(some):]
		c := b.command
		c.ids = some
		r, err := b.node.call(ctx, inc, c)
		b.note(some, r, err)
	}
}

func (b *manySend) note(ids []tyg.ConnID, r reply, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		for _, id := range ids {
			b.errs = append(b.errs, &tyg.ConnError{Op: "send", ID: id, Err: err})
		}
		return
	}
	if r.code != codeOK {
		b.whole = r.err()
	}
	for _, f := range r.failed {
		if f.index < len(ids) {
			err := reply{code: f.code}.err()
			b.errs = append(b.errs, &tyg.ConnError{Op: "send", ID: ids[f.index], Err: err})
		}
	}
}

// Close closes a connection of any node with code 1000.
func (n *Node) Close(ctx context.Context, id tyg.ConnID) error {
	inc, here := n.owner(id)
	if here {
		return n.local.Close(ctx, id)
	}
	_, err := n.callAbout(ctx, "close", inc, id, command{op: opClose})
	return err
}

// CloseWith closes a connection of any node with a code and reason of the caller's choice, see
// gateway.Server.
func (n *Node) CloseWith(
	ctx context.Context, id tyg.ConnID, code tyg.CloseCode, reason string,
) error {
	inc, here := n.owner(id)
	if here {
		return n.local.CloseWith(ctx, id, code, reason)
	}
	_, err := n.callAbout(ctx, "close", inc, id, command{
		op: opClose, number: uint64(code), reason: reason,
	})
	return err
}

// Info returns what is known of a connection of any node.
func (n *Node) Info(ctx context.Context, id tyg.ConnID) (info tyg.Info, err error) {
	inc, here := n.owner(id)
	if here {
		return n.local.Info(ctx, id)
	}
	const op = "info"
	r, err := n.callAbout(ctx, op, inc, id, command{op: opInfo})
	if err == nil {
		if err = json.Unmarshal(r.data, &info); err != nil {
			err = &tyg.ConnError{Op: op, ID: id, Err: err}
		}
	}
	return info, err
}

// LoadValue returns a value of the application, or the state of a connection of any node.
func (n *Node) LoadValue(
	ctx context.Context, k tyg.ValueKey,
) ([]byte, tyg.Revision, error) {
	inc, here := n.owner(k.Conn)
	if k.Conn == "" || here {
		return n.local.LoadValue(ctx, k)
	}
	r, err := n.callAbout(ctx, "load", inc, k.Conn, command{op: opLoad})
	return r.data, tyg.Revision(r.number), err
}

// StoreValue sets a value of the application, or the state of a connection of any node.
func (n *Node) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	inc, here := n.owner(k.Conn)
	if k.Conn == "" || here {
		return n.local.StoreValue(ctx, k, data, rev)
	}
	r, err := n.callAbout(ctx, "store", inc, k.Conn, command{
		op: opStore, data: data, number: uint64(rev),
	})
	return tyg.Revision(r.number), err
}
