package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// A ledger records what would have to be told of the connections of a node if it were killed.
type ledger interface {
	// record writes a record and returns when it is safe.
	record(ctx context.Context, inc connid.Incarnation, key string, data []byte) error

	// erase removes the records whose keys begin with a key, some time later.
	erase(inc connid.Incarnation, key string)

	// flush waits until all is removed that erase was called for.
	flush(ctx context.Context) error

	// sweep calls f with the records of a node that is dead, and removes those for which it returns
	// nil. Several nodes share the records if they sweep at the same time. It returns when none are
	// left.
	sweep(ctx context.Context, inc connid.Incarnation, kind recordKind, f func(record) error) error

	close()
}

// A record is one of a ledger.
type record struct {
	data  []byte
	tries int // how often f was called with it, this time included
}

// A recordKind is the last part of a key, without what follows it.
type recordKind string

const (
	memberRecords recordKind = "g.*"
	connRecords   recordKind = "c"
)

func connKey(id tyg.ConnID) string { return strings.TrimRight(string(id), "=") }

func memberKey(id tyg.ConnID, group string) string { return connKey(id) + ".g." + hashOf(group) }

const (
	sweepBatch  = 8        // small, so that nodes share them
	maxErasures = 64 << 10 // that wait
	erasers     = 16
)

// A record that arrives after this is lost until JetStream gives it to a node again: on a busy
// machine that would be so each time. Of the last records, other nodes may have all.
const sweepWait, sweepTail = 5 * time.Second, 2 * time.Second

// A streamLedger is a ledger in a stream of JetStream, one message for each record.
type streamLedger struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	prefix string
	wait   time.Duration // see Config.Redeliver
	ctx    context.Context
	stop   context.CancelFunc
	ended  sync.WaitGroup

	erasures chan string // subjects
	mu       sync.Mutex
	pending  int           // guarded by mu; erasures that are not done
	idle     chan struct{} // guarded by mu; closed when pending becomes 0; nil: nothing waits
}

func openLedger(
	ctx context.Context, js jetstream.JetStream, cfg Config,
) (*streamLedger, error) {
	l := &streamLedger{
		js: js, prefix: cfg.Name + ".led.", wait: cfg.Redeliver,
		erasures: make(chan string, maxErasures),
	}
	stream, err := openStream(ctx, js, jetstream.StreamConfig{
		Name: cfg.Name + "-disconnects", Subjects: []string{l.prefix + ">"}, Replicas: cfg.Replicas,
		Retention: jetstream.WorkQueuePolicy, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardOld,
		MaxMsgs: -1, MaxBytes: -1, MaxMsgSize: -1, MaxConsumers: -1,
	})
	if err != nil {
		return nil, err
	}
	l.stream = stream
	l.ctx, l.stop = context.WithCancel(context.Background())
	for range erasers {
		l.ended.Go(l.eraseAll) // ends with ctx; close waits for it
	}
	return l, nil
}

func (l *streamLedger) subject(inc connid.Incarnation, key string) string {
	return l.prefix + hex(inc) + "." + key
}

func (l *streamLedger) record(
	ctx context.Context, inc connid.Incarnation, key string, data []byte,
) error {
	if _, err := l.js.Publish(ctx, l.subject(inc, key), data); err != nil {
		return fmt.Errorf("record for the case that this node is killed: %w", err)
	}
	return nil
}

func (l *streamLedger) erase(inc connid.Incarnation, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.erasures <- l.subject(inc, key):
		l.pending++
	default: // JetStream is away for long; the record is handled once more if this node is killed
	}
}

func (l *streamLedger) eraseAll() {
	for {
		select {
		case subject := <-l.erasures:
			l.eraseOne(subject)
		case <-l.ctx.Done():
			return
		}
	}
}

