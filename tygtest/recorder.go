package tygtest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/values"
)

// A Sent is one message that was sent to one connection.
type Sent struct {
	ID   tyg.ConnID
	Text string // the bytes of a binary message
	Type tyg.MessageType
}

// A Recorder is a [tyg.Host] that records calls and sends nothing, for tests of code that takes a
// Sender or an App and needs no connections. Every id is a live connection until [Recorder.Fail] or
// a Close, and need not have the form of an id. The zero Recorder is ready; it may be used
// concurrently and must not be copied.
type Recorder struct {
	mu     sync.Mutex
	sent   []Sent               // guarded by mu
	closed []tyg.ConnID         // guarded by mu
	fails  map[tyg.ConnID]error // guarded by mu

	values values.Memory
	states map[tyg.ConnID]*values.One           // guarded by mu
	groups map[string]map[tyg.ConnID]tyg.Member // guarded by mu
}

var _ tyg.Host = (*Recorder)(nil)

// Fail makes every call about id fail with err, wrapped in a [*tyg.ConnError]. A nil err ends that.
func (r *Recorder) Fail(id tyg.ConnID, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail(id, err)
}

// Sent returns what was sent to id, in order.
func (r *Recorder) Sent(id tyg.ConnID) []string {
	var texts []string
	for _, s := range r.All() {
		if s.ID == id {
			texts = append(texts, s.Text)
		}
	}
	return texts
}

// All returns what was sent to all connections, in order. A SendMany has an entry for each
// recipient.
func (r *Recorder) All() []Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// Closed returns the ids that were closed, in order.
func (r *Recorder) Closed() []tyg.ConnID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.closed)
}

// Send records a message.
func (r *Recorder) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	m := newMessage(data, opts)
	if err := m.check(ctx); err != nil {
		return connError("send", id, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record(id, m)
}

// SendMany records a message for each recipient.
func (r *Recorder) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	m := newMessage(data, opts)
	if err := m.check(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, id := range ids {
		errs = append(errs, r.record(id, m))
	}
	return errors.Join(errs...)
}

// Close records the end of a connection, which is gone from then on.
func (r *Recorder) Close(ctx context.Context, id tyg.ConnID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.check(ctx, id); err != nil {
		return connError("close", id, err)
	}
	r.closed = append(r.closed, id)
	r.fail(id, tyg.ErrGone)
	return nil
}

// Info returns the zero Info for a live connection.
func (r *Recorder) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return tyg.Info{}, connError("info", id, r.check(ctx, id))
}

// record, check and fail are called with mu held.
func (r *Recorder) record(id tyg.ConnID, m message) error {
	if err := r.fails[id]; err != nil {
		return connError("send", id, err)
	}
	r.sent = append(r.sent, Sent{id, m.data, m.kind})
	return nil
}

func (r *Recorder) check(ctx context.Context, id tyg.ConnID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.fails[id]
}

func (r *Recorder) fail(id tyg.ConnID, err error) {
	if r.fails == nil {
		r.fails = make(map[tyg.ConnID]error)
	}
	r.fails[id] = err
}
