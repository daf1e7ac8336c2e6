package natskv

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
)

// SetClock sets the clock of a Store. No call may be under way.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// Sweep sweeps once.
func (s *Store) Sweep(ctx context.Context) { s.sweep(ctx) }

// Break puts something between a Store and JetStream. No call may be under way.
func (s *Store) Break(between func(jetstream.JetStream) jetstream.JetStream) {
	s.js = between(s.js)
}

// Break is that of a Store.
func (v *Values) Break(between func(jetstream.JetStream) jetstream.JetStream) {
	v.js = between(v.js)
}

// BreakReads leaves the next n reads without an answer, for which Values do not wait long.
func (v *Values) BreakReads(n int) {
	v.stream, v.readWait = &silentStream{v.stream, n}, 50*time.Millisecond
}

// A silentStream does not answer so many reads.
type silentStream struct {
	jetstream.Stream
	n int
}

func (s *silentStream) GetLastMsgForSubject(
	ctx context.Context, subject string,
) (*jetstream.RawStreamMsg, error) {
	if s.n--; s.n >= 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Stream.GetLastMsgForSubject(ctx, subject)
}

// ForgetMarker removes the delete marker of a value, as its time to live does.
func (v *Values) ForgetMarker(t testing.TB, name string) {
	t.Helper()
	subject := v.subject(valueKey(tyg.ValueKey{Name: name}))
	if err := v.stream.Purge(t.Context(), jetstream.WithPurgeSubject(subject)); err != nil {
		t.Fatal(err)
	}
}

// LoseAcks loses the answers to the next n writes, for which Values do not wait long.
func (v *Values) LoseAcks(n int) {
	v.js, v.ackWait = &deafJetStream{v.js, n}, 30*time.Millisecond
}

// A deafJetStream makes writes and does not hear of so many of them.
type deafJetStream struct {
	jetstream.JetStream
	n int
}

func (d *deafJetStream) PublishMsg(
	ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt,
) (*jetstream.PubAck, error) {
	ack, err := d.JetStream.PublishMsg(ctx, m, opts...)
	if d.n--; d.n >= 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return ack, err
}
