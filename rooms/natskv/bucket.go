package natskv

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// storeHistory is the history of a Store: the most that a bucket can keep. A watch that is
	// behind skips revisions that are gone, and then shows a member as it was before them for a
	// moment.
	storeHistory = 64

	// duplicates is how long NATS remembers the ids of messages, so that a write which is repeated is
	// made once: longer than a call.
	duplicates = 30 * time.Second

	// ackWait is how long one attempt of a write waits for its answer, which a leader that dies does
	// not give.
	ackWait = 2 * time.Second

	// readWait is how long one attempt of a read waits. A server that is not the leader yet does not
	// answer, so a read is repeated until the call ends.
	readWait = 2 * time.Second

	// markerTTL is how long a delete marker stays. Only a watch that is further behind needs it
	// longer, and a watch begins anew after every loss of the connection.
	markerTTL = time.Hour

	// retryWait is the wait between the tries of a write while the bucket has no leader.
	retryWait = 100 * time.Millisecond

	// storeTries is endless: the context of a Store's call ends sooner.
	storeTries = 1000
)

// errConflict means that a key is not at the revision that a write was to replace.
var errConflict = errors.New("changed by another process")

// A bucket is a stream that other tools can read as a key-value bucket. It has no direct reads,
// which may go to a replica that is behind.
// (https://docs.nats.io/nats-concepts/jetstream/key-value-store)
type bucket struct {
	name     string
	replicas int   // of a bucket that is created
	history  int64 // the number of revisions of a key that are kept
	tries    int   // how often a write is tried that reaches no bucket

	ackWait, readWait time.Duration // of one attempt; 0: the constants above

	// byTime begins the revisions of a bucket that is created with the microseconds since 1970, so
	// that they follow those of a bucket that was lost. They are below 2^53, which a JavaScript
	// number can represent.
	byTime bool

	js     jetstream.JetStream
	stream jetstream.Stream // set by open
}

func streamName(bucket string) string { return "KV_" + bucket }

func (b *bucket) subject(key string) string { return "$KV." + b.name + "." + key }

// open finds or creates the bucket.
func (b *bucket) open(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errTimeout)
	defer cancel()
	b.stream, err = b.ensure(ctx)
	return err
}

// ensure finds the stream of the bucket, or creates it. While there is no leader, or a server is
// missing, it tries again until ctx ends.
func (b *bucket) ensure(ctx context.Context) (jetstream.Stream, error) {
	stream, err := repeat(ctx, cmp.Or(b.readWait, readWait), b.findOrCreate)
	for isForming(err) && sleep(ctx, retryWait) {
		stream, err = repeat(ctx, cmp.Or(b.readWait, readWait), b.findOrCreate)
	}
	switch {
	case isIncomplete(err):
		return nil, callError(ctx, fmt.Sprintf("create bucket %s: as many servers must run as it has "+
			"replicas, %d", b.name, b.replicas), err)
	case err != nil:
		return nil, callError(ctx, "create bucket "+b.name, err)
	}
	if cfg := stream.CachedInfo().Config; !cfg.AllowMsgTTL || cfg.AllowDirect && cfg.Replicas > 1 {
		return nil, fmt.Errorf("bucket %s needs a time to live for messages and no "+
			"direct reads, as natskv creates it: name another", b.name)
	}
	return stream, nil
}

// findOrCreate is one attempt of ensure.
func (b *bucket) findOrCreate(ctx context.Context) (jetstream.Stream, error) {
	stream, err := b.js.Stream(ctx, streamName(b.name))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = b.js.CreateStream(ctx, b.config())
	}
	// Another process may have created it meanwhile, with another number of replicas.
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		stream, err = b.js.Stream(ctx, streamName(b.name))
	}
	return stream, err
}

// config is that of a bucket that is created.
func (b *bucket) config() jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name:     streamName(b.name),
		Subjects: []string{b.subject(">")}, MaxMsgsPerSubject: b.history,
		Replicas: b.replicas, Duplicates: duplicates, Discard: jetstream.DiscardNew,
		MaxMsgs: -1, MaxBytes: -1, MaxMsgSize: -1, MaxConsumers: -1,
		AllowRollup: true, DenyDelete: true, AllowMsgTTL: true,
	}
	if b.byTime {
		cfg.FirstSeq = uint64(time.Now().UnixMicro())
	}
	return cfg
}

// read returns the newest value of a key, from the leader.
func (b *bucket) read(ctx context.Context, key string) (entry, error) {
	msg, err := b.last(ctx, b.subject(key))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return entry{key: key}, nil
	}
	if err != nil {
		return entry{}, callError(ctx, "read from NATS", err)
	}
	data := msg.Data
	if data == nil {
		data = []byte{} // an empty value exists
	}
	return entry{key, data, msg.Sequence, msg.Time}.orDeleted(msg.Header), nil
}

// last returns the last message of a subject, from the leader.
func (b *bucket) last(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	return repeat(ctx, cmp.Or(b.readWait, readWait),
		func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
			return b.stream.GetLastMsgForSubject(ctx, subject)
		})
}

// revision returns the last revision of the bucket, from the leader.
func (b *bucket) revision(ctx context.Context) (uint64, error) {
	info, err := repeat(ctx, cmp.Or(b.readWait, readWait),
		func(ctx context.Context) (*jetstream.StreamInfo, error) { return b.stream.Info(ctx) })
	if err != nil {
		return 0, callError(ctx, "ask NATS for its revision", err)
	}
	return info.State.LastSeq, nil
}

