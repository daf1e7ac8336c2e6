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
	// history is how many revisions of a key are kept: the most that a bucket can keep. A watch
	// that is behind skips revisions that are gone, and then shows a member as it was before them
	// for a moment.
	history = 64

	// duplicates is how long NATS remembers the ids of messages; these messages have none.
	duplicates = 2 * time.Minute

	// markerTTL is how long a delete marker stays. Only a watch that is further behind needs it
	// longer, and a watch begins anew after every loss of the connection.
	markerTTL = time.Hour

	// retryWait and retries are for writes while the bucket has no leader; the context ends them
	// sooner.
	retryWait, retries = 100 * time.Millisecond, 1000
)

// errConflict means that a key is not at the revision that a write was to replace.
var errConflict = errors.New("changed by another process")

func streamName(bucket string) string { return "KV_" + bucket }

func (s *Store) subject(key string) string { return "$KV." + s.cfg.Bucket + "." + key }

// bucket finds or creates the stream of the bucket. Other tools can read it as a bucket, but it has
// no direct reads, which may go to a replica that is behind.
// (https://docs.nats.io/nats-concepts/jetstream/key-value-store)
func (s *Store) bucket(ctx context.Context) (jetstream.Stream, error) {
	stream, err := s.js.Stream(ctx, streamName(s.cfg.Bucket))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = s.js.CreateStream(ctx, jetstream.StreamConfig{
			Name:     streamName(s.cfg.Bucket),
			Subjects: []string{s.subject(">")}, MaxMsgsPerSubject: history,
			Replicas: s.cfg.Replicas, Duplicates: duplicates, Discard: jetstream.DiscardNew,
			MaxMsgs: -1, MaxBytes: -1, MaxMsgSize: -1, MaxConsumers: -1,
			AllowRollup: true, DenyDelete: true, AllowMsgTTL: true,
		})
	}
	// Another process may have created it meanwhile, with another number of replicas.
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		stream, err = s.js.Stream(ctx, streamName(s.cfg.Bucket))
	}
	if err != nil {
		return nil, callError(ctx, "create bucket "+s.cfg.Bucket, err)
	}
	if cfg := stream.CachedInfo().Config; !cfg.AllowMsgTTL || cfg.AllowDirect && cfg.Replicas > 1 {
		return nil, fmt.Errorf("bucket %s needs a time to live for messages and no "+
			"direct reads, as natskv creates it: name another", s.cfg.Bucket)
	}
	return stream, nil
}

// read returns the newest value of a key, from the leader.
func (s *Store) read(ctx context.Context, key string) (entry, error) {
	msg, err := s.stream.GetLastMsgForSubject(ctx, s.subject(key))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return entry{key: key}, nil
	}
	if err != nil {
		return entry{}, callError(ctx, "read from NATS", err)
	}
	return entry{key, msg.Data, msg.Sequence, msg.Time}.orDeleted(msg.Header), nil
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
func (s *Store) write(ctx context.Context, key string, value []byte, rev uint64) (uint64, error) {
	msg := nats.NewMsg(s.subject(key))
	msg.Data = value
	options := []jetstream.PublishOpt{
		jetstream.WithExpectLastSequencePerSubject(rev),
		jetstream.WithRetryWait(retryWait), jetstream.WithRetryAttempts(retries),
	}
	if value == nil {
		msg.Header.Set(operation, purge)
		msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
		options = append(options, jetstream.WithMsgTTL(markerTTL))
	}
	ack, err := s.js.PublishMsg(ctx, msg, options...)
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
