//go:build unix

package main

import (
	"math/rand/v2"
	"time"
)

// clientFaults are those of the links from clients to nodes, with disconnects at best effort.
var clientFaults = []fault{
	{"clients: links stalled", noneEnds, stallClients},
	{"clients: links slow", noneEnds, slowClients},
	{"clients: cut off", struckEnd, func(f *fleet) ([]*member, error) {
		return f.loseClients((*link).reset, false)
	}},
	{"clients: vanish", struckEnd, func(f *fleet) ([]*member, error) {
		return f.loseClients((*link).vanish, true)
	}},
}

// stallClients stops what clients of a node send, what they are sent, or both: something else at
// each node. All of it arrives after the repair.
func stallClients(f *fleet) ([]*member, error) {
	ways := [][2]bool{{true, false}, {false, true}, {true, true}}
	f.rand.Shuffle(len(ways), func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
	began := time.Now()
	nodes := f.live()
	for i, m := range nodes {
		f.unserve(m)
		f.h.outOfReach(m.generation, began, time.Time{})
		m.front.cut(ways[i%len(ways)][0], ways[i%len(ways)][1])
	}
	time.Sleep(f.during(2, 3, 1, 15))
	for _, m := range nodes {
		m.front.heal()
		f.h.outOfReach(m.generation, began, time.Now())
		f.serve(m)
	}
	return nil, nil
}

func slowClients(f *fleet) ([]*member, error) {
	nodes := f.live()
	for _, m := range nodes {
		m.front.slow(rand.N(40 * time.Millisecond))
	}
	time.Sleep(f.during(1, 2, 5, 10))
	for _, m := range nodes {
		m.front.heal()
	}
	return nil, nil
}

// loseClients ends the connections of a node, and waits until their disconnects are told. If they
// vanish, the node must notice by itself.
func (f *fleet) loseClients(end func(*link), vanish bool) ([]*member, error) {
	m := f.member(f.some())
	var lost []*conn
	err := f.await("clients of "+m.generation, time.Minute, func() string {
		for _, c := range f.h.conns {
			if c.node == m.generation && c.ended.IsZero() {
				c.vanished = vanish
				lost = append(lost, c)
			}
		}
		if len(lost) > 0 {
			f.unserve(m) // a client that connects meanwhile may be lost or not
			return ""
		}
		return "there is none"
	})
	if err != nil {
		return nil, err
	}
	defer f.serve(m)
	end(m.front)
	return []*member{m}, f.await("the disconnects of lost clients", time.Minute, func() string {
		for _, c := range lost {
			switch {
			case c.ended.IsZero():
				return "the end of " + c.id
			case len(f.h.told[c.id]) == 0 && time.Now().Before(f.h.due(c)):
				return "the disconnect of " + c.id
			}
		}
		return ""
	})
}
