//go:build unix

package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/test/cluster/record"
)

// TestMutantsApply checks that each mutant changes the code that there is, and has a fault and a
// guarantee to show under.
func TestMutantsApply(t *testing.T) {
	var faults []string
	for _, p := range (options{}).fleets() {
		for _, f := range p.faults {
			faults = append(faults, f.name)
		}
	}
	for _, m := range mutants {
		if !slices.Contains(faults, m.fault) {
			t.Errorf("%s: %q is no fault of the short form", m.name, m.fault)
		}
		if !slices.Contains(ruleNames, m.want) {
			t.Errorf("%s: %q is no guarantee", m.name, m.want)
		}
		for _, e := range m.edits {
			if _, err := e.apply(filepath.Join("..", "..", filepath.FromSlash(e.file))); err != nil {
				t.Errorf("%s: %v", m.name, err)
			}
		}
	}
}

// A story is a history of one connection on node-0, and what a judge must say of it.
type story struct {
	name string
	want string // the guarantee that is broken; "": none
	tell func(s *script)
}

// A script tells what happens, at times in seconds.
type script struct {
	h    *history
	c    *conn
	zero time.Time
}

const theConn = "AAAAAAAAAAAAAAA="

func newScript(ledger bool) *script {
	s := &script{zero: time.Now().Add(-time.Hour)}
	s.h = newHistory(rules{ledger: ledger, dead: 30 * time.Second, timeout: 5 * time.Second})
	s.c = &conn{
		id: theConn, node: "node-0#1", opened: s.zero, last: make(map[string]int),
		answered: make(map[int]bool), casts: make(map[string]time.Time),
	}
	s.h.conns[theConn] = s.c
	s.h.nodes["node-0#1"] = new(life)
	s.h.nodes["node-1#2"] = new(life)
	return s
}

func (s *script) at(seconds float64) time.Time {
	return s.zero.Add(time.Duration(seconds * float64(time.Second)))
}

// send has node 1 send a message, which returns an error at some time.
func (s *script) send(number int, from, to float64, err string) {
	s.h.note("node-1#2", record.Record{
		Kind: record.Send, Sender: "node-1-x-0", Number: number, To: theConn, Err: err,
		Started: s.at(from).UnixNano(), At: s.at(to).UnixNano(),
	})
}

// local is send of the node that has the connection.
func (s *script) local(number int, from float64, err string) {
	s.h.note("node-0#1", record.Record{
		Kind: record.Send, Sender: "node-0-x-0", Number: number, To: theConn, Err: err, Local: true,
		Started: s.at(from).UnixNano(), At: s.at(from).UnixNano(),
	})
}

// got has the message of send arrive.
func (s *script) got(number int, sent, at float64) {
	s.c.got = append(s.c.got, delivery{"node-1-x-0", number, s.at(sent), s.at(at)})
}

func (s *script) ack(asked float64) {
	s.c.acks = append(s.c.acks, ack{1, s.at(asked), s.at(asked)})
	s.c.lastAsked = s.at(asked)
}

// handle has a handler run on a node.
func (s *script) handle(node, event string, from, to float64) {
	r := record.Record{
		Kind: record.Begin, Event: event, Conn: theConn, Request: "r", Message: 1,
		At: s.at(from).UnixNano(),
	}
	s.h.note(node, r)
	if to > 0 {
		r.Kind, r.At = record.End, s.at(to).UnixNano()
		s.h.note(node, r)
	}
}

func (s *script) end(at float64) { s.c.ended, s.c.code = s.at(at), 1006 }

func (s *script) kill(at float64) { s.h.nodes["node-0#1"].killed = s.at(at); s.end(at) }

