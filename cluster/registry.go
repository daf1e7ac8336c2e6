package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg/internal/connid"
)

// A registry says which incarnations there are. Each has one entry, which only changes by
// compare-and-set, and is read from the leader.
type registry interface {
	// write replaces the entry at revision rev, 0 for none, and returns the new revision. The error
	// is errConflict if the entry is at another one. After any other error it is unknown whether it
	// was written.
	write(ctx context.Context, inc connid.Incarnation, e entry, rev uint64) (uint64, error)

	// read returns an entry and its revision, which is 0 if there is none.
	read(ctx context.Context, inc connid.Incarnation) (entry, uint64, error)

	// list returns all entries that there were at some moment.
	list(ctx context.Context) (map[connid.Incarnation]entry, error)
}

// An entry is what the registry says of an incarnation.
type entry struct {
	Node    string `json:"node,omitempty"`
	Nonce   string `json:"nonce"` // of the process, which recognizes its own entry by it
	State   state  `json:"state"`
	Started int64  `json:"started,omitempty"` // Unix time in seconds
	Renewed int64  `json:"renewed,omitempty"` // the same
	By      string `json:"by,omitempty"`      // why it is dead: left, restarted, silent or unknown
	Ledger  bool   `json:"ledger,omitempty"`  // it has records in the ledger
	Swept   bool   `json:"swept,omitempty"`   // they were handled
}

// A state is that of an incarnation.
type state string

const (
	alive    state = "alive"
	draining state = "draining"
	dead     state = "dead"
)

var (
	errConflict   = errors.New("changed by another node")
	errNoRegistry = errors.New("there is no JetStream")
)

// tombstoneTTL is how long an incarnation that is dead is not used again: the two hours that a
// connection lives at most, and a margin.
const tombstoneTTL = 3 * time.Hour

// A kvRegistry is a registry in a bucket of JetStream. The bucket has no direct reads, which any
// replica would answer.
type kvRegistry struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	bucket string
}

func openRegistry(
	ctx context.Context, js jetstream.JetStream, name string, replicas int,
) (*kvRegistry, error) {
	bucket := name + "-nodes"
	stream, err := openStream(ctx, js, jetstream.StreamConfig{
		Name: "KV_" + bucket, Subjects: []string{"$KV." + bucket + ".>"}, Replicas: replicas,
		MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, AllowRollup: true, DenyDelete: true,
		AllowMsgTTL: true, MaxMsgs: -1, MaxBytes: -1, MaxMsgSize: -1, MaxConsumers: -1,
	})
	if err != nil {
		return nil, err
	}
	if cfg := stream.CachedInfo().Config; !cfg.AllowMsgTTL || cfg.AllowDirect && cfg.Replicas > 1 {
		return nil, fmt.Errorf("bucket %s needs a time to live for messages and no direct reads, as "+
			"this package creates it: delete it, or choose another name for the cluster", bucket)
	}
	return &kvRegistry{js, stream, bucket}, nil
}

// openStream finds a stream, or creates it. While servers of NATS are missing, or another node has
// begun to create it, it tries again until ctx ends.
func openStream(
	ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig,
) (jetstream.Stream, error) {
	for {
		try, cancel := context.WithTimeout(ctx, openTry)
		stream, err := findOrCreate(try, js, cfg)
		cancel()
		if err == nil {
			return stream, nil
		}
		if !isForming(err) || !pause(ctx, openWait) {
			return nil, fmt.Errorf("create stream %s: %w", cfg.Name, err)
		}
	}
}

const openTry, openWait = 2 * time.Second, 100 * time.Millisecond

// isForming reports whether err may be over soon: there is no leader, not as many servers as
// replicas, or a stream whose name is taken is not found yet.
func isForming(err error) bool {
	const noPeers, noLeader = 10005, 10008
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == noPeers || api.ErrorCode == noLeader) ||
		errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, context.DeadlineExceeded)
}

// findOrCreate is one attempt of openStream.
func findOrCreate(
	ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig,
) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, cfg.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, cfg)
	}
	// Another node may have created it meanwhile, with another number of replicas.
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		stream, err = js.Stream(ctx, cfg.Name)
	}
	return stream, err
}

func (r *kvRegistry) subject(inc connid.Incarnation) string {
	return "$KV." + r.bucket + "." + hex(inc)
}

