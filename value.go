package tyg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Limits of values as JSON, in bytes, on every host.
const (
	MaxValue = 256 << 10 // of a Value
	MaxState = 4 << 10   // of a State of one connection
)

// A Value is one value that all handlers of an application share, on every machine that runs it: a
// counter, a document. T is encoded as [json.Marshal] does, to at most [MaxValue] bytes.
//
// Where the host is one process, the value is in its memory and ends with it, unless the host has a
// store; package host says how to name one. On AWS it is in DynamoDB.
//
// All methods may be called at the same time from many goroutines.
type Value[T any] struct {
	app  *App
	name string
	turn chan struct{} // held by Update, so that updates of one process do not conflict
}

// NewValue returns the value of that name: from 1 to [MaxGroupName] bytes of valid UTF-8, else it
// panics. A second Value of the same name is the same value.
func NewValue[T any](a *App, name string) *Value[T] {
	if err := CheckGroupName(name); err != nil {
		panic(fmt.Sprintf("tyg: the name of a value has the rules of a group's: %v", err))
	}
	return &Value[T]{app: a, name: name, turn: make(chan struct{}, 1)}
}

// Get returns the value. It is the zero T if it was never set.
func (v *Value[T]) Get(ctx context.Context) (T, error) {
	t, _, err := v.Load(ctx)
	return t, err
}

// Set sets the value, whatever it was before.
func (v *Value[T]) Set(ctx context.Context, t T) error {
	_, err := v.CompareAndSet(ctx, AnyRevision, t)
	return err
}

