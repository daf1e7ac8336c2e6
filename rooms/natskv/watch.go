package natskv

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// renewal is how long to wait before a watch that could not begin is tried again.
const renewal = 250 * time.Millisecond

var errWatchEnded = errors.New("the watch has ended")

// A watch shows the bucket: first every key as it is, then every change.
type watch struct {
	jetstream.KeyWatcher
	cancel context.CancelFunc
	lost   chan nats.Status // tells that the connection is lost
}

// watch begins a watch, which lasts as long as live or until end, and fills the index from it.
func (s *Store) watch(ctx, live context.Context) (*watch, error) {
	ctx, end, err := s.calls.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if _, err := s.bucket(ctx); err != nil {
		return nil, err
	}
	bucket, err := s.js.KeyValue(ctx, s.cfg.Bucket)
	if err != nil {
		return nil, failure(ctx, "find bucket "+s.cfg.Bucket, err)
	}
	// A watch ends with the context that it began with, so that cannot be the one of this call.
	live, cancel := context.WithCancel(live)
	defer context.AfterFunc(ctx, cancel)()
	w := &watch{lost: s.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED), cancel: cancel}
	if w.KeyWatcher, err = bucket.WatchAll(live); err == nil {
		err = s.fill(ctx, w)
	}
	if err != nil {
		s.end(w)
		return nil, failure(ctx, "watch bucket "+s.cfg.Bucket, err)
	}
	return w, nil
}

// fill replaces the index by what a new watch shows up to a mark that is written now. The replica
// that it reads may be behind the leader; there the mark arrives late.
func (s *Store) fill(ctx context.Context, w *watch) error {
	ack, err := s.js.Publish(ctx, s.subject(markKey), []byte("watch"))
	if err != nil {
		return failure(ctx, "write to NATS", err)
	}
	fresh := newContents()
	for fresh.applied < ack.Sequence {
		e, err := w.next(ctx)
		if err != nil {
			return err
		}
		fresh.apply(e)
	}
	s.index.replace(fresh)
	return nil
}

// follow keeps the index up to date until the context ends. Calls that wait for a watch that is no
// more end with it.
func (s *Store) follow(ctx context.Context, w *watch) {
	for w != nil {
		err := s.applyAll(ctx, w)
		s.calls.abort()
		s.end(w)
		if ctx.Err() != nil {
			return
		}
		s.cfg.Logger.Warn("rooms are read anew", "bucket", s.cfg.Bucket, "err", err)
		w = s.renew(ctx)
	}
}

// applyAll returns why the watch is no longer good.
func (s *Store) applyAll(ctx context.Context, w *watch) error {
	for {
		e, err := w.next(ctx)
		if err != nil {
			return err
		}
		s.index.apply(e)
	}
}

// next returns the next entry. After a loss of the connection there is none, for who knows what has
// become of the bucket meanwhile; the watch itself would go on where it was.
func (w *watch) next(ctx context.Context) (entry, error) {
	for {
		select {
		case <-ctx.Done():
			return entry{}, context.Cause(ctx)
		case <-w.lost:
			return entry{}, errLost
		case shown, ok := <-w.Updates():
			if !ok {
				return entry{}, errWatchEnded
			}
			if shown != nil { // nil is between what is and what changes
				return newEntry(shown), nil
			}
		}
	}
}

func newEntry(shown jetstream.KeyValueEntry) entry {
	e := entry{shown.Key(), shown.Value(), shown.Revision(), shown.Created()}
	if shown.Operation() != jetstream.KeyValuePut {
		e.value = nil
	}
	return e
}

// renew begins a new watch, however long it takes. It returns nil when the context ends.
func (s *Store) renew(ctx context.Context) *watch {
	for wait := time.NewTimer(0); ; wait.Reset(renewal) {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
		if w, err := s.watch(ctx, ctx); err == nil {
			return w
		}
	}
}

// end stops a watch. What it still holds is taken away, else its callback might wait forever.
func (s *Store) end(w *watch) {
	s.nc.RemoveStatusListener(w.lost)
	defer w.cancel()
	if w.KeyWatcher == nil || w.Stop() != nil {
		return // it did not begin, or its connection is closed
	}
	for range w.Updates() {
		continue
	}
}
