package cluster_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestSuites runs what every host must keep over three nodes, to which clients connect in turn.
func TestSuites(t *testing.T) {
	t.Parallel()
	subject := func(cfg cluster.Config) func(t *testing.T, h tyg.Handler) tygtest.Subject {
		return func(t *testing.T, h tyg.Handler) tygtest.Subject {
			rigs := startThree(t, h, cfg)
			return tygtest.Subject{Sender: rigs[0].node, Dial: dialAny(t, rigs)}
		}
	}
	// All nodes live, and a busy machine may keep each of them from answering for many seconds.
	patient := cluster.Config{Suspect: patience, Dead: 10 * patience, Timeout: patience}
	// The ledger wraps the handler, and changes nothing else of what a host does.
	ledger := patient
	ledger.Disconnects = cluster.AtLeastOnce
	t.Run("host", func(t *testing.T) { tygtest.TestHost(t, subject(ledger)) })
	t.Run("sender", func(t *testing.T) { tygtest.TestSender(t, subject(patient)) })
	t.Run("groups", func(t *testing.T) { tygtest.TestGroups(t, subject(patient)) })
}