func (r *kvRegistry) write(
	ctx context.Context, inc connid.Incarnation, e entry, rev uint64,
) (uint64, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	msg := &nats.Msg{Subject: r.subject(inc), Data: data}
	opts := []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(rev)}
	if e.State == dead && (!e.Ledger || e.Swept) {
		opts = append(opts, jetstream.WithMsgTTL(tombstoneTTL))
	}
	ack, err := r.js.PublishMsg(ctx, msg, opts...)
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && isConflict(api.ErrorCode) {
		return 0, errConflict
	}
	if err != nil {
		return 0, fmt.Errorf("write to the registry: %w", err)
	}
	return ack.Sequence, nil
}

// isConflict knows both codes: a bucket with replicas uses another one.
func isConflict(code jetstream.ErrorCode) bool {
	return code == jetstream.JSErrCodeStreamWrongLastSequence ||
		code == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}

// readWait is how long one read waits. A server that is not the leader yet does not answer, so a
// read is repeated until the call ends.
const readWait = time.Second

func (r *kvRegistry) read(ctx context.Context, inc connid.Incarnation) (entry, uint64, error) {
	for {
		try, cancel := context.WithTimeout(ctx, readWait)
		e, rev, err := r.readOnce(try, inc)
		late := try.Err() != nil
		cancel()
		if err == nil || !late || ctx.Err() != nil {
			return e, rev, err
		}
	}
}

func (r *kvRegistry) readOnce(ctx context.Context, inc connid.Incarnation) (entry, uint64, error) {
	msg, err := r.stream.GetLastMsgForSubject(ctx, r.subject(inc))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return entry{}, 0, nil
	}
	if err != nil {
		return entry{}, 0, fmt.Errorf("read the registry: %w", err)
	}
	var e entry
	if err := json.Unmarshal(msg.Data, &e); err != nil {
		return entry{}, 0, fmt.Errorf("read the registry: entry %s: %w", hex(inc), err)
	}
	return e, msg.Sequence, nil
}

// listBatch is how many entries are fetched at once.
const listBatch = 256

// list reads with a consumer that ends by itself. An ordered one would try for ever while NATS is
// away, whatever ctx says.
func (r *kvRegistry) list(ctx context.Context) (map[connid.Incarnation]entry, error) {
	c, err := r.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, AckPolicy: jetstream.AckNonePolicy,
		FilterSubject: "$KV." + r.bucket + ".>",
		MemoryStorage: true, Replicas: 1, InactiveThreshold: listIdle,
	})
	if err != nil {
		return nil, fmt.Errorf("list the registry: %w", err)
	}
	all := make(map[connid.Incarnation]entry)
	for left := int(c.CachedInfo().NumPending); left > 0; {
		n, err := r.fetch(ctx, c, min(left, listBatch), all)
		if err == nil && n == 0 {
			err = errNoAnswer
		}
		if err != nil {
			return nil, fmt.Errorf("list the registry: %w", err)
		}
		left -= n
	}
	return all, nil
}

// listIdle is after how long without a call the server removes the consumer of a list.
const listIdle = 10 * time.Second

// fetch adds up to n entries to all, and returns how many messages came.
func (r *kvRegistry) fetch(
	ctx context.Context, c jetstream.Consumer, n int, all map[connid.Incarnation]entry,
) (got int, err error) {
	batch, err := c.Fetch(n, jetstream.FetchContext(ctx))
	if err != nil {
		return 0, err
	}
	for msg := range batch.Messages() {
		got++
		key := msg.Subject()[strings.LastIndexByte(msg.Subject(), '.')+1:]
		var e entry
		if inc, ok := parseHex(key); ok && json.Unmarshal(msg.Data(), &e) == nil {
			all[inc] = e
		}
	}
	return got, batch.Error()
}

// noRegistry is the registry where there is no JetStream. No node is ever declared dead then.
type noRegistry struct{}

func (noRegistry) write(context.Context, connid.Incarnation, entry, uint64) (uint64, error) {
	return 0, errNoRegistry
}

func (noRegistry) read(context.Context, connid.Incarnation) (entry, uint64, error) {
	return entry{}, 0, errNoRegistry
}

func (noRegistry) list(context.Context) (map[connid.Incarnation]entry, error) { return nil, nil }

// hex returns the text of an incarnation.
func hex(inc connid.Incarnation) string { return fmt.Sprintf("%06x", uint32(inc)) }

func parseHex(s string) (inc connid.Incarnation, ok bool) {
	var n uint32
	if len(s) != 6 {
		return 0, false
	}
	_, err := fmt.Sscanf(s, "%06x", &n)
	return connid.Incarnation(n), err == nil
}
