package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// agedTable has members who joined some time ago.
type agedTable struct {
	lambda.GroupTable
	age time.Duration
}

func (a agedTable) Members(
	ctx context.Context, group string, part int, after string,
) ([]tyg.Member, string, error) {
	page, next, err := a.GroupTable.Members(ctx, group, part, after)
	for i := range page {
		page[i].JoinedAt = page[i].JoinedAt.Add(-a.age)
	}
	return page, next, err
}

func (a agedTable) Conn(ctx context.Context, id tyg.ConnID) (lambda.TableConn, error) {
	c, err := a.GroupTable.Conn(ctx, id)
	c.Since = c.Since.Add(-a.age)
	return c, err
}

// A rig is an application whose @connections are simulated.
type rig struct {
	app  *tyg.App
	host *lambda.Host

	mu     sync.Mutex
	gone   map[string]bool // prefixes of ids that API Gateway does not know
	posts  counts
	events []string // what the handlers were called with
}

// newRig returns a rig. change may change its Config.
func newRig(t *testing.T, change func(*lambda.Config)) *rig {
	t.Helper()
	r := &rig{app: tyg.New("app"), gone: make(map[string]bool)}
	note := func(what string, g *tyg.Group, m tyg.Member) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, what+" "+g.Name()+" "+string(m.ID))
	}
	r.app.OnLeave(func(_ context.Context, g *tyg.Group, m tyg.Member) error {
		note("leave", g, m)
		return nil
	})
	cfg := lambda.Config{
		SenderConfig: lambda.SenderConfig{
			Endpoint: endpoint, Credentials: key, HTTPClient: roundTrip(r.serve).client(), RetryFor: -1,
		},
		Groups: newTable(t), Everyone: true,
	}
	if change != nil {
		change(&cfg)
	}
	r.host = newHost(t, r.app, cfg)
	return r
}

func (r *rig) serve(req *request) (*response, error) {
	id, _ := r.posts.add(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	for prefix := range r.gone {
		if strings.HasPrefix(id, prefix) {
			return respond(410, "GoneException", "")
		}
	}
	return respond(200, "", `{"connectedAt":"2026-11-30T00:00:00Z",`+
		`"identity":{"sourceIp":"192.0.2.1"},"lastActiveAt":"2026-11-30T00:00:00Z"}`)
}

func (r *rig) setGone(prefix string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone[prefix] = true
}

func (r *rig) log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.events, "; ")
}

