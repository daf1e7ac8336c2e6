package natsd

import (
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// How often JetStream is looked at, and for how long it may be off.
const (
	watchEvery = 500 * time.Millisecond
	offTime    = 30 * time.Second
)

// watch switches JetStream on again when the server has switched it off, as it does at the first
// write that finds the disk full; it never switches it on again by itself. If that fails for
// offTime, watch sends why and returns. It ends with quit.
func (s *Server) watch(quit <-chan struct{}, failed chan<- error) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	var off time.Time // since when it is off; zero: it is on
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
		}
		if s.nats.JetStreamEnabled() {
			off = time.Time{}
			continue
		}
		if off.IsZero() {
			off = time.Now()
		}
		err := s.nats.EnableJetStream(&server.JetStreamConfig{StoreDir: s.dir})
		if err == nil {
			s.disconnectClients()
			continue
		}
		_ = s.nats.ShutdownJetStream() // it counts as on after a failure, too
		if time.Since(off) > s.patience {
			failed <- fmt.Errorf("NATS cannot write its files in %s: %w; is the disk full?", s.dir, err)
			return
		}
	}
}

// disconnectClients makes clients connect again, which renews their subscriptions. Otherwise a
// watch of theirs would find only after 20 s that its consumer is gone.
func (s *Server) disconnectClients() {
	conns, err := s.nats.Connz(nil)
	if err != nil {
		return // they find out by themselves
	}
	for _, c := range conns.Conns {
		_ = s.nats.DisconnectClientByID(c.Cid) // fails if it is gone
	}
}
