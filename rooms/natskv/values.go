package natskv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
)

const (
	defaultValuesBucket = "values"

	// valuesHistory is the only history of a value that is needed: no watch reads it.
	valuesHistory = 1

	// valuesTries ends the tries after some time, to look whether there is a bucket.
	valuesTries = 5

	// messageRoom is what a message of NATS has beside the value: its headers.
	messageRoom = 1 << 10

	valuePrefix = "v."
)

// Values is a [tyg.Values] on NATS for the values of applications; the states of connections stay
// with their sockets. Make it with [OpenValues]; Close it when it is no longer needed.
//
// A revision is that of the bucket. None is used twice, also if the bucket is lost and created
// again.
type Values struct {
	// static after OpenValues
	cfg   Config
	nc    *nats.Conn
	stop  context.CancelFunc
	ended sync.WaitGroup
	bucket

	calls calls
}

var _ tyg.Values = (*Values)(nil)

// OpenValues connects to NATS, and creates the bucket if there is none: "values" by default. TTL,
// Fresh and Logger of cfg are not used. The context bounds OpenValues only.
func OpenValues(ctx context.Context, cfg Config) (*Values, error) {
	cfg.Bucket = cmp.Or(cfg.Bucket, defaultValuesBucket)
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("open values on NATS: %w", err)
	}
	v := &Values{cfg: cfg, nc: cfg.Conn, stop: func() {}}
	v.bucket = bucket{
		name: cfg.Bucket, replicas: cfg.Replicas, history: valuesHistory, tries: valuesTries,
		byTime: true,
	}
	if err := v.connect(ctx); err != nil {
		_ = v.Close() // nothing runs yet
		return nil, fmt.Errorf("open values on NATS: %w", err)
	}
	return v, nil
}

func (v *Values) connect(ctx context.Context) (err error) {
	if v.nc == nil {
		if v.nc, err = v.cfg.connect("values"); err != nil {
			return fmt.Errorf("connect: %w", err)
		}
	}
	if most := v.nc.MaxPayload(); most < tyg.MaxValue+messageRoom {
		return fmt.Errorf("the server takes messages of up to %d bytes, and a value may have %d: "+
			"set its max_payload to %d or more", most, tyg.MaxValue, tyg.MaxValue+messageRoom)
	}
	if v.js, err = jetstream.New(v.nc); err != nil {
		return err
	}
	if err := v.open(ctx); err != nil {
		return err
	}
	lost := v.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	live, stop := context.WithCancel(context.WithoutCancel(ctx))
	v.stop = stop
	v.ended.Go(func() { v.follow(live, lost) }) // ends when stop is called; Close waits for it
	return nil
}

// follow aborts the calls that a loss of the connection leaves without an answer.
func (v *Values) follow(ctx context.Context, lost chan nats.Status) {
	defer v.nc.RemoveStatusListener(lost)
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-lost:
			if !ok {
				return // the connection is closed
			}
			v.calls.abort()
		}
	}
}

// Close disconnects unless the connection is [Config.Conn]. No call may be under way or follow.
func (v *Values) Close() error {
	v.stop()
	v.ended.Wait()
	if v.cfg.Conn == nil && v.nc != nil {
		v.nc.Close()
	}
	return nil
}

// LoadValue implements [tyg.Values].
func (v *Values) LoadValue(ctx context.Context, k tyg.ValueKey) ([]byte, tyg.Revision, error) {
	if err := checkValueKey(k); err != nil {
		return nil, 0, err
	}
	ctx, end, err := v.calls.begin(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer end()
	e, err := v.load(ctx, valueKey(k))
	if err != nil {
		return nil, 0, fmt.Errorf("load %v: %w", k, err)
	}
	if !e.exists() {
		return nil, 0, nil
	}
	return e.value, tyg.Revision(e.rev), nil
}

// StoreValue implements [tyg.Values]. After an error other than [tyg.ErrConflict] it is unknown
// whether the value was set.
func (v *Values) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	if err := checkValueKey(k); err != nil {
		return 0, err
	}
	ctx, end, err := v.calls.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	next, err := v.set(ctx, valueKey(k), data, rev)
	switch {
	case errors.Is(err, errConflict):
		return 0, tyg.ErrConflict
	case err != nil:
		return 0, fmt.Errorf("store %v: %w", k, err)
	case data == nil:
		return 0, nil
	}
	return tyg.Revision(next), nil
}

func checkValueKey(k tyg.ValueKey) error {
	if k.Conn != "" {
		return fmt.Errorf("%v is kept by the host that has its socket, not on NATS: %w",
			k, errors.ErrUnsupported)
	}
	return nil
}

func valueKey(k tyg.ValueKey) string { return valuePrefix + encodeKey(k.Name) }

// load reads a key. If the bucket is gone it creates it again.
func (v *Values) load(ctx context.Context, key string) (entry, error) {
	for {
		e, err := v.read(ctx, key)
		if !errors.Is(err, jetstream.ErrStreamNotFound) || ctx.Err() != nil {
			return e, err
		}
		if _, err := v.ensure(ctx); err != nil {
			return entry{}, err
		}
	}
}

// set writes a value, or deletes it if data is nil, if its revision is rev.
func (v *Values) set(
	ctx context.Context, key string, data []byte, rev tyg.Revision,
) (uint64, error) {
	switch {
	case rev == tyg.AnyRevision:
		return v.persist(ctx, func() (uint64, error) { return v.overwrite(ctx, key, data) })
	case rev != 0:
		return v.replace(ctx, key, data, uint64(rev))
	case data != nil:
		return v.create(ctx, key, data)
	}
	e, err := v.load(ctx, key)
	if err == nil && e.exists() {
		err = errConflict
	}
	return 0, err
}

// create writes a value that does not exist. A deleted one has the revision of its delete marker,
// as long as the marker lasts.
func (v *Values) create(ctx context.Context, key string, data []byte) (uint64, error) {
	for rev := uint64(0); ; {
		next, err := v.replace(ctx, key, data, rev)
		if !errors.Is(err, errConflict) {
			return next, err
		}
		e, err := v.load(ctx, key)
		switch {
		case err != nil:
			return 0, err
		case e.exists():
			return 0, errConflict
		}
		rev = e.rev
	}
}

func (v *Values) replace(ctx context.Context, key string, data []byte, rev uint64) (uint64, error) {
	return v.persist(ctx, func() (uint64, error) { return v.write(ctx, key, data, rev) })
}

// persist repeats a write that has reached no bucket: there is no leader at the moment, or the
// bucket is gone and has to be created again.
func (v *Values) persist(ctx context.Context, write func() (uint64, error)) (uint64, error) {
	for {
		rev, err := write()
		if !errors.Is(err, jetstream.ErrNoStreamResponse) || ctx.Err() != nil {
			return rev, err
		}
		if _, err := v.ensure(ctx); err != nil && ctx.Err() != nil {
			return 0, err
		}
	}
}