// repeat makes attempts of a read, each for so long, until one is answered or ctx ends.
func repeat[T any](
	ctx context.Context, wait time.Duration, read func(context.Context) (T, error),
) (T, error) {
	for {
		try, cancel := context.WithTimeoutCause(ctx, wait, errTimeout)
		v, err := read(try)
		late := try.Err() != nil
		cancel()
		switch {
		case err == nil || ctx.Err() != nil:
			return v, err
		case isAway(err):
			if !sleep(ctx, retryWait) {
				return v, err
			}
		case !late:
			return v, err
		}
	}
}

// orDeleted returns the entry without value if the header is that of a delete marker.
func (e entry) orDeleted(header nats.Header) entry {
	if header.Get(operation) != "" || header.Get(jetstream.MarkerReasonHeader) != "" {
		e.value = nil
	}
	return e
}

// The header of a delete marker, see ADR-8.
// (https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-8.md)
const operation, purge = "KV-Operation", "PURGE"

// write replaces revision rev of a key, 0 for a key that does not exist, and returns the new
// revision. A nil value deletes the key. If the key is at another revision, the error is
// errConflict.
func (b *bucket) write(
	ctx context.Context, key string, value []byte, rev uint64,
) (uint64, error) {
	return b.publish(ctx, key, value, jetstream.WithExpectLastSequencePerSubject(rev))
}

// overwrite is write for a key at any revision.
func (b *bucket) overwrite(ctx context.Context, key string, value []byte) (uint64, error) {
	return b.publish(ctx, key, value)
}

// publish makes a write. If an attempt is not answered, it is unknown whether it was made; the next
// one carries the same id, and so NATS makes it once. A cluster answers with what came of it, one
// server with a conflict, and then the id tells whose write it was.
func (b *bucket) publish(
	ctx context.Context, key string, value []byte, options ...jetstream.PublishOpt,
) (uint64, error) {
	msg := nats.NewMsg(b.subject(key))
	msg.Data = value
	id := rand.Text()
	options = append(options, jetstream.WithMsgID(id),
		jetstream.WithRetryWait(retryWait), jetstream.WithRetryAttempts(b.tries))
	if value == nil {
		msg.Header.Set(operation, purge)
		msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
		options = append(options, jetstream.WithMsgTTL(markerTTL))
	}
	for unsure := false; ; {
		rev, err := b.attempt(ctx, msg, options)
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, errNoAnswer):
			unsure = true
			continue
		case unsure && errors.Is(err, errConflict):
			return b.adopt(ctx, msg.Subject, id)
		case unsure && errors.Is(err, jetstream.ErrNoStreamResponse), isUnderWay(err), isAway(err):
			if sleep(ctx, retryWait) {
				continue
			}
		}
		if err != nil && !errors.Is(err, errConflict) {
			err = callError(ctx, "write to NATS", err)
		}
		return rev, err
	}
}

// adopt returns the revision of a key whose last write has this id. If another write is the last,
// it may have replaced that one.
func (b *bucket) adopt(ctx context.Context, subject, id string) (uint64, error) {
	last, err := b.last(ctx, subject)
	if err != nil {
		return 0, callError(ctx, "read from NATS", err)
	}
	if last.Header.Get(jetstream.MsgIDHeader) != id {
		return 0, callError(ctx, "write to NATS", errNoAnswer)
	}
	return last.Sequence, nil
}

// errNoAnswer is the error of an attempt that may be repeated, and may have been made.
var errNoAnswer = errors.New("no answer from NATS")

// attempt sends a write once, or several times if it reaches no bucket.
func (b *bucket) attempt(
	ctx context.Context, msg *nats.Msg, options []jetstream.PublishOpt,
) (uint64, error) {
	try, cancel := context.WithTimeout(ctx, cmp.Or(b.ackWait, ackWait))
	defer cancel()
	ack, err := b.js.PublishMsg(try, msg, options...)
	switch api, ok := errors.AsType[*jetstream.APIError](err); {
	case err == nil:
		return ack.Sequence, nil
	case ok && isConflict(api.ErrorCode):
		return 0, errConflict
	case !ok && try.Err() != nil && ctx.Err() == nil:
		return 0, errNoAnswer
	}
	return 0, err
}

// isUnderWay reports whether err means that an earlier attempt is still being made.
func isUnderWay(err error) bool {
	const duplicateInProcess = 10158
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == duplicateInProcess
}

// isAway reports whether err means that there is no leader at the moment.
func isAway(err error) bool {
	const unavailable = 503
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.Code == unavailable
}

// isForming reports whether err may be over soon: servers come, or another process has begun to
// create the bucket, which its name is then taken for and which is not found yet.
func isForming(err error) bool {
	return isIncomplete(err) || errors.Is(err, jetstream.ErrStreamNotFound)
}

// isIncomplete reports whether err means that a bucket cannot be created because not as many
// servers run as it has replicas, which is not known at once when one has come back.
func isIncomplete(err error) bool {
	const noPeers = 10005
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == noPeers
}

// sleep reports false if ctx ends meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// isConflict knows both codes: a bucket with replicas uses another one.
func isConflict(code jetstream.ErrorCode) bool {
	return code == jetstream.JSErrCodeStreamWrongLastSequence ||
		code == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}
