package cluster_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
)

// TestKilledNATSServer kills a server of NATS that a node is connected to, of three that keep the
// registry and the ledger: no client is lost, and the nodes reach each other again.
func TestKilledNATSServer(t *testing.T) {
	t.Parallel() // it mostly waits
	servers := natsdtest.Start(t, 3)
	var log eventLog
	cfg := cluster.Config{Name: newName(), Disconnects: cluster.AtLeastOnce, Replicas: 3}
	var rigs []*rig
	var ids []tyg.ConnID
	for n := range 3 {
		srv := &gateway.Server{Handler: &mortal{App: log.app(n)}}
		rigs = append(rigs, startServer(t, srv, servers.URL(), cfg))
		dial(t, rigs[n])
		ids = append(ids, log.connID(t, n+1))
	}
	reach := func() bool {
		for _, r := range rigs {
			for _, id := range ids {
				if r.node.Send(t.Context(), id, []byte("x")) != nil {
					return false
				}
			}
		}
		return true
	}
	eventually(t, "the nodes reach each other", reach)
	killed := 0
	for servers.Node(killed).URL() != rigs[0].nc.ConnectedUrl() { // panics if it is none of them
		killed++
	}
	for _, r := range rigs {
		r.unsure = true // JetStream may be away for a moment
	}
	servers.Kill(killed)
	eventually(t, "all nodes reach all connections", reach)
	dial(t, rigs[0]) // which takes a record in the ledger
	log.connID(t, 4)
	if n := len(log.of(tyg.EventDisconnect)); n != 0 {
		t.Errorf("%d clients were lost", n)
	}
}
