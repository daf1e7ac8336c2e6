package cluster

import (
	"testing"
	"testing/synctest"
)

// A node that has no incarnation yet hears an observer, and of nodes that are dead.
func TestNodeThatJoinsHearsOthers(t *testing.T) {
	n := newNode(Config{}.withDefaults(), nil, nil)
	defer n.stop()
	h := heartbeat{Version: wireVersion, Observer: true, Dead: []string{hex(1)}}
	n.hear(message{subject: n.subjects.heartbeat(), data: h.encode(), reply: "inbox"})
	if got := n.count.deaths.Load(); got != 1 {
		t.Errorf("it knows of %d dead nodes, want 1", got)
	}
	n.hear(message{data: heartbeat{Version: wireVersion, Inc: hex(2)}.encode()})
}

// A node that joins while NATS elects a leader for the registry waits for it.
func TestNodeJoinsDuringAnElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, Config{})
		defer w.end()
		w.store.elects = 20
		w.add(1)
		if left := w.store.elects; left > 0 {
			t.Errorf("the node joined before %d writes found no leader", left)
		}
	})
}
