package natskv

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// renewWait is the wait before the next attempt to begin a watch.
	renewWait = 250 * time.Millisecond

	// watchHeartbeat is how often a server tells a watch that it lives. When it misses two of them,
	// the watch continues at another server; by default that takes ten seconds, and until then no
	// call sees what was written.
	watchHeartbeat = time.Second
)

// A watch shows the bucket: first every key as it is, then every change.
type watch struct {
	bucket string
	live   context.Context
	cancel context.CancelCauseFunc
	sub    *nats.Subscription
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
	w := &watch{bucket: s.name, lost: s.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)}
	w.live, w.cancel = context.WithCancelCause(live)
	// The end of this call ends the watch only while the call lasts.
	defer context.AfterFunc(ctx, func() { w.cancel(context.Cause(ctx)) })()
	if err = w.begin(s); err == nil {
		err = s.fill(ctx, w)
	}
	if err != nil {
		s.end(w)
		return nil, callError(ctx, "watch bucket "+s.name, err)
	}
	return w, nil
}

// begin subscribes, and has the loss of the connection end the watch: the bucket may have been
// replaced meanwhile, and the subscription would continue where it was.
func (w *watch) begin(s *Store) (err error) {
	push, err := s.nc.JetStream(nats.Context(w.live))
	if err != nil {
		return err
	}
	w.sub, err = push.SubscribeSync(s.subject(">"), nats.BindStream(streamName(s.name)),
		nats.OrderedConsumer(), nats.DeliverLastPerSubject(), nats.IdleHeartbeat(watchHeartbeat))
	if err != nil {
		return err
	}
	go func() { // ends with the watch
		select {
		case <-w.lost:
			w.cancel(errLost)
		case <-w.live.Done():
		}
	}()
	return nil
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
		e, err := w.next()
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
		err := s.applyAll(w)
		s.index.lose()
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
func (s *Store) applyAll(w *watch) error {
	for {
		e, err := w.next()
		if err != nil {
			return err
		}
		s.index.apply(e)
	}
}

// next returns the next entry.
func (w *watch) next() (entry, error) {
	msg, err := w.sub.NextMsgWithContext(w.live)
	if w.live.Err() != nil {
		return entry{}, context.Cause(w.live)
	}
	if err != nil {
		return entry{}, err
	}
	meta, err := msg.Metadata()
	if err != nil {
		return entry{}, err
	}
	key := strings.TrimPrefix(msg.Subject, "$KV."+w.bucket+".")
	e := entry{key, msg.Data, meta.Sequence.Stream, meta.Timestamp}
	return e.orDeleted(msg.Header), nil
}

var errWatchEnded = errors.New("the watch has ended")

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

// end stops a watch.
func (s *Store) end(w *watch) {
	s.nc.RemoveStatusListener(w.lost)
	if w.sub != nil {
		_ = w.sub.Unsubscribe() // fails only if it has ended
	}
	w.cancel(errWatchEnded)
}