// eraseOne tries until it succeeds.
func (l *streamLedger) eraseOne(subject string) {
	defer l.done()
	for {
		ctx, cancel := context.WithTimeout(l.ctx, defaultTimeout)
		err := l.stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
		cancel()
		if err == nil || !pause(l.ctx, longestWait) {
			return
		}
	}
}

func (l *streamLedger) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending--; l.pending == 0 && l.idle != nil {
		close(l.idle)
		l.idle = nil
	}
}

func (l *streamLedger) flush(ctx context.Context) error {
	l.mu.Lock()
	if l.pending == 0 {
		l.mu.Unlock()
		return nil
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("remove records of disconnects: %w", ctx.Err())
	}
}

func (l *streamLedger) close() {
	l.stop()
	l.ended.Wait()
}

func (l *streamLedger) sweep(
	ctx context.Context, inc connid.Incarnation, kind recordKind, f func(record) error,
) error {
	name := "sweep-" + hex(inc) + "-" + string(kind[0])
	c, err := l.consumer(ctx, jetstream.ConsumerConfig{
		Durable: name, FilterSubject: l.subject(inc, "*."+string(kind)),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: l.wait, MaxDeliver: -1,
		InactiveThreshold: tombstoneTTL,
	})
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for {
		info, err := c.Info(ctx)
		if err != nil {
			return sweepError(err)
		}
		if info.NumPending == 0 && info.NumAckPending == 0 {
			_ = l.stream.DeleteConsumer(ctx, name) // another node may have deleted it
			return nil
		}
		if err := l.sweepSome(ctx, c, int(info.NumPending), f); err != nil {
			return err
		}
	}
}

// sweepSome handles some of the records that are pending. If none is, it waits for a moment for one
// that another node has not handled in time.
func (l *streamLedger) sweepSome(
	ctx context.Context, c jetstream.Consumer, pending int, f func(record) error,
) error {
	wait := sweepWait
	if pending == 0 {
		wait = sweepTail
	}
	fetch, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	batch, err := c.Fetch(max(1, min(pending, sweepBatch)), jetstream.FetchContext(fetch))
	if err != nil {
		return sweepError(err)
	}
	var handlers sync.WaitGroup
	for msg := range batch.Messages() {
		handlers.Go(func() { l.sweepOne(ctx, msg, f) }) // ends with f
	}
	handlers.Wait()
	return ctx.Err()
}

// maxCreates is how often the creation of a consumer is tried.
const maxCreates = 5

// consumer finds or creates a consumer. JetStream does not answer one of two nodes that create the
// same one at the same time, so the first attempt is short.
func (l *streamLedger) consumer(
	ctx context.Context, cfg jetstream.ConsumerConfig,
) (c jetstream.Consumer, err error) {
	for n := range maxCreates {
		try, cancel := context.WithTimeout(ctx, time.Duration(n+1)*readWait)
		c, err = l.stream.CreateOrUpdateConsumer(try, cfg)
		late := try.Err() != nil
		cancel()
		if err == nil || !late || ctx.Err() != nil {
			break
		}
	}
	return c, err
}

// sweepError returns err, or nil if another node has finished.
func sweepError(err error) error {
	if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrConsumerDeleted) {
		return nil
	}
	return fmt.Errorf("sweep: %w", err)
}

// sweepOne handles one record, and keeps other nodes from getting it meanwhile.
func (l *streamLedger) sweepOne(ctx context.Context, msg jetstream.Msg, f func(record) error) {
	meta, err := msg.Metadata()
	if err != nil {
		return // it is given to another node
	}
	done := make(chan error, 1)
	go func() { done <- f(record{msg.Data(), int(meta.NumDelivered)}) }() // it is waited for
	t := time.NewTicker(l.wait / 3)
	defer t.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				_ = msg.NakWithDelay(time.Second) // else after l.wait
				return
			}
			_ = msg.DoubleAck(ctx) // if it fails, another node calls the handler too
			return
		case <-t.C:
			_ = msg.InProgress()
		}
	}
}
