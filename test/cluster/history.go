//go:build unix

package main

import (
	"fmt"
	"slices"
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
	waits    []wait
	results  map[string]*tally // by guarantee, of this fault
	healed   time.Time
}

// rules are what the judge has to know of the cluster.
type rules struct {
	ledger        bool
	dead, timeout time.Duration
	fence         time.Duration
	findsOut      time.Duration // for a node that was declared dead, once it is back
	silence       time.Duration // after which a node has cut a client that vanished
}

// A life is that of one process of a node.
type life struct {
	generation string
	killed     time.Time // zero: it was not
	left       time.Time // zero: it was not asked to
	refused    error     // why a client could not connect last
	stalled    bool      // it was frozen, or cut off, for longer than rules.dead or nearly
	frozen     []wait    // when it was
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
	vanished      bool                 // its node was not told of its end
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

// A wait is a time in which a process did not run, or in which a link to clients did not pass on
// what came. What comes late may have waited there.
type wait struct {
	from, to time.Time // to is zero while it lasts
	node     string    // the generation whose clients it is about; "": all
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
		r.Node = generation
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
	case record.Late:
		w := wait{from: unix(r.At - r.By), to: unix(r.At)}
		if n := h.nodes[generation]; !slices.ContainsFunc(n.frozen, w.overlaps) {
			h.waits = append(h.waits, w) // what a fault does is no excuse
		}
	}
}

// overlaps reports whether two waits have a time in common.
func (w wait) overlaps(other wait) bool {
	return (w.to.IsZero() || other.from.Before(w.to)) && (other.to.IsZero() || w.from.Before(other.to))
}

// wasKilledBefore reports whether the node of a connection was dead at a time.
func (h *history) wasKilledBefore(c *conn, t time.Time) bool {
	n := h.nodes[c.node]
	return n != nil && !n.killed.IsZero() && n.killed.Before(t)
}

// wait notes a time in which a process did not run.
func (h *history) wait(from, to time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waits = append(h.waits, wait{from: from, to: to})
}

// outOfReach notes that the clients of a node got nothing from a time on, or until when.
func (h *history) outOfReach(generation string, from, to time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, w := range h.waits {
		if w.node == generation && w.from.Equal(from) {
			h.waits[i].to = to
			return
		}
	}
	h.waits = append(h.waits, wait{from: from, to: to, node: generation})
}

// slack is by how much a client of a node may be late: a second, and what was waited for.
func (h *history) slack(node string, from, to time.Time) time.Duration {
	return time.Second + h.waited(node, from, to)
}

// waited returns for how much of a time some process did not run, or the clients of a node were out
// of reach.
func (h *history) waited(node string, from, to time.Time) (d time.Duration) {
	var list []wait
	for _, w := range h.waits {
		if (w.node == "" || w.node == node) && w.overlaps(wait{from: from, to: to}) {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b wait) int { return a.from.Compare(b.from) })
	for _, w := range list {
		end := to
		if !w.to.IsZero() && w.to.Before(to) {
			end = w.to
		}
		if start := later(from, w.from); end.After(start) {
			d += end.Sub(start)
			from = end // counted
		}
	}
	return d
}