// stories are judged without a ledger, and those of ledgerStories with one.
var stories = []story{
	{"all is well", "", func(s *script) {
		s.handle("node-0#1", "connect", 0, 1)
		s.handle("node-0#1", "message", 2, 3)
		s.send(1, 1, 2, "")
		s.got(1, 1, 2)
		s.send(2, 3, 4, record.Unknown)
		s.end(5)
		s.handle("node-0#1", "disconnect", 5, 6)
		s.send(3, 7, 7, record.Gone)
	}},
	{"accepted and lost", ruleDelivered, func(s *script) { s.send(1, 1, 2, "") }},
	{"another error", ruleErrors, func(s *script) { s.send(1, 1, 2, "disk full") }},
	{"gone and alive", ruleGone, func(s *script) { s.send(1, 1, 2, record.Gone); s.ack(3) }},
	{"gone and sent to", ruleFinal, func(s *script) {
		s.send(1, 1, 2, record.Gone)
		s.send(2, 3, 4, "")
		s.got(2, 3, 4)
	}},
	{"gone, and an old message comes late", ruleFinal, func(s *script) {
		s.send(1, 1, 2, record.Gone)
		s.got(2, 1, 4)
	}},
	{"dead and unknown", ruleDead, func(s *script) { s.kill(1); s.send(1, 6, 7, record.Unknown) }},
	{"dead and never gone", ruleDead, func(s *script) {
		s.kill(1)
		s.send(1, 60, 61, record.Unavailable)
	}},
	{"unavailable and delivered", ruleUnavailable, func(s *script) {
		s.send(1, 1, 2, record.Unavailable)
		s.got(1, 1, 2)
	}},
	{"twice", ruleOrder, func(s *script) { s.got(1, 1, 2); s.got(1, 1, 2) }},
	{"out of order", ruleOrder, func(s *script) { s.got(2, 1, 2); s.got(1, 1, 2) }},
	{"late", ruleDeadline, func(s *script) { s.got(1, 1, 8) }},
	{"two handlers at once", ruleSerial, func(s *script) {
		s.handle("node-0#1", "message", 1, 5)
		s.handle("node-0#1", "message", 2, 6)
	}},
	{"a message after the disconnect", ruleSerial, func(s *script) {
		s.end(1)
		s.handle("node-0#1", "disconnect", 1, 2)
		s.handle("node-0#1", "message", 3, 4)
	}},
	{"no disconnect", ruleExactlyOnce, func(s *script) { s.end(1) }},
	{"two disconnects", ruleExactlyOnce, func(s *script) {
		s.end(1)
		s.handle("node-0#1", "disconnect", 1, 2)
		s.handle("node-0#1", "disconnect", 3, 4)
	}},
	{"a local send waits", ruleLocal, func(s *script) {
		s.h.note("node-0#1", record.Record{
			Kind: record.Send, Sender: "node-0-x-0", Number: 1, To: theConn, Local: true,
			Started: s.at(1).UnixNano(), At: s.at(3).UnixNano(),
		})
		s.got(1, 1, 3)
		s.c.got[0].sender = "node-0-x-0"
	}},
	{"a send to a group waits", ruleLocal, func(s *script) {
		s.h.note("node-0#1", record.Record{
			Kind: record.Group, Sender: "node-0-x-all", Number: 1,
			Started: s.at(1).UnixNano(), At: s.at(3).UnixNano(),
		})
	}},
	{"a send to a group waits while its node is frozen", "", func(s *script) {
		n := s.h.nodes["node-0#1"]
		n.frozen = append(n.frozen, wait{from: s.at(1.5), to: s.at(3)})
		s.h.note("node-0#1", record.Record{
			Kind: record.Group, Sender: "node-0-x-all", Number: 1,
			Started: s.at(1).UnixNano(), At: s.at(4).UnixNano(),
		})
	}},
	{"a local send fails", ruleLocal, func(s *script) { s.local(1, 1, record.Unavailable) }},
	{"answers are older than the last judgement, or than their handlers", "", func(s *script) {
		s.handle("node-0#1", "message", 1, 2)
		s.c.answered[1] = true
		next := record.Record{
			Kind: record.Begin, Event: "message", Conn: theConn, Message: 2, At: s.at(3).UnixNano(),
		}
		s.h.note("node-0#1", next)
		s.c.answered[2], s.c.answered[3] = true, true
		s.h.judge()
		next.Kind, next.At = record.End, s.at(4).UnixNano()
		s.h.note("node-0#1", next)
		next.Kind, next.Message, next.At = record.Begin, 3, s.at(5).UnixNano()
		s.h.note("node-0#1", next)
		next.Kind, next.At = record.End, s.at(6).UnixNano()
		s.h.note("node-0#1", next)
		s.h.nodes["node-0#1"].left = s.at(7)
		s.end(8)
		s.handle("node-0#1", "disconnect", 8, 9)
	}},
	{"late, as this program was", "", func(s *script) {
		s.h.waits = append(s.h.waits, wait{from: s.at(3), to: s.at(5)})
		s.got(1, 1, 8)
	}},
	{"late, as this program was before", ruleDeadline, func(s *script) {
		s.h.waits = append(s.h.waits, wait{from: s.at(-3), to: s.at(1)})
		s.got(1, 1, 8)
	}},
	{"late, as the link was stalled", "", func(s *script) {
		s.h.outOfReach("node-0#1", s.at(0), s.at(7))
		s.got(1, 1, 8)
	}},
	{"late, as the link to another node was stalled", ruleDeadline, func(s *script) {
		s.h.outOfReach("node-1#2", s.at(0), s.at(7))
		s.got(1, 1, 8)
	}},
	{"late, as a node was", "", func(s *script) {
		s.h.note("node-1#2", record.Record{
			Kind: record.Late, At: s.at(5).UnixNano(), By: int64(2 * time.Second),
		})
		s.got(1, 1, 8)
	}},
	{"late, as a node was frozen", ruleDeadline, func(s *script) {
		n := s.h.nodes["node-1#2"]
		n.frozen = append(n.frozen, wait{from: s.at(3), to: s.at(5)})
		s.h.note("node-1#2", record.Record{
			Kind: record.Late, At: s.at(5.1).UnixNano(), By: int64(2 * time.Second),
		})
		s.got(1, 1, 8)
	}},
	{"a drain drops an answer", ruleAnswered, func(s *script) {
		s.h.nodes["node-0#1"].left = s.at(1)
		s.handle("node-0#1", "message", 1, 2)
		s.end(3)
		s.handle("node-0#1", "disconnect", 3, 4)
	}},
}

