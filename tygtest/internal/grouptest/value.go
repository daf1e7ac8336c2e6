package grouptest

import (
	"context"
	"errors"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func valueCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "A value is zero until it is set",
			Rule:  "Get returns what Set has set, and the zero value before and after Delete",
			Check: checkValue,
		},
		{
			Name:  "CompareAndSet sets what was not set meanwhile",
			Rule:  "CompareAndSet with an old revision is ErrConflict, also after Delete",
			Check: checkCompareAndSet,
		},
		{
			Name:  "Updates are not lost",
			Rule:  "an Update sees all that returned before, and sets nothing once its context has ended",
			Check: checkUpdate,
		},
		{
			Name:  "A value has at most 256 KB",
			Rule:  "Set of a larger value is ErrTooLarge and sets nothing",
			Check: checkLargeValue,
		},
	}
}

func checkValue(t *suite.T) {
	t.Start()
	type point struct{ X, Y int }
	one, same, other := tyg.NewValue[point](t.App, "one"), tyg.NewValue[point](t.App, "one"),
		tyg.NewValue[point](t.App, "other /%é")
	expectValue(t, one, point{})
	for _, p := range []point{{1, 2}, {3, 4}, {}} {
		if err := one.Set(t.Ctx, p); err != nil {
			t.Fatalf("Set returned %v", err)
		}
		expectValue(t, same, p)
	}
	expectValue(t, other, point{})
	if err := other.Set(t.Ctx, point{5, 6}); err != nil {
		t.Fatalf("Set returned %v", err)
	}
	expectValue(t, other, point{5, 6})
	for range 2 {
		if err := other.Delete(t.Ctx); err != nil {
			t.Fatalf("Delete returned %v", err)
		}
		expectValue(t, other, point{})
	}
}

func expectValue[T comparable](t *suite.T, v *tyg.Value[T], want T) {
	t.Helper()
	if got, err := v.Get(t.Ctx); err != nil || got != want {
		t.Errorf("Get returned %v, %v, want %v", got, err, want)
	}
}

func checkCompareAndSet(t *suite.T) {
	t.Start()
	v := tyg.NewValue[string](t.App, "text")
	first, err := v.CompareAndSet(t.Ctx, 0, "first")
	if err != nil || first == 0 {
		t.Fatalf("CompareAndSet of a new value returned %d, %v", first, err)
	}
	second, err := v.CompareAndSet(t.Ctx, first, "second")
	if err != nil || second == first {
		t.Fatalf("CompareAndSet returned %d, %v, was %d", second, err, first)
	}
	if text, rev, err := v.Load(t.Ctx); err != nil || rev != second || text != "second" {
		t.Errorf("Load returned %q, %d, %v, want second, %d", text, rev, err, second)
	}
	expectConflict(t, v, 0, first)
	if err := v.Delete(t.Ctx); err != nil {
		t.Fatalf("Delete returned %v", err)
	}
	expectConflict(t, v, first, second)
	if third, err := v.CompareAndSet(t.Ctx, 0, "third"); err != nil || third == first {
		t.Errorf("CompareAndSet after Delete returned %d, %v", third, err)
	}
	expectConflict(t, v, first, second)
	expectValue(t, v, "third")
}

func expectConflict(t *suite.T, v *tyg.Value[string], revs ...tyg.Revision) {
	t.Helper()
	for _, rev := range revs {
		if _, err := v.CompareAndSet(t.Ctx, rev, "old"); !is(err, tyg.ErrConflict) {
			t.Errorf("CompareAndSet with the old revision %d returned %v", rev, err)
		}
	}
}

func checkUpdate(t *suite.T) {
	t.Start()
	const callers, each = 6, 10
	atOnce(callers, func(int) {
		v := tyg.NewValue[int](t.App, "count") // one each, as in several processes
		for range each {
			_, err := v.Update(t.Ctx, func(n int) (int, error) { return n + 1, nil })
			if err != nil {
				t.Errorf("Update returned %v", err)
			}
		}
	})
	v := tyg.NewValue[int](t.App, "count")
	expectValue(t, v, callers*each)
	failure := errors.New("no")
	if _, err := v.Update(t.Ctx, func(int) (int, error) { return 0, failure }); err != failure {
		t.Errorf("Update returned %v, want the error of its function", err)
	}
	expectEnded(t, v.Update)
	expectValue(t, v, callers*each)
}

// expectEnded calls an Update whose context has ended, several times, because one that selects
// between its turn and the context does either.
func expectEnded(
	t *suite.T, update func(context.Context, func(int) (int, error)) (int, error),
) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Ctx)
	cancel()
	for range 20 {
		_, err := update(ctx, func(n int) (int, error) { return n + 1, nil })
		if !is(err, context.Canceled) {
			t.Errorf("Update with a context that has ended returned %v, want its error", err)
		}
	}
}

func checkLargeValue(t *suite.T) {
	t.Start()
	v := tyg.NewValue[string](t.App, "text")
	most := strings.Repeat("x", tyg.MaxValue-2) // without its quotes
	if err := v.Set(t.Ctx, most); err != nil {
		t.Fatalf("Set of %d bytes returned %v", tyg.MaxValue, err)
	}
	if err := v.Set(t.Ctx, most+"x"); !isTooLarge(err) {
		t.Errorf("Set of more returned %v, want ErrTooLarge", err)
	}
	if got, err := v.Get(t.Ctx); err != nil || got != most {
		t.Errorf("Get returned %d bytes, %v, want %d", len(got), err, len(most))
	}
}

func stateCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "Each connection has a state of its own",
			Rule:  "Get returns what was set for that connection, from its connect on",
			Check: checkState,
		},
		{
			Name:  "A state ends with its connection",
			Rule:  "OnDisconnect and OnLeave can read the state; afterwards it is ErrGone",
			Check: checkStateEnds,
		},
		{
			Name:  "A refused connection has its state when it leaves its groups",
			Rule:  "OnLeave can read the state, also where the handshake is refused",
			Check: checkStateOfRefused,
		},
		{
			Name:  "A state has compare-and-set and a limit",
			Rule:  "updates are not lost, an old revision is ErrConflict, 4 KB are the most",
			Check: checkStateUpdates,
		},
	}
}

func checkState(t *suite.T) {
	s := tyg.NewState[string](t.App)
	t.OnConnect = func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
		if got, err := s.Get(ctx, c.ID); err != nil || got != "" {
			t.Errorf("Get of a new connection returned %q, %v", got, err)
		}
		return s.Set(ctx, c.ID, "of "+string(c.ID))
	}
	t.Start()
	clients := t.ConnectMany(3)
	if err := s.Delete(t.Ctx, clients[2].ID()); err != nil {
		t.Errorf("Delete returned %v", err)
	}
	for i, p := range clients {
		want := "of " + string(p.ID())
		if i == 2 {
			want = ""
		}
		if got, err := s.Get(t.Ctx, p.ID()); err != nil || got != want {
			t.Errorf("Get returned %q, %v, want %q", got, err, want)
		}
	}
	_, err := s.Get(t.Ctx, unknownID)
	t.ExpectConnError("Get", err, unknownID, tyg.ErrGone)
	t.ExpectConnError("Set", s.Set(t.Ctx, "nonsense", "x"), "nonsense", tyg.ErrInvalidID)
}

func checkStateEnds(t *suite.T) {
	s := tyg.NewState[string](t.App)
	read := make(chan string, 2)
	get := func(ctx context.Context, id tyg.ConnID) error {
		text, err := s.Get(ctx, id)
		read <- text
		return err
	}
	t.App.OnLeave(func(ctx context.Context, _ *tyg.Group, m tyg.Member) error {
		return get(ctx, m.ID)
	})
	t.OnDisconnect = func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		return get(ctx, c.ID)
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	add(t, t.App.Group("tea"), p)
	if err := s.Set(t.Ctx, p.ID(), "John"); err != nil {
		t.Fatalf("Set returned %v", err)
	}
	p.Disconnect()
	for range 2 {
		if got := suite.Wait(t, "the state", read); got != "John" {
			t.Errorf("the state at the end is %q, want John", got)
		}
	}
	expectCount(t, t.App.Everyone(), 0)
	t.Eventually("the state is over", func() bool {
		_, err := s.Get(t.Ctx, p.ID())
		return is(err, tyg.ErrGone)
	})
	t.ExpectConnError("Set", s.Set(t.Ctx, p.ID(), "x"), p.ID(), tyg.ErrGone)
}

func checkStateOfRefused(t *suite.T) {
	s := tyg.NewState[string](t.App)
	read := make(chan string, 1)
	t.OnConnect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		if err := s.Set(ctx, c.ID, "here"); err != nil {
			t.Errorf("Set returned %v", err)
		}
		if err := t.App.Group("tea").Add(ctx, c.ID); err != nil {
			t.Errorf("Add returned %v", err)
		}
		return tyg.Reject(403, "no")
	}
	t.App.OnLeave(func(ctx context.Context, _ *tyg.Group, m tyg.Member) error {
		text, err := s.Get(ctx, m.ID)
		read <- text
		return err
	})
	t.Start()
	t.DialRefused(suite.Dial{})
	if got := suite.Wait(t, "a leave", read); got != "here" {
		t.Errorf("the state in OnLeave is %q, want %q", got, "here")
	}
}

func checkStateUpdates(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	count := tyg.NewState[int](t.App)
	const callers, each = 4, 5
	atOnce(callers, func(int) {
		for range each {
			_, err := count.Update(t.Ctx, p.ID(), func(n int) (int, error) { return n + 1, nil })
			if err != nil {
				t.Errorf("Update returned %v", err)
			}
		}
	})
	expectEnded(t, func(ctx context.Context, change func(int) (int, error)) (int, error) {
		return count.Update(ctx, p.ID(), change)
	})
	n, rev, err := count.Load(t.Ctx, p.ID())
	if err != nil || n != callers*each {
		t.Errorf("Load returned %d, %v, want %d", n, err, callers*each)
	}
	if _, err := count.CompareAndSet(t.Ctx, p.ID(), rev, 1); err != nil {
		t.Errorf("CompareAndSet returned %v", err)
	}
	if _, err := count.CompareAndSet(t.Ctx, p.ID(), rev, 2); !is(err, tyg.ErrConflict) {
		t.Errorf("CompareAndSet with an old revision returned %v", err)
	}
	text := tyg.NewState[string](t.App)
	most := strings.Repeat("x", tyg.MaxState-2)
	if err := text.Set(t.Ctx, p.ID(), most); err != nil {
		t.Errorf("Set of %d bytes returned %v", tyg.MaxState, err)
	}
	if err := text.Set(t.Ctx, p.ID(), most+"x"); !isTooLarge(err) {
		t.Errorf("Set of more returned %v, want ErrTooLarge", err)
	}
}
