package natskv_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// A history is what clients have called, and what came of it, on one clock.
type history struct {
	start time.Time
	mu    sync.Mutex
	ops   []porcupine.Operation
	known int // operations with an answer
}

// answered returns how many calls have had an answer.
func (h *history) answered() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known
}

// record makes a call. call returns its output, and whether it had one: a change without an answer
// may be made at any time after, or never. A read without one says nothing.
func (h *history) record(client int, in any, read bool, call func() (out any, known bool)) {
	op := porcupine.Operation{ClientId: client, Input: in, Call: int64(time.Since(h.start))}
	out, known := call()
	op.Output, op.Return = out, int64(time.Since(h.start))
	if !known && read {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if known {
		h.known++
	} else {
		op.Output, op.Return = nil, math.MaxInt64
	}
	h.ops = append(h.ops, op)
}

// underKills runs clients on three nodes until the node that leads the bucket was killed twice, and
// judges their history by a model.
func underKills(
	t *testing.T, c *natsdtest.Cluster, bucket string, clients int, model porcupine.Model,
	step func(ctx context.Context, h *history, client int),
) {
	t.Helper()
	h := &history{start: time.Now()}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				step(ctx, h, client)
				wait(ctx, rand.N(20*time.Millisecond))
			}
		})
	}
	leaders := 0
	for n := range 2 {
		eventually(t, "calls are answered", func() bool { return h.answered() > 20*(n+1) })
		i := c.Leader(bucket)
		if i < 0 {
			continue
		}
		leaders++
		c.Kill(i)
		wait(ctx, 200*time.Millisecond)
		c.Restart(i)
		c.WaitReady()
	}
	eventually(t, "calls are answered", func() bool { return h.answered() > 60 })
	stop()
	all.Wait()
	if leaders == 0 {
		t.Error("no leader was killed")
	}
	awaitRivals(h.ops)
	switch porcupine.CheckOperationsTimeout(model, h.ops, 20*time.Second) {
	case porcupine.Illegal:
		for _, op := range h.ops {
			t.Logf("%d: %v %+v = %+v %v", op.ClientId, time.Duration(op.Call), op.Input, op.Output,
				time.Duration(op.Return))
		}
		t.Errorf("%d calls, %d of them answered, are not linearizable", len(h.ops), h.known)
	case porcupine.Unknown:
		t.Errorf("it takes too long to judge %d calls, %d of them answered", len(h.ops), h.known)
	}
}

// A set is an input: a compare-and-set, or without data a read. unknownRev is the revision of a
// value whose change had no answer.
type set struct {
	data string
	rev  tyg.Revision
}

type stored struct {
	data     string
	rev      tyg.Revision
	conflict bool
}

const unknownRev = tyg.Revision(math.MaxInt64)

// stepValue returns how a value may be after a call.
func stepValue(state, input, output any) []any {
	is, in := state.(stored), input.(set)
	fits := is.rev == in.rev || is.rev == unknownRev && in.rev != 0
	out, known := output.(stored)
	switch {
	case in.data == "": // a read
		if out.data == is.data && (out.rev == is.rev || is.rev == unknownRev) {
			return []any{stored{out.data, out.rev, false}}
		}
		return nil
	case !known && fits:
		return []any{is, stored{in.data, unknownRev, false}}
	case !known:
		return []any{is}
	case out.conflict && (!fits || is.rev == unknownRev):
		return []any{is}
	case !out.conflict && fits:
		return []any{stored{in.data, out.rev, false}}
	}
	return nil
}

func valueModel() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{stored{}} }, Step: stepValue,
	}
	return model.ToModel()
}

// TestJudgeOfValues has the judge look at histories that may be, and that may not.
func TestJudgeOfValues(t *testing.T) {
	op := func(call, end int64, in set, out stored) porcupine.Operation {
		return porcupine.Operation{Input: in, Output: out, Call: call, Return: end}
	}
	first := op(0, 1, set{"a", 0}, stored{"a", 1, false})
	second := op(2, 9, set{"b", 1}, stored{"b", 2, false})
	lost := op(3, 4, set{"c", 1}, stored{"c", 0, true})
	old := func(call, end int64) porcupine.Operation {
		return op(call, end, set{}, stored{"a", 1, false})
	}
	other := op(3, 8, set{"c", 1}, stored{"c", 3, false})
	type ops = []porcupine.Operation
	for name, tt := range map[string]struct {
		ops
		want bool
	}{
		"one after the other":             {ops{first, second}, true},
		"lost to a change under way":      {ops{first, second, lost, old(5, 6)}, true},
		"lost to nothing":                 {ops{first, lost, old(5, 6)}, false},
		"an old value after a change":     {ops{first, second, old(10, 11)}, false},
		"lost, and old after the change":  {ops{first, second, lost, old(10, 11)}, false},
		"two changes of the same version": {ops{first, second, other}, false},
	} {
		awaitRivals(tt.ops)
		if got := porcupine.CheckOperations(valueModel(), tt.ops); got != tt.want {
			t.Errorf("%s: it may be: %v, want %v", name, got, tt.want)
		}
	}
}

