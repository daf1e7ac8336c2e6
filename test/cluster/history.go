//go:build unix

package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/test/cluster/record"
)

// A history is what nodes and clients have seen since the last judgement, and what must be kept of
// the time before. Its judge is the same for all faults.
type history struct {
	rules rules

	mu       sync.Mutex
	conns    map[string]*conn
	sends    []record.Record            // of Send and Group, in the order in which they ended
	events   map[string][]record.Record // by connection
	told     map[string][]record.Record // the disconnects, by connection; kept
	refused  map[string]bool            // keys of sends that were unavailable; kept
	nodes    map[string]*life           // by generation, such as "node-1#3"
	quiet    map[string]bool            // nodes whose senders have stopped
	reached  map[[2]string]time.Time    // by generations: when a send began that succeeded
	saidGone map[[2]string]bool         // by generations: a send after a kill returned gone
	lags     []lag
	results  map[string]*tally // by guarantee, of this fault
	healed   time.Time
}

// rules are what the judge has to know of the cluster.
type rules struct {
	ledger        bool
	dead, timeout time.Duration
}

// A life is that of one process of a node.
type life struct {
	generation string
	killed     time.Time // zero: it was not
	left       time.Time // zero: it was not asked to
	refused    error     // why a client could not connect last
	stalled    bool      // it was frozen, or cut off, for longer than rules.dead or nearly
}

// A conn is a client's connection.
type conn struct {
	id, node      string // node is a generation
	opened, ended time.Time
	code          int
	got           []delivery
	acks          []ack
	last          map[string]int       // by sender: the number that came last
	gone          time.Time            // when a send first returned gone
	lastAsked     time.Time            // of the acks: when the client had asked
	crowd         bool                 // it gets no messages to all
	moved         bool                 // the client has ended it
	move          func()               // has the client end it
	answered      map[int]bool         // messages
	asked         [64]question         // by number
	casts         map[string]time.Time // by node name: when the last message to all was sent that came
}

// A question is a message of a client.
type question struct {
	number int
	at     time.Time
}

type delivery struct {
	sender   string
	number   int
	sent, at time.Time
}

func (d delivery) key() string { return fmt.Sprint(d.sender, "/", d.number) }

// An ack is the application's answer to a message.
type ack struct {
	number    int
	asked, at time.Time
}

// A lag is a time in which this program was late itself.
type lag struct {
	at time.Time
	by time.Duration
}

// A tally counts what was judged, and what was wrong.
type tally struct {
	judged, wrong int
	examples      []string
}

const maxExamples = 3

func newHistory(r rules) *history {
	return &history{
		rules: r, conns: make(map[string]*conn), events: make(map[string][]record.Record),
		told: make(map[string][]record.Record), refused: make(map[string]bool),
		nodes: make(map[string]*life),
		quiet: make(map[string]bool), reached: make(map[[2]string]time.Time),
		saidGone: make(map[[2]string]bool),
		results:  make(map[string]*tally),
	}
}

// ok counts one fact that was judged, and a violation unless it holds.
func (h *history) ok(rule string, holds bool, format string, args ...any) {
	t := h.results[rule]
	if t == nil {
		t = new(tally)
		h.results[rule] = t
	}
	t.judged++
	if holds {
		return
	}
	t.wrong++
	if len(t.examples) < maxExamples {
		t.examples = append(t.examples, fmt.Sprintf(format, args...))
	}
}

func unix(ns int64) time.Time { return time.Unix(0, ns) }

// note takes a line of a node.
func (h *history) note(generation string, r record.Record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch r.Kind {
	case record.Send, record.Group:
		h.sends = append(h.sends, r)
		c := h.conns[r.To]
		switch {
		case c == nil:
		case r.Err == "":
			h.reached[[2]string{generation, c.node}] = unix(r.Started)
		case r.Err == record.Gone && h.wasKilledBefore(c, unix(r.Started)):
			h.saidGone[[2]string{generation, c.node}] = true
		}
	case record.Begin, record.End:
		r.Node = generation
		h.events[r.Conn] = append(h.events[r.Conn], r)
		if r.Kind == record.Begin && r.Event == "disconnect" {
			h.told[r.Conn] = append(h.told[r.Conn], r)
		}
	case record.Quiet:
		h.quiet[generation] = true
	}
}

// wasKilledBefore reports whether the node of a connection was dead at a time.
func (h *history) wasKilledBefore(c *conn, t time.Time) bool {
	n := h.nodes[c.node]
	return n != nil && !n.killed.IsZero() && n.killed.Before(t)
}

// slack is by how much a receiver may be late, with what this program was late itself.
func (h *history) slack(from, to time.Time) time.Duration {
	d := time.Second
	for _, l := range h.lags {
		if l.at.After(from) && l.at.Add(-l.by).Before(to.Add(time.Second)) {
			d += l.by
		}
	}
	return d
}
