package natskv

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// renewWait is the wait before the next attempt to begin a watch.
const renewWait = 250 * time.Millisecond

var errWatchEnded = errors.New("the watch has ended")

// A watch shows the bucket: first every key as it is, then every change.
type watch struct {
	jetstream.KeyWatcher
	cancel context.CancelFunc
	lost   chan nats.Status // receives when the connection is lost
}

// watch begins a watch, which lasts until live ends or end is called, and fills the index from it.
func (s *Store) watch(ctx, live context.Context) (*watch, error) {
	ctx, end, err := s.calls.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if _, err := s.ensure(ctx); err != nil {
		return nil, err
	}
	bucket, err := s.js.KeyValue(ctx, s.cfg.Bucket)
	if err != nil {
		return nil, callError(ctx, "find bucket "+s.cfg.Bucket, err)
	}
	// A watch ends with the context that it began with, so that cannot be the context of this call.
	live, cancel := context.WithCancel(live)
	defer context.AfterFunc(ctx, cancel)()
	w := &watch{lost: s.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED), cancel: cancel}
	if w.KeyWatcher, err = bucket.WatchAll(live); err == nil {
		err = s.fill(ctx, w)
	}
	if err != nil {
		s.end(w)
		return nil, callError(ctx, "watch bucket "+s.cfg.Bucket, err)
	}
	return w, nil
}

// fill replaces the index by what a new watch shows up to a write of syncKey that fill makes. The
// watch may read a replica that is behind the leader; there the write arrives late.
func (s *Store) fill(ctx context.Context, w *watch) error {
	ack, err := s.js.Publish(ctx, s.subject(syncKey), []byte("watch"))
	if err != nil {
		return callError(ctx, "write to NATS", err)
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

// follow keeps the index up to date until the context ends. When a watch is lost, the calls that
// wait for it are aborted.
func (s *Store) follow(ctx context.Context, w *watch) {
	for w != nil {
		err := s.applyAll(ctx, w)
		s.calls.abort()
		s.end(w)
		if ctx.Err() != nil {
			return
		}
		s.cfg.logger().Warn("lost the watch, reading rooms again", "bucket", s.cfg.Bucket, "err", err)
		w = s.renew(ctx)
	}
}

// applyAll applies entries until the watch fails, and returns why.
func (s *Store) applyAll(ctx context.Context, w *watch) error {
	for {
		e, err := w.next(ctx)
		if err != nil {
			return err
		}
		s.index.apply(e)
	}
}

// next returns the next entry. After a loss of the connection it returns an error, because the
// bucket may have been replaced meanwhile; the watch itself would continue where it was.
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
			if shown != nil { // nil separates the present values from the changes
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

// renew tries to begin a new watch until it succeeds. It returns nil when the context ends.
func (s *Store) renew(ctx context.Context) *watch {
	for wait := time.NewTimer(0); ; wait.Reset(renewWait) {
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

// end stops a watch and drains its updates, because its callback might wait forever otherwise.
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
