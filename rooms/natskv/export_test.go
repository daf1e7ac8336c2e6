package natskv

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// SetClock sets the clock of a Store. No call may be under way.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// Sweep sweeps once.
func (s *Store) Sweep(ctx context.Context) { s.sweep(ctx) }

// Break puts something between a Store and JetStream. No call may be under way.
func (s *Store) Break(between func(jetstream.JetStream) jetstream.JetStream) {
	s.js = between(s.js)
}
