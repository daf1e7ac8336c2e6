package natskv_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/natskv"
	"github.com/tyg-dev/tyg/rooms/roomstest"
	"github.com/tyg-dev/tyg/tygtest"
)

// A shaken cluster loses a node again and again, now the one, now the other of two, and with it the
// leader of about every third bucket. The third node, to which the clients connect, stays.
type shaken struct {
	*natsdtest.Cluster
	url   string // of the node that stays
	ended chan struct{}
	stop  context.CancelFunc
	kills int // valid once ended is closed
}

func newShaken(t *testing.T) *shaken {
	t.Helper()
	c := natsdtest.Start(t, 3)
	return &shaken{Cluster: c, url: c.Node(0).URL(), ended: make(chan struct{})}
}

// shake begins. Before that all buckets must exist: they are made by all nodes together.
func (s *shaken) shake(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	go func() { // ends with calm, or the test
		defer close(s.ended)
		for ctx.Err() == nil {
			i := 1 + s.kills%2
			s.Kill(i)
			s.kills++
			wait(ctx, 300*time.Millisecond)
			s.Restart(i)
			s.WaitReady()
			wait(ctx, time.Second) // a watch notices after two heartbeats
		}
	}()
	t.Cleanup(func() {
		if s.calm() < 1 {
			t.Error("no node was killed")
		}
	})
}

// calm ends the shaking, and returns how many nodes were killed.
func (s *shaken) calm() int {
	s.stop()
	<-s.ended
	return s.kills
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// TestStoreOnACluster makes random calls while leaders are killed, and in an exhaustive run the
// whole suite.
func TestStoreOnACluster(t *testing.T) {
	t.Parallel()
	c := newShaken(t)
	const seeds, all = 2, 50
	var made, names buckets
	for range map[bool]int{false: seeds, true: all}[sampletest.Exhaustive()] {
		_ = open(t, natskv.Config{URL: c.url, Bucket: made.next(), Replicas: 3}).Close()
	}
	c.shake(t)
	openNext := func(t *testing.T) rooms.Store {
		return open(t, natskv.Config{URL: c.url, Bucket: names.next(), Fresh: true})
	}
	if sampletest.Exhaustive() {
		roomstest.TestStore(t, openNext)
		return
	}
	for range seeds {
		roomstest.TestSeed(t, openNext(t), rand.Uint64())
	}
}

// TestGroupsOnACluster runs the suite of hosts on a gateway whose values are on three servers. None
// is killed: among many writers of one value, a write whose answer is lost with a leader may be
// replaced before it is looked for, and then its caller gets an error, which
// TestCompareAndSetIsLinearizable judges.
func TestGroupsOnACluster(t *testing.T) {
	t.Parallel()
	c := natsdtest.Start(t, 3)
	var names buckets
	tygtest.TestGroups(t, func(t *testing.T, h tyg.Handler) tygtest.Subject {
		v := openValues(t, natskv.Config{URL: c.URL(), Bucket: names.next(), Replicas: 3})
		srv, url := serveGateway(t, h, v)
		return tygtest.Subject{
			Sender: srv,
			Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
				return wstest.Dial(ctx, t, url, d, nil)
			},
		}
	})
}
