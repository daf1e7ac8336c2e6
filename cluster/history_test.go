package cluster

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// A history is what senders and clients have seen. Its check is the same for all scenarios.
type history struct {
	mu     sync.Mutex
	sends  []*sendRecord
	conns  map[tyg.ConnID]*memConn
	ends   []endRecord
	calls  []*callRecord
	killed map[int]bool // nodes
	ledger bool         // no disconnect may be lost
	rand   *rand.Rand
	failed []string
}

func newHistory(seed uint64) *history {
	return &history{
		conns: make(map[tyg.ConnID]*memConn), killed: make(map[int]bool),
		rand: rand.New(rand.NewPCG(seed, 4)),
	}
}

// A sendRecord is one message that was sent.
type sendRecord struct {
	sender     string
	number     int
	to         tyg.ConnID
	start, end time.Time
	err        error
	deadline   time.Time
}

func (s *sendRecord) key() string { return fmt.Sprint(s.sender, "/", s.number) }

// An endRecord is a disconnect that an application was told of.
type endRecord struct {
	id        tyg.ConnID
	requestID string
	at        time.Time
}

// A memConn is a client.
type memConn struct {
	id     tyg.ConnID
	node   int
	ended  time.Time // zero: it is open
	got    []gotRecord
	killed bool // with its node
}

type gotRecord struct {
	sender string
	number int
	at     time.Time
}

func (g gotRecord) key() string { return fmt.Sprint(g.sender, "/", g.number) }

func (h *history) failf(rule, format string, args ...any) {
	h.failed = append(h.failed, rule+": "+fmt.Sprintf(format, args...))
}

// check returns the rules of the guarantees that were broken.
func (h *history) check() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = nil
	got := h.checkOrder()
	for _, s := range h.sends {
		h.checkSend(s, got[s.to][s.key()])
	}
	h.checkEnds()
	h.checkCalls()
	return h.failed
}

// checkOrder checks that no message came twice or after a later one, and returns all by recipient.
func (h *history) checkOrder() map[tyg.ConnID]map[string]*gotRecord {
	all := make(map[tyg.ConnID]map[string]*gotRecord)
	for id, c := range h.conns {
		last, byKey := make(map[string]int), make(map[string]*gotRecord)
		for i, g := range c.got {
			if g.number <= last[g.sender] {
				h.failf("G7 order, once", "%s got %s after %d", id, g.key(), last[g.sender])
			}
			last[g.sender] = g.number
			byKey[g.key()] = &c.got[i]
		}
		all[id] = byKey
	}
	return all
}

// slack is by how much a receiver may be wrong about a deadline.
const slack = time.Second

func (h *history) checkSend(s *sendRecord, got *gotRecord) {
	c := h.conns[s.to]
	switch {
	case s.err == nil && got == nil:
		h.failf("G2 accepted is delivered", "%s to %s", s.key(), s.to)
	case errors.Is(s.err, tyg.ErrUnavailable) && got != nil:
		h.failf("G6 unavailable is not delivered", "%s to %s", s.key(), s.to)
	case errors.Is(s.err, tyg.ErrGone) && (c.ended.IsZero() || c.ended.After(s.end)):
		h.failf("G3 no false gone", "%s to %s, which is open", s.key(), s.to)
	case s.err != nil && !errors.Is(s.err, tyg.ErrUnavailable) && !errors.Is(s.err, tyg.ErrGone) &&
		!errors.Is(s.err, tyg.ErrOutcomeUnknown):
		h.failf("errors", "%s to %s: %v", s.key(), s.to, s.err)
	}
	if got != nil && got.at.After(s.deadline.Add(slack)) {
		h.failf("G8 deadline", "%s came %v late", s.key(), got.at.Sub(s.deadline))
	}
	if errors.Is(s.err, tyg.ErrGone) {
		for _, g := range c.got {
			if g.at.After(s.end) {
				h.failf("G4 gone is final", "%s got %s after its gone", s.to, g.key())
			}
		}
	}
}

// checkEnds checks the disconnects that applications were told of.
func (h *history) checkEnds() {
	told := make(map[tyg.ConnID]string)
	for _, e := range h.ends {
		c := h.conns[e.id]
		if c.ended.IsZero() || c.ended.After(e.at) {
			h.failf("G12 no sweep of a node that serves", "%s is open and was told of", e.id)
		}
		if id := told[e.id]; id != "" && id != e.requestID {
			h.failf("G11 same event id", "%s has %s and %s", e.id, id, e.requestID)
		}
		told[e.id] = e.requestID
	}
	for id, c := range h.conns {
		if c.killed && told[id] == "" && h.ledger {
			h.failf("G11 at least once", "the disconnect of %s was not told", id)
		}
	}
}

// A memLocal is the gateway of a node: its clients.
type memLocal struct {
	tyg.Host // the methods that are not used
	h        *history
	number   int

	dead  bool // guarded by h.mu
	conns map[tyg.ConnID]*memConn
}

var _ local = (*memLocal)(nil)

// connect makes a client, which sends messages until its connection ends.
func (l *memLocal) connect(n *Node) error {
	id, h := n.newID(), n.handler
	if n.ledger != nil {
		h = newGuard(n, h)
	}
	if _, err := h.Handle(n.ctx, tyg.Event{
		Type: tyg.EventConnect, Route: tyg.RouteConnect, Conn: &tyg.Conn{ID: id}, RequestID: string(id),
	}); err != nil {
		return err
	}
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	c := &memConn{id: id, node: l.number}
	l.conns[id], l.h.conns[id] = c, c
	r := rand.New(rand.NewPCG(l.h.rand.Uint64(), 5))
	n.ended.Go(func() { l.live(n, h, id, r) }) // ends with the connection or the node
	return nil
}

func (l *memLocal) Send(
	_ context.Context, id tyg.ConnID, data []byte, _ ...tyg.SendOption,
) error {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	c := l.conns[id]
	if c == nil || !c.ended.IsZero() || l.dead {
		return &tyg.ConnError{Op: "send", ID: id, Err: tyg.ErrGone}
	}
	g := gotRecord{at: time.Now()}
	if _, err := fmt.Sscanf(string(data), "%s %d", &g.sender, &g.number); err != nil {
		return err
	}
	c.got = append(c.got, g)
	return nil
}

func (l *memLocal) CloseWith(_ context.Context, id tyg.ConnID, _ tyg.CloseCode, _ string) error {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	if c := l.conns[id]; c != nil && c.ended.IsZero() {
		c.ended = time.Now()
	}
	return nil
}

func (l *memLocal) CountGroup(context.Context, string) (int, error) { return len(l.open()), nil }

func (l *memLocal) GroupMembers(context.Context, string) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		for _, id := range l.open() {
			if !yield(tyg.Member{ID: id}, nil) {
				return
			}
		}
	}
}

// open returns the clients that are connected.
func (l *memLocal) open() (ids []tyg.ConnID) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	for id, c := range l.conns {
		if c.ended.IsZero() {
			ids = append(ids, id)
		}
	}
	return ids
}

// kill ends the clients with their node.
func (l *memLocal) kill() {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	l.dead, l.h.killed[l.number] = true, true
	for _, c := range l.conns {
		if c.ended.IsZero() {
			c.ended, c.killed = time.Now(), true
		}
	}
}