// Update replaces the value with what change makes of it, and returns that. Where the value was set
// meanwhile, it calls change again with the new one, so change should do nothing else. If change
// fails, Update returns its error and sets nothing. Once ctx has ended, it makes no new attempt.
// After an error of the store it is unknown whether the value was set: a cluster may lose the
// answer with the server that it asked.
//
//	n, err := visitors.Update(ctx, func(n int) (int, error) { return n + 1, nil })
func (v *Value[T]) Update(ctx context.Context, change func(T) (T, error)) (T, error) {
	select {
	case v.turn <- struct{}{}:
		defer func() { <-v.turn }()
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
	return update(ctx, v.Load, v.CompareAndSet, change)
}

// Load returns the value and its revision, for [Value.CompareAndSet].
func (v *Value[T]) Load(ctx context.Context) (T, Revision, error) {
	return loadValue[T](ctx, v.app, ValueKey{Name: v.name})
}

// CompareAndSet sets the value if its revision is still rev, and returns the new one. Otherwise
// the error is [ErrConflict]. The revision of a value that was never set is zero.
func (v *Value[T]) CompareAndSet(ctx context.Context, rev Revision, t T) (Revision, error) {
	return storeValue(ctx, v.app, ValueKey{Name: v.name}, rev, t, MaxValue)
}

// Delete removes the value: it is as if it was never set.
func (v *Value[T]) Delete(ctx context.Context) error {
	return deleteValue(ctx, v.app, ValueKey{Name: v.name})
}

// A State is a value of each connection: what the application knows of it, such as a nickname. It
// ends with its connection, after the disconnect handler. T is encoded as [json.Marshal] does, to
// at most [MaxState] bytes. An application has one State: all States of an App are the same.
//
// The host keeps it beside the socket, or in DynamoDB on AWS. For a connection that is over, the
// error is [ErrGone]. All methods may be called at the same time from many goroutines.
type State[T any] struct{ app *App }

// NewState returns the State of the connections of a.
func NewState[T any](a *App) *State[T] { return &State[T]{app: a} }

// Get returns the state of a connection. It is the zero T if it was never set.
func (s *State[T]) Get(ctx context.Context, id ConnID) (T, error) {
	t, _, err := s.Load(ctx, id)
	return t, err
}

// Set sets the state of a connection, whatever it was before.
func (s *State[T]) Set(ctx context.Context, id ConnID, t T) error {
	_, err := s.CompareAndSet(ctx, id, AnyRevision, t)
	return err
}

// Update replaces the state of a connection with what change makes of it, as [Value.Update] does.
func (s *State[T]) Update(
	ctx context.Context, id ConnID, change func(T) (T, error),
) (T, error) {
	load := func(ctx context.Context) (T, Revision, error) { return s.Load(ctx, id) }
	set := func(ctx context.Context, rev Revision, t T) (Revision, error) {
		return s.CompareAndSet(ctx, id, rev, t)
	}
	return update(ctx, load, set, change)
}

// Load returns the state of a connection and its revision, for [State.CompareAndSet].
func (s *State[T]) Load(ctx context.Context, id ConnID) (T, Revision, error) {
	return loadValue[T](ctx, s.app, ValueKey{Conn: id})
}

// CompareAndSet sets the state of a connection if its revision is still rev, and returns the new
// one. Otherwise the error is [ErrConflict]. The revision of a state that was never set is zero.
func (s *State[T]) CompareAndSet(
	ctx context.Context, id ConnID, rev Revision, t T,
) (Revision, error) {
	return storeValue(ctx, s.app, ValueKey{Conn: id}, rev, t, MaxState)
}

// Delete removes the state of a connection: it is as if it was never set.
func (s *State[T]) Delete(ctx context.Context, id ConnID) error {
	return deleteValue(ctx, s.app, ValueKey{Conn: id})
}

func loadValue[T any](ctx context.Context, a *App, k ValueKey) (t T, rev Revision, err error) {
	host, err := a.bound()
	if err != nil {
		return t, 0, err
	}
	data, rev, err := host.LoadValue(ctx, k)
	if err != nil || rev == 0 {
		return t, rev, err
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return t, rev, fmt.Errorf("decode %v: %w", k, err)
	}
	return t, rev, nil
}

func storeValue[T any](
	ctx context.Context, a *App, k ValueKey, rev Revision, t T, limit int,
) (Revision, error) {
	host, err := a.bound()
	if err != nil {
		return 0, err
	}
	data, err := json.Marshal(t)
	if err != nil {
		return 0, fmt.Errorf("encode %v: %w", k, err)
	}
	if len(data) > limit {
		return 0, fmt.Errorf("%v has %d bytes, and may have %d: %w", k, len(data), limit, ErrTooLarge)
	}
	return host.StoreValue(ctx, k, data, rev)
}

func deleteValue(ctx context.Context, a *App, k ValueKey) error {
	host, err := a.bound()
	if err != nil {
		return err
	}
	_, err = host.StoreValue(ctx, k, nil, AnyRevision)
	return err
}

// update sets a value until no other caller has set it meanwhile.
func update[T any](
	ctx context.Context, load func(context.Context) (T, Revision, error),
	set func(context.Context, Revision, T) (Revision, error), change func(T) (T, error),
) (T, error) {
	var zero T
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return zero, err // a host that has the value in memory does not ask
		}
		t, rev, err := load(ctx)
		if err != nil {
			return zero, err
		}
		if t, err = change(t); err != nil {
			return zero, err
		}
		_, err = set(ctx, rev, t)
		if err == nil {
			return t, nil
		}
		if !errors.Is(err, ErrConflict) {
			return zero, err
		}
		if err := pause(ctx, n); err != nil {
			return zero, err
		}
	}
}

// maxPause bounds the time between two attempts of an update.
const maxPause = 100 * time.Millisecond

// pause waits before the attempt after conflict n: at random, so that those who conflicted do not
// meet again.
func pause(ctx context.Context, n int) error {
	limit := min(maxPause, time.Millisecond<<min(n, 10))
	t := time.NewTimer(rand.N(limit))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// String names the value in errors.
func (k ValueKey) String() string {
	if k.Conn != "" {
		return "state of connection " + string(k.Conn)
	}
	return fmt.Sprintf("value %q", k.Name)
}