// TestCompareAndSetIsLinearizable judges what clients of a cluster saw while leaders were killed.
func TestCompareAndSetIsLinearizable(t *testing.T) {
	t.Parallel()
	const clients = 4
	c := natsdtest.Start(t, 3)
	var values [clients]*natskv.Values
	for i := range values {
		values[i] = openValues(t, natskv.Config{URL: c.URL(), Replicas: 3})
	}
	k := tyg.ValueKey{Name: "register"}
	underKills(t, c, "values", clients, valueModel(),
		func(ctx context.Context, h *history, client int) {
			v, seen, ok := values[client], tyg.Revision(0), false
			h.record(client, set{}, true, func() (any, bool) {
				data, rev, err := v.LoadValue(ctx, k)
				seen, ok = rev, err == nil
				return stored{string(data), rev, false}, ok
			})
			if !ok {
				return
			}
			mine := fmt.Sprint(client, "-", rand.Uint32())
			h.record(client, set{mine, seen}, false, func() (any, bool) {
				rev, err := v.StoreValue(ctx, k, []byte(mine), seen)
				lost := errors.Is(err, tyg.ErrConflict)
				return stored{mine, rev, lost}, err == nil || lost
			})
		})
}

// awaitRivals ends each conflict with the last of the changes of the same revision that were under
// way: a leader refuses a change when it has proposed another one, which the others then accept and
// readers see. (nats-server v2, expectedPerSubjectInProcess in server/jetstream_batching.go)
func awaitRivals(ops []porcupine.Operation) {
	for i, lost := range ops {
		if out, ok := lost.Output.(stored); !ok || !out.conflict {
			continue
		}
		for _, rival := range ops {
			in, ok := rival.Input.(set)
			out, known := rival.Output.(stored)
			if ok && in.data != "" && in.rev == lost.Input.(set).rev && (!known || !out.conflict) &&
				rival.Call < lost.Return {
				ops[i].Return = max(ops[i].Return, rival.Return)
			}
		}
	}
}

// A naming is an input: a member that takes a name, or without a member a search for it.
type naming struct {
	member tyg.ConnID
	name   string
}

// stepNames returns who may have which name after a call. The state is a member's name at its
// index.
func stepNames(state, input, output any) []any {
	is, in := state.([members]string), input.(naming)
	owner := tyg.ConnID("")
	for i, name := range is {
		if name == in.name {
			owner = memberID(i)
		}
	}
	if in.member == "" {
		if output.(tyg.ConnID) == owner {
			return []any{is}
		}
		return nil
	}
	free := owner == "" || owner == in.member
	took, known := output.(bool)
	next := is
	for i := range next {
		if memberID(i) == in.member {
			next[i] = in.name
		}
	}
	switch {
	case !known && free:
		return []any{is, next}
	case !known, known && !took && !free:
		return []any{is}
	case took && free:
		return []any{next}
	}
	return nil
}

const members = 3

func memberID(i int) tyg.ConnID { return tyg.ConnID(fmt.Sprint("member-", i)) }

// TestNamesAreLinearizable has members that take names from each other.
func TestNamesAreLinearizable(t *testing.T) {
	t.Parallel()
	c := natsdtest.Start(t, 3)
	var stores [members]*natskv.Store
	for i := range stores {
		stores[i] = open(t, natskv.Config{URL: c.URL(), Replicas: 3, Fresh: true})
		if err := stores[i].Add(t.Context(), memberID(i)); err != nil {
			t.Fatal(err)
		}
	}
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{[members]string{}} }, Step: stepNames,
	}
	names := []string{"John", "Jenny", "Jack", "Jill"}
	underKills(t, c, "rooms", members, model.ToModel(),
		func(ctx context.Context, h *history, client int) {
			store, name := stores[client], names[rand.N(len(names))]
			h.record(client, naming{memberID(client), name}, false, func() (any, bool) {
				_, err := store.Rename(ctx, memberID(client), name)
				taken := errors.Is(err, rooms.ErrNameTaken)
				return !taken, err == nil || taken
			})
			name = names[rand.N(len(names))]
			h.record(client, naming{"", name}, true, func() (any, bool) {
				is, err := store.Find(ctx, name)
				none := errors.Is(err, rooms.ErrNoMember)
				return is.ID, err == nil || none
			})
		})
}
