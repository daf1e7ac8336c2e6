package natskv

import (
	"context"
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

	// duplicates is how long NATS remembers the ids of messages; these messages have none.
	duplicates = 2 * time.Minute

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
	b.stream, err = b.ensure(ctx)
	return err
}

// ensure finds the stream of the bucket, or creates it.
func (b *bucket) ensure(ctx context.Context) (jetstream.Stream, error) {
	stream, err := b.js.Stream(ctx, streamName(b.name))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = b.js.CreateStream(ctx, b.config())
	}
	// Another process may have created it meanwhile, with another number of replicas.
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		stream, err = b.js.Stream(ctx, streamName(b.name))
	}
	if err != nil {
		return nil, callError(ctx, "create bucket "+b.name, err)
	}
	if cfg := stream.CachedInfo().Config; !cfg.AllowMsgTTL || cfg.AllowDirect && cfg.Replicas > 1 {
		return nil, fmt.Errorf("bucket %s needs a time to live for messages and no "+
			"direct reads, as natskv creates it: name another", b.name)
	}
	return stream, nil
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
	msg, err := b.stream.GetLastMsgForSubject(ctx, b.subject(key))
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

func (b *bucket) publish(
	ctx context.Context, key string, value []byte, options ...jetstream.PublishOpt,
) (uint64, error) {
	msg := nats.NewMsg(b.subject(key))
	msg.Data = value
	options = append(options,
		jetstream.WithRetryWait(retryWait), jetstream.WithRetryAttempts(b.tries))
	if value == nil {
		msg.Header.Set(operation, purge)
		msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
		options = append(options, jetstream.WithMsgTTL(markerTTL))
	}
	ack, err := b.js.PublishMsg(ctx, msg, options...)
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && isConflict(api.ErrorCode) {
		return 0, errConflict
	}
	if err != nil {
		return 0, callError(ctx, "write to NATS", err)
	}
	return ack.Sequence, nil
}

// isConflict knows both codes: a bucket with replicas uses another one.
func isConflict(code jetstream.ErrorCode) bool {
	return code == jetstream.JSErrCodeStreamWrongLastSequence ||
		code == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}