var ledgerStories = []story{
	{"all is well", "", func(s *script) {
		s.kill(1)
		s.handle("node-0#1", "message", 0, 0) // it was running
		s.handle("node-1#2", "disconnect", 31, 32)
		s.handle("node-1#2", "disconnect", 33, 34) // at least once
	}},
	{"never told", ruleAtLeastOnce, func(s *script) { s.kill(1) }},
	{"told too late", ruleAtLeastOnce, func(s *script) {
		s.kill(1)
		s.handle("node-1#2", "disconnect", 90, 91)
	}},
	{"told with two ids", ruleOneID, func(s *script) {
		s.kill(1)
		s.handle("node-1#2", "disconnect", 31, 32)
		s.h.note("node-1#2", record.Record{
			Kind: record.Begin, Event: "disconnect", Conn: theConn, Request: "other",
			At: s.at(33).UnixNano(),
		})
	}},
	{"told of one that is served", ruleServed, func(s *script) {
		s.handle("node-1#2", "disconnect", 31, 32)
		s.ack(33)
		s.end(34)
	}},
	{"told while a message runs", ruleSerial, func(s *script) {
		s.handle("node-0#1", "message", 1, 40)
		s.end(2)
		s.handle("node-1#2", "disconnect", 31, 32)
	}},
	{"told twice after a drain", ruleExactlyOnce, func(s *script) {
		s.h.nodes["node-0#1"].left = s.at(1)
		s.end(2)
		s.handle("node-0#1", "disconnect", 2, 3)
		s.handle("node-1#2", "disconnect", 4, 5)
	}},
}

// TestJudgeNoticesEachFault judges small histories.
func TestJudgeNoticesEachFault(t *testing.T) {
	for ledger, list := range map[bool][]story{false: stories, true: ledgerStories} {
		for _, story := range list {
			s := newScript(ledger)
			story.tell(s)
			s.h.judge()
			for rule, tally := range s.h.results {
				if tally.wrong > 0 != (rule == story.want) {
					t.Errorf("%s: %q is broken %d times, want %q: %v",
						story.name, rule, tally.wrong, story.want, tally.examples)
				}
			}
			if story.want != "" && s.h.results[story.want] == nil {
				t.Errorf("%s: %q was not judged", story.name, story.want)
			}
		}
	}
}

// TestStarvedConnections says which ends a busy machine explains.
func TestStarvedConnections(t *testing.T) {
	for _, test := range []struct {
		code   tyg.CloseCode
		ledger bool
		waited float64 // seconds before the end
		want   bool
	}{
		{1006, false, 7, true},
		{1006, false, 3, false},
		{1012, true, 11, true},
		{1012, true, 9, false},
		{1012, false, 20, false},
		{1000, true, 20, false},
	} {
		s := newScript(test.ledger)
		s.h.rules.silence, s.h.rules.fence = 12*time.Second, 20*time.Second
		s.h.wait(s.at(30-test.waited), s.at(30))
		s.end(30)
		s.c.code = int(test.code)
		if got := s.h.starved(s.c); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