func (r *rig) add(t *testing.T, group string, ids ...tyg.ConnID) {
	t.Helper()
	for _, id := range ids {
		if err := r.app.Group(group).Add(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *rig) count(t *testing.T, g *tyg.Group) int {
	t.Helper()
	n, err := g.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A member that is gone leaves all its groups, and is told of once, unless it may still be
// connecting.
func TestGoneMembersArePruned(t *testing.T) {
	for age, pruned := range map[time.Duration]bool{
		0: false, lambda.YoungMember - 10*time.Second: false, lambda.YoungMember: true,
	} {
		t.Run(age.String(), func(t *testing.T) {
			r := newRig(t, func(cfg *lambda.Config) { cfg.Groups = agedTable{cfg.Groups, age} })
			gone, fine := someIDs("gone", 3), someIDs("fine", 3)
			r.add(t, "tea", append(gone, fine...)...)
			r.add(t, "coffee", gone[0])
			r.setGone("gone")
			for n := range 2 {
				var d tyg.Delivery
				if err := r.app.Group("tea").Send(t.Context(), []byte("x"), tyg.Report(&d)); err != nil {
					t.Fatal(err)
				}
				want := 0
				if pruned && n == 0 {
					want = 3
				}
				if d.Reached != 3 || len(d.Gone) != want || len(d.Failed)+len(d.Slow) > 0 {
					t.Errorf("send %d reported %+v", n, d)
				}
			}
			members, events := 6, 0
			if pruned {
				members, events = 3, 4
			}
			if n := r.count(t, r.app.Group("tea")); n != members {
				t.Errorf("%d members, want %d", n, members)
			}
			if n := strings.Count(r.log(), "leave"); n != events {
				t.Errorf("%d leaves, want %d: %s", n, events, r.log())
			}
			if pruned && r.count(t, r.app.Group("coffee")) != 0 {
				t.Error("a connection that is gone is still in its other group")
			}
		})
	}
}

// The disconnect event that comes after a send has found its connection gone tells of nothing
// twice, and its handler can read the state.
func TestDisconnectAfterPruning(t *testing.T) {
	r := newRig(t, func(cfg *lambda.Config) {
		cfg.Groups = agedTable{cfg.Groups, lambda.YoungMember}
	})
	state := tyg.NewState[string](r.app)
	var seen []string
	r.app.OnDisconnect(func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		text, err := state.Get(ctx, c.ID)
		seen = append(seen, fmt.Sprint(text, err))
		return nil
	})
	r.add(t, "tea", id)
	if err := state.Set(t.Context(), id, "John"); err != nil {
		t.Fatal(err)
	}
	r.setGone("R1k")
	if err := r.app.Group("tea").Send(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // API Gateway may tell it twice
		event := payload(t, "disconnect", "AAAA1234=", string(id))
		if _, err := r.host.Invoke(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(seen) != "[John<nil> <nil>]" || r.log() != "leave tea "+string(id) {
		t.Errorf("disconnect saw %q after %s", seen, r.log())
	}
	if _, err := state.Get(t.Context(), id); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("the state returned %v", err)
	}
}

// A client that was refused, for whatever reason, is in no group and has no state.
func TestRefusedConnect(t *testing.T) {
	for _, how := range []string{"reject", "error", "panic", "register", "fine"} {
		t.Run(how, func(t *testing.T) {
			r := newRig(t, func(cfg *lambda.Config) {
				if how == "register" {
					cfg.Groups = brokenTable{cfg.Groups}
				}
			})
			state := tyg.NewState[string](r.app)
			r.app.OnConnect(func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
				if err := r.app.Group("tea").Add(ctx, c.ID); err != nil {
					t.Errorf("Add returned %v", err)
				}
				if err := state.Set(ctx, c.ID, "x"); err != nil {
					t.Errorf("Set returned %v", err)
				}
				return do(how)
			})
			r.setGone("") // before connect has returned, it is not known
			reply, err := r.host.Invoke(t.Context(), payload(t, "connect"))
			connecting := tyg.ConnID(jsonOf(t, payload(t, "connect")).RequestContext.ConnectionID)
			want := 0
			if how == "fine" {
				want = 1
				if err != nil || string(reply) != `{"statusCode":200}` {
					t.Errorf("connect returned %s, %v", reply, err)
				}
			}
			if n := r.count(t, r.app.Group("tea")); n != want {
				t.Errorf("the group has %d members, want %d", n, want)
			}
			if n := r.count(t, r.app.Everyone()); n != want {
				t.Errorf("Everyone has %d members, want %d", n, want)
			}
			if n := strings.Count(r.log(), "leave tea"); n != 1-want {
				t.Errorf("%d leaves, want %d", n, 1-want)
			}
			if _, err := state.Get(t.Context(), connecting); errors.Is(err, tyg.ErrGone) != (want == 0) {
				t.Errorf("the state returned %v", err)
			}
		})
	}
}

// brokenTable registers no connection.
type brokenTable struct{ lambda.GroupTable }

func (brokenTable) Register(context.Context, tyg.ConnID, time.Time) error { return errSecret }

// connEvent is what the tests read of an event.
type connEvent struct {
	RequestContext struct{ ConnectionID string }
}

func jsonOf(t *testing.T, payload []byte) (e connEvent) {
	t.Helper()
	if err := json.Unmarshal(payload, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// A client that touches nothing costs nothing when it is refused.
func TestRefusedConnectWithoutGroups(t *testing.T) {
	counted := new(countingTable)
	r := newRig(t, func(cfg *lambda.Config) {
		counted.GroupTable = cfg.Groups
		cfg.Groups = counted
	})
	r.app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return do("reject") })
	if _, err := r.host.Invoke(t.Context(), payload(t, "connect")); err != nil {
		t.Fatal(err)
	}
	if counted.leaves != 0 {
		t.Errorf("the table was asked %d times", counted.leaves)
	}
}

type countingTable struct {
	lambda.GroupTable
	leaves int
}

func (c *countingTable) Leave(
	ctx context.Context, id tyg.ConnID,
) (lambda.TableConn, []string, error) {
	c.leaves++
	return c.GroupTable.Leave(ctx, id)
}

// Without registration, Everyone says what to do, and groups work.
func TestEveryoneIsNotRegistered(t *testing.T) {
	r := newRig(t, func(cfg *lambda.Config) { cfg.Everyone = false })
	all := r.app.Everyone()
	_, count := all.Count(t.Context())
	var walk error
	for _, walk = range all.Members(t.Context()) {
	}
	for call, err := range map[string]error{
		"Send": all.SendString(t.Context(), "x"), "Count": count, "Members": walk,
	} {
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "TYG_EVERYONE") {
			t.Errorf("%s returned %v", call, err)
		}
	}
	r.add(t, "tea", id)
	if n := r.count(t, r.app.Group("tea")); n != 1 {
		t.Errorf("%d members, want 1", n)
	}
}

// failingTable cannot read one of the parts.
type failingTable struct{ lambda.GroupTable }

func (f failingTable) Members(
	ctx context.Context, group string, part int, after string,
) ([]tyg.Member, string, error) {
	if part == 2 {
		return nil, "", errSecret
	}
	return f.GroupTable.Members(ctx, group, part, after)
}

// A send that does not know all members says so.
func TestSendWithoutAllMembers(t *testing.T) {
	r := newRig(t, func(cfg *lambda.Config) { cfg.Groups = failingTable{cfg.Groups} })
	r.add(t, "tea", someIDs("x", 20)...)
	if err := r.app.Group("tea").SendString(t.Context(), "x"); !errors.Is(err, errSecret) {
		t.Errorf("Send returned %v", err)
	}
	var walk error
	for _, walk = range r.app.Group("tea").Members(t.Context()) {
	}
	if !errors.Is(walk, errSecret) {
		t.Errorf("Members ended with %v", walk)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	whole := newRig(t, nil)
	whole.add(t, "tea", someIDs("x", 20)...)
	if err := whole.app.Group("tea").SendString(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Send with a context that has ended returned %v", err)
	}
}

// A large group is sent to by several invocations, each member once.
func TestShards(t *testing.T) {
	for _, tt := range []struct {
		name            string
		self            bool
		fails           int // of the invocations, the first
		reached         int
		pending, shards int
	}{
		{"alone", false, 0, 95, 0, 0},
		{"shared", true, 0, 20, 75, 4},
		{"a shard that is not taken", true, 1, 40, 55, 4},
		{"none is taken", true, 99, 95, 0, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex // guards the rest
			var shards [][]byte
			calls := 0
			r := newRig(t, func(cfg *lambda.Config) {
				if !tt.self {
					return
				}
				cfg.Self = func(_ context.Context, payload []byte) error {
					mu.Lock()
					defer mu.Unlock()
					if calls++; calls <= tt.fails {
						return errSecret
					}
					shards = append(shards, payload)
					return nil
				}
			})
			r.host.SetShards(20, 20)
			ids := someIDs("x", 100)
			r.add(t, "tea", ids...)
			r.posts = counts{}
			var d tyg.Delivery
			err := r.app.Group("tea").Send(
				t.Context(), []byte("hello"), tyg.Except(ids[:5]...), tyg.Report(&d))
			if err != nil {
				t.Fatal(err)
			}
			if tt.name == "a shard that is not taken" && d.Reached == 35 { // it was the last one
				tt.reached, tt.pending = 35, 60
			}
			if d.Reached != tt.reached || d.Pending != tt.pending || calls != tt.shards {
				t.Errorf("reported %+v after %d calls", d, calls)
			}
			for _, payload := range shards {
				if !json.Valid(payload) {
					t.Errorf("the payload is no JSON: %s", payload)
				}
				out, err := r.host.Invoke(t.Context(), payload)
				if err != nil || string(out) != "null" {
					t.Errorf("the invocation returned %s, %v", out, err)
				}
			}
			for i, id := range ids {
				want := 1
				if i < 5 {
					want = 0
				}
				if n := r.posts.byID[string(id)]; n != want {
					t.Errorf("%s was called %d times, want %d", id, n, want)
				}
			}
		})
	}
}

// A shard prunes as a send does, and whatever is wrong with it, Lambda does not repeat it.
func TestShardDoesNotFail(t *testing.T) {
	shards := make(chan []byte, 10)
	r := newRig(t, func(cfg *lambda.Config) {
		cfg.Groups = agedTable{cfg.Groups, time.Hour}
		cfg.Self = func(_ context.Context, payload []byte) error {
			shards <- payload
			return nil
		}
	})
	r.host.SetShards(0, 10)
	r.add(t, "tea", someIDs("x", 10)...)
	if err := r.app.Group("tea").SendString(t.Context(), "hello"); err != nil {
		t.Fatal(err)
	}
	r.setGone("x")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ctx := range []context.Context{ended, t.Context()} {
		for _, payload := range []string{
			string(shards0(shards)), `{"tyg":"group",`, `{"tyg":"group","x":1}`,
		} {
			if out, err := r.host.Invoke(ctx, []byte(payload)); err != nil || string(out) != "null" {
				t.Errorf("%.20s: %s, %v", payload, out, err)
			}
		}
	}
	if n := strings.Count(r.log(), "leave"); n != 10 {
		t.Errorf("%d leaves, want 10", n)
	}
	without := newHost(t, tyg.New("other"), lambda.Config{SenderConfig: lambda.SenderConfig{
		Endpoint: endpoint, Credentials: key,
	}})
	if _, err := without.Invoke(t.Context(), shards0(shards)); err != nil {
		t.Errorf("without a table: %v", err)
	}
}

// shards0 returns the one payload, and keeps it.
func shards0(shards chan []byte) []byte {
	payload := <-shards
	shards <- payload
	return payload
}

// forgetfulTable has lost the hints of connections.
type forgetfulTable struct{ lambda.GroupTable }

func (f forgetfulTable) Leave(
	ctx context.Context, id tyg.ConnID,
) (lambda.TableConn, []string, error) {
	c, _, err := f.GroupTable.Leave(ctx, id)
	return c, nil, err
}

// The member that a send finds gone is removed whatever else the table knows.
func TestGoneMemberWithoutHints(t *testing.T) {
	r := newRig(t, func(cfg *lambda.Config) {
		cfg.Groups = forgetfulTable{agedTable{cfg.Groups, time.Hour}}
	})
	r.add(t, "tea", id)
	r.setGone("R1k")
	if err := r.app.Group("tea").SendString(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if n := r.count(t, r.app.Group("tea")); n != 0 || r.log() != "leave tea "+string(id) {
		t.Errorf("%d members after %q", n, r.log())
	}
}

// Whatever finds a connection gone ends its memberships: API Gateway may have lost its disconnect
// event, and no message to its groups may come for hours. A new connection may still be connecting.
func TestGoneConnectionsArePruned(t *testing.T) {
	someID := someIDs("gone", 1)[0]
	calls := map[string]func(ctx context.Context, s tyg.Sender) error{
		"Send": func(ctx context.Context, s tyg.Sender) error { return s.Send(ctx, someID, []byte("x")) },
		"SendMany": func(ctx context.Context, s tyg.Sender) error {
			return s.SendMany(ctx, append(someIDs("fine", 2), someID), []byte("x"))
		},
		"Info": func(ctx context.Context, s tyg.Sender) error {
			_, err := s.Info(ctx, someID)
			return err
		},
		"Close": func(ctx context.Context, s tyg.Sender) error { return s.Close(ctx, someID) },
	}
	for name, call := range calls {
		for age, pruned := range map[time.Duration]bool{0: false, lambda.YoungMember: true} {
			t.Run(fmt.Sprint(name, " after ", age), func(t *testing.T) {
				r := newRig(t, func(cfg *lambda.Config) { cfg.Groups = agedTable{cfg.Groups, age} })
				r.add(t, "tea", append(someIDs("fine", 2), someID)...)
				r.add(t, "coffee", someID)
				r.setGone("gone")
				for range 2 {
					if err := call(t.Context(), r.app.Sender()); !errors.Is(err, tyg.ErrGone) {
						t.Fatal(err)
					}
				}
				want := 0
				if pruned {
					want = 2
				}
				if n := strings.Count(r.log(), "leave"); n != want {
					t.Errorf("%d leaves, want %d: %s", n, want, r.log())
				}
				left := r.count(t, r.app.Group("tea")) + r.count(t, r.app.Group("coffee"))
				if left != 4-want {
					t.Errorf("%d members, want %d", left, 4-want)
				}
			})
		}
	}
}
