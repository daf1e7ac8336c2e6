package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
	"github.com/tyg-dev/tyg/internal/lostconn"
)

// sweeps are the disconnects of dead nodes that this node is telling of.
type sweeps struct {
	mu      sync.Mutex
	running map[connid.Incarnation]bool // guarded by mu
	next    time.Time                   // guarded by mu; when the next handler may be called
	open    chan struct{}               // closed when handlers may be called
}

func (s *sweeps) init() {
	s.running = make(map[connid.Incarnation]bool)
	s.open = make(chan struct{})
}

// start sweeps a node that is dead, unless that is under way.
func (s *sweeps) start(n *Node, inc connid.Incarnation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[inc] || n.ctx.Err() != nil {
		return
	}
	s.running[inc] = true
	n.ended.Go(func() { // ends with n.ctx; Leave waits for it
		defer s.end(inc)
		select {
		case <-s.open:
			n.sweep(inc)
		case <-n.ctx.Done():
		}
	})
}

func (s *sweeps) end(inc connid.Incarnation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, inc)
}

// slot returns how long to wait before the next handler, so that there are not more than rate in a
// second.
func (s *sweeps) slot(rate int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.next = later(s.next, now)
	wait := s.next.Sub(now)
	s.next = s.next.Add(time.Second / time.Duration(rate))
	return wait
}

// sweep tells the application of the connections of a dead node, until none are left.
func (n *Node) sweep(inc connid.Incarnation) {
	for {
		err := n.sweepOnce(inc)
		if err == nil || n.ctx.Err() != nil {
			return
		}
		n.cfg.Logger.Warn("sweep of a dead node failed; it is tried again", "incarnation", hex(inc),
			"err", err)
		if !pause(n.ctx, time.Second) {
			return
		}
	}
}

func (n *Node) sweepOnce(inc connid.Incarnation) error {
	err := n.ledger.sweep(n.ctx, inc, memberRecords, n.tellLeave)
	if err == nil {
		err = n.ledger.sweep(n.ctx, inc, connRecords, n.tellDisconnect)
	}
	if err != nil {
		return err
	}
	e, rev, err := n.registry.read(n.ctx, inc)
	if err != nil || rev == 0 || e.Swept {
		return err
	}
	e.Swept = true
	if _, err := n.registry.write(n.ctx, inc, e, rev); err != nil && err != errConflict {
		return err
	}
	return nil
}

// ReasonLost is the reason of the disconnect, with code 1006, of a connection whose node was
// killed.
const ReasonLost = lostconn.ReasonLost

// maxTries is how often a handler of a disconnect is called that fails.
const maxTries = 3

func (n *Node) tellDisconnect(r record) error {
	var c lostconn.Conn
	if err := json.Unmarshal(r.data, &c); err != nil {
		n.cfg.Logger.Error("record of a disconnect is damaged", "err", err)
		return nil
	}
	return n.tell(r, c.Disconnect(n))
}

func (n *Node) tellLeave(r record) error {
	var m lostconn.Member
	if err := json.Unmarshal(r.data, &m); err != nil {
		n.cfg.Logger.Error("record of a member is damaged", "err", err)
		return nil
	}
	return n.tell(r, m.Leave(n))
}

// tell calls the handler with an event of a connection of a dead node. An error has it called
// again, by this node or another.
func (n *Node) tell(r record, e tyg.Event) error {
	if !pause(n.ctx, n.sweeps.slot(n.cfg.SweepRate)) || !n.checkFence() {
		return errFenced
	}
	ctx, cancel := context.WithTimeout(n.ctx, n.cfg.HandlerTime)
	defer cancel()
	e.Time = time.Now()
	n.count.swept.Add(1)
	err := n.handle(ctx, e)
	if err == nil {
		return nil
	}
	n.count.sweepErrors.Add(1)
	n.cfg.Logger.Error("handler failed", "conn", e.Conn.ID, "event", e.Type.String(),
		"request", e.RequestID, "try", r.tries, "err", err)
	if r.tries >= maxTries {
		return nil
	}
	return err
}

func (n *Node) handle(ctx context.Context, e tyg.Event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w", &tyg.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	_, err = n.handler.Handle(ctx, e)
	return err
}
