//go:build !tyg.lambda

package host

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// natsVariable names a NATS server.
const natsVariable = "TYG_NATS_URL"

// openTimeout bounds one attempt to open a store.
const openTimeout = 15 * time.Second

// A valueStore keeps values until it is closed.
type valueStore interface {
	tyg.Values
	io.Closer
}

// An opener opens the store of values that the environment names.
type opener func(ctx context.Context, getenv func(string) string) (valueStore, error)

// storedValues opens a store at the first use of a value, so that a program without values needs
// none, and a program may start before its store. An attempt that fails is repeated at the next
// use.
type storedValues struct {
	open    func(context.Context) (valueStore, error)
	ended   sync.WaitGroup
	mu      sync.Mutex
	current *attempt // guarded by mu; nil: none has succeeded or is under way
}

var _ tyg.Values = (*storedValues)(nil)

// An attempt opens a store, for all callers who need it meanwhile.
type attempt struct {
	done  chan struct{}
	store valueStore // valid when done is closed, as err is
	err   error
}

// store returns the store, and opens it if it is not open.
func (v *storedValues) store(ctx context.Context) (valueStore, error) {
	v.mu.Lock()
	a := v.current
	if a == nil {
		a = &attempt{done: make(chan struct{})}
		v.current = a
		v.ended.Go(func() { v.try(a) }) // ends within openTimeout; Close waits for it
	}
	v.mu.Unlock()
	select {
	case <-a.done:
		return a.store, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (v *storedValues) try(a *attempt) {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	a.store, a.err = v.open(ctx)
	if a.err != nil {
		v.mu.Lock()
		v.current = nil
		v.mu.Unlock()
	}
	close(a.done)
}

// LoadValue implements [tyg.Values].
func (v *storedValues) LoadValue(
	ctx context.Context, k tyg.ValueKey,
) ([]byte, tyg.Revision, error) {
	store, err := v.store(ctx)
	if err != nil {
		return nil, 0, err
	}
	return store.LoadValue(ctx, k)
}

// StoreValue implements [tyg.Values].
func (v *storedValues) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	store, err := v.store(ctx)
	if err != nil {
		return 0, err
	}
	return store.StoreValue(ctx, k, data, rev)
}

// Close closes the store if it is open. The values must not be used afterwards.
func (v *storedValues) Close() error {
	v.ended.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current == nil {
		return nil
	}
	return v.current.store.Close()
}
