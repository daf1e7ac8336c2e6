package natskv_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/rooms/natskv"
	"github.com/tyg-dev/tyg/tygtest"
)

// openValues opens Values until the test ends.
func openValues(t *testing.T, cfg natskv.Config) *natskv.Values {
	t.Helper()
	v, err := natskv.OpenValues(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return v
}

// serveGateway serves an application with these values until the test ends.
func serveGateway(t *testing.T, h tyg.Handler, v tyg.Values) (*gateway.Server, string) {
	t.Helper()
	srv := &gateway.Server{
		Handler: h, Values: v, Logger: slog.New(slog.DiscardHandler), DrainWindow: -1,
	}
	web := httptest.NewServer(http.Handler(srv))
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("shut down: %v", err)
		}
		web.Close()
	})
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	return srv, web.URL + "/api/"
}

// TestGroups runs the suite of hosts on a gateway that keeps its values on NATS.
func TestGroups(t *testing.T) {
	t.Parallel()
	var names buckets
	natsURL := serve(t).URL()
	tygtest.TestGroups(t, func(t *testing.T, h tyg.Handler) tygtest.Subject {
		v := openValues(t, natskv.Config{URL: natsURL, Bucket: names.next()})
		srv, url := serveGateway(t, h, v)
		return tygtest.Subject{
			Sender: srv,
			Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
				return wstest.Dial(ctx, t, url, d, nil)
			},
		}
	})
}

// bound returns an application whose host keeps its values in v.
func bound(t *testing.T, v tyg.Values) *tyg.App {
	t.Helper()
	app := tyg.New("bound")
	serveGateway(t, app, v)
	return app
}

// Two processes update one counter at the same time, and lose nothing.
func TestProcessesShareACounter(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL()}
	const processes, each = 2, 25
	var all sync.WaitGroup
	for range processes {
		n := tyg.NewValue[int](bound(t, openValues(t, cfg)), "clicks")
		all.Go(func() {
			for range each {
				if _, err := n.Update(t.Context(), func(n int) (int, error) { return n + 1, nil }); err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	all.Wait()
	late := tyg.NewValue[int](bound(t, openValues(t, cfg)), "clicks")
	if n, err := late.Get(t.Context()); err != nil || n != processes*each {
		t.Errorf("the counter is %d, %v, want %d", n, err, processes*each)
	}
}

// mustStore stores a value and returns its revision.
func mustStore(t *testing.T, v tyg.Values, name, data string, rev tyg.Revision) tyg.Revision {
	t.Helper()
	next, err := v.StoreValue(t.Context(), tyg.ValueKey{Name: name}, []byte(data), rev)
	if err != nil {
		t.Fatalf("store %q: %v", name, err)
	}
	return next
}

func expectStored(t *testing.T, v tyg.Values, name, want string, rev tyg.Revision) {
	t.Helper()
	data, is, err := v.LoadValue(t.Context(), tyg.ValueKey{Name: name})
	if err != nil || string(data) != want || is != rev {
		t.Errorf("value %q is %.40q at %d, %v, want %.40q at %d", name, data, is, err, want, rev)
	}
}

// Each name of a value is a key of its own, whatever it is made of.
func TestNamesOfValues(t *testing.T) {
	v := openValues(t, natskv.Config{URL: serve(t).URL()})
	names := []string{
		"a", "A", "a.b", "a b", ".", "..", "*", ">", "a/../b", "\x00", "\n", "ÿ", "日本",
		strings.Repeat("x", tyg.MaxGroupName), strings.Repeat("日", tyg.MaxGroupName/3),
	}
	revs := make(map[string]tyg.Revision)
	for _, name := range names {
		revs[name] = mustStore(t, v, name, name, 0)
	}
	for _, name := range names {
		expectStored(t, v, name, name, revs[name])
	}
}

// Nil data removes a value; empty data is a value.
func TestEmptyValueExists(t *testing.T) {
	v := openValues(t, natskv.Config{URL: serve(t).URL()})
	rev := mustStore(t, v, "a", "", 0)
	if data, is, err := v.LoadValue(t.Context(), tyg.ValueKey{Name: "a"}); err != nil ||
		data == nil || is != rev {
		t.Errorf("the empty value is %v at %d, %v", data, is, err)
	}
}

// A value of the largest size is kept once, not for each revision.
func TestOldRevisionsTakeNoSpace(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL()}
	v := openValues(t, cfg)
	for range 4 {
		mustStore(t, v, "a", strings.Repeat("x", tyg.MaxValue), tyg.AnyRevision)
	}
	if n := streamState(t, cfg.URL, "values").Msgs; n != 1 {
		t.Errorf("%d revisions are kept, want 1", n)
	}
}

// streamState returns what the server says of a bucket.
func streamState(t *testing.T, url, bucket string) jetstream.StreamState {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_"+bucket)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State
}

// Deletes obey revisions, as changes do. CompareAndSet of nothing is possible before and after the
// delete marker has gone.
func TestDeleteOfValues(t *testing.T) {
	v := openValues(t, natskv.Config{URL: serve(t).URL()})
	k := tyg.ValueKey{Name: "a"}
	remove := func(rev tyg.Revision) error {
		_, err := v.StoreValue(t.Context(), k, nil, rev)
		return err
	}
	for _, gone := range []func(){func() {}, func() { v.ForgetMarker(t, "a") }} {
		first := mustStore(t, v, "a", "1", 0)
		for _, rev := range []tyg.Revision{0, first - 1, first + 1} {
			if err := remove(rev); !errors.Is(err, tyg.ErrConflict) {
				t.Errorf("delete of revision %d at %d: %v", rev, first, err)
			}
		}
		if err := remove(first); err != nil {
			t.Errorf("delete: %v", err)
		}
		gone()
		expectStored(t, v, "a", "", 0)
		for _, rev := range []tyg.Revision{0, tyg.AnyRevision} {
			if err := remove(rev); err != nil {
				t.Errorf("delete of nothing with revision %d: %v", rev, err)
			}
		}
		if err := remove(first); !errors.Is(err, tyg.ErrConflict) {
			t.Errorf("delete of an old revision: %v", err)
		}
		if next := mustStore(t, v, "a", "2", 0); next <= first {
			t.Errorf("revision %d follows %d", next, first)
		}
		if err := remove(tyg.AnyRevision); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
}

func TestStateIsNotOnNATS(t *testing.T) {
	v := openValues(t, natskv.Config{URL: serve(t).URL()})
	k := tyg.ValueKey{Conn: "R1kmxc2VNjMCFIA="}
	if _, _, err := v.LoadValue(t.Context(), k); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("load: %v", err)
	}
	if _, err := v.StoreValue(t.Context(), k, []byte("1"), 0); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("store: %v", err)
	}
}

// Values survive the process and the server. If the server has lost them, the revisions that
// clients know stay old.
func TestValuesAfterAServerRestart(t *testing.T) {
	t.Parallel()
	link, kept := newProxy(t), natsd.Config{Dir: t.TempDir(), Password: "secret"}
	server, err := natsd.Start(kept)
	if err != nil {
		t.Fatal(err)
	}
	restart := func(cfg natsd.Config) {
		t.Helper()
		link.cut()
		if err := server.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if server, err = natsd.Start(cfg); err != nil {
			t.Fatal(err)
		}
		link.through(t, server)
	}
	defer func() { _ = server.Shutdown() }()
	v := openValues(t, natskv.Config{URL: link.through(t, server)})
	rev := mustStore(t, v, "a", "1", 0)
	k := tyg.ValueKey{Name: "a"}
	answers := func() bool { _, _, err := v.LoadValue(t.Context(), k); return err == nil }

	restart(kept)
	eventually(t, "values are there again", answers)
	expectStored(t, v, "a", "1", rev)
	expectStored(t, openValues(t, natskv.Config{URL: server.URL()}), "a", "1", rev)
	rev = mustStore(t, v, "a", "2", rev)

	restart(natsd.Config{Password: "secret"})
	stores := func() bool {
		_, err := v.StoreValue(t.Context(), k, []byte("3"), rev)
		return errors.Is(err, tyg.ErrConflict)
	}
	eventually(t, "a write creates the bucket again", stores)
	if next := mustStore(t, v, "a", "4", 0); next <= rev {
		t.Errorf("revision %d of a new bucket follows %d", next, rev)
	}

	restart(natsd.Config{Password: "secret"})
	eventually(t, "a read creates the bucket again", answers)
	expectStored(t, v, "a", "", 0)
}

// Calls fail during an outage and say why, and succeed after it.
func TestValuesDuringAnOutage(t *testing.T) {
	t.Parallel()
	server, link := serve(t), newProxy(t)
	v := openValues(t, natskv.Config{URL: link.through(t, server)})
	rev := mustStore(t, v, "a", "1", 0)
	k := tyg.ValueKey{Name: "a"}
	link.cut()
	_, err := v.StoreValue(t.Context(), k, []byte("2"), rev) // may be the one that finds the loss
	if err == nil {
		t.Error("StoreValue during an outage succeeded")
	}
	calls := map[string]func() error{
		"load":  func() error { _, _, err := v.LoadValue(t.Context(), k); return err },
		"store": func() error { _, err := v.StoreValue(t.Context(), k, []byte("2"), rev); return err },
	}
	for name, call := range calls {
		want := fmt.Sprintf("%s value %q: ", name, "a")
		eventually(t, name+" says that the connection is lost", func() bool {
			err := call()
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v, want %s and why", err, want)
				return true
			}
			return strings.Contains(err.Error(), "there is no connection to NATS at the moment")
		})
	}
	link.through(t, server)
	eventually(t, "values are there again", func() bool { return calls["load"]() == nil })
	expectStored(t, v, "a", "1", rev)
	mustStore(t, v, "a", "2", rev)
}

// A call under way when the connection is lost ends, and so does one with its context.
func TestCallsOfValuesEnd(t *testing.T) {
	server, link := serve(t), newProxy(t)
	v := openValues(t, natskv.Config{URL: link.through(t, server)})
	k := tyg.ValueKey{Name: "a"}
	silent := &silence{begun: make(chan struct{})}
	v.Break(func(js jetstream.JetStream) jetstream.JetStream {
		silent.JetStream = js
		return silent
	})
	call := func(ctx context.Context) <-chan error {
		failed := make(chan error, 1)
		go func() { _, err := v.StoreValue(ctx, k, []byte("1"), 0); failed <- err }()
		<-silent.begun
		return failed
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := call(ctx)
	stopped := errors.New("the caller has stopped")
	cancel(stopped)
	if err := <-failed; !errors.Is(err, stopped) {
		t.Errorf("error %v, want the cause of the context", err)
	}
	failed = call(t.Context())
	link.cut()
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "was lost") {
		t.Errorf("error %v, want it to say that the connection was lost", err)
	}
	if _, _, err := v.LoadValue(ctx, k); !errors.Is(err, context.Canceled) {
		t.Errorf("LoadValue with a done context: %v", err)
	}
}

// A silence is a server that does not answer writes.
type silence struct {
	jetstream.JetStream
	begun chan struct{}
}

func (s *silence) PublishMsg(
	ctx context.Context, _ *nats.Msg, _ ...jetstream.PublishOpt,
) (*jetstream.PubAck, error) {
	s.begun <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

// A write whose answer is lost is no conflict: the caller must not believe that another one wrote.
func TestLostAnswerIsNoConflict(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL()}
	v := openValues(t, cfg)
	v.Break(func(js jetstream.JetStream) jetstream.JetStream {
		return &crash{JetStream: js, writes: 1, loses: true}
	})
	_, err := v.StoreValue(t.Context(), tyg.ValueKey{Name: "a"}, []byte("1"), 0)
	if !errors.Is(err, errCrash) || errors.Is(err, tyg.ErrConflict) {
		t.Errorf("error %v, want that of the crash", err)
	}
	data, rev, err := openValues(t, cfg).LoadValue(t.Context(), tyg.ValueKey{Name: "a"})
	if err != nil || string(data) != "1" || rev == 0 {
		t.Errorf("another process finds %q at %d, %v", data, rev, err)
	}
}

// A read that a server does not answer, such as one without a leader, is repeated.
func TestReadIsRepeated(t *testing.T) {
	v := openValues(t, natskv.Config{URL: serve(t).URL()})
	rev := mustStore(t, v, "a", "1", 0)
	v.BreakReads(1)
	expectStored(t, v, "a", "1", rev)
}

func TestOpenValuesRefuses(t *testing.T) {
	for _, tt := range []struct {
		cfg  natskv.Config
		want string
	}{
		{natskv.Config{}, "neither URL nor Conn"},
		{natskv.Config{URL: "nats://127.0.0.1", Bucket: "a.b"}, `bucket "a.b"`},
		{natskv.Config{URL: "nats://u:secret@example.com"}, "use tls://"},
		{natskv.Config{URL: "nats://u:secret@127.0.0.1:1"}, "connect"},
	} {
		_, err := natskv.OpenValues(t.Context(), tt.cfg)
		if err == nil || !strings.Contains(err.Error(), tt.want) ||
			!strings.HasPrefix(err.Error(), "open values on NATS: ") {
			t.Errorf("error %v, want it to say %q", err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is in the error %q", err)
		}
	}
}

// A server that takes smaller messages is refused at the start, not at the first large value.
func TestOpenValuesRefusesSmallMessages(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // ends when the client has closed its connection, or with l
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprint(c, `INFO {"server_id":"a","version":"2.11.0","proto":1,"max_payload":65536}`+"\r\n")
		for lines := bufio.NewScanner(c); lines.Scan(); {
			if lines.Text() == "PING" {
				fmt.Fprint(c, "PONG\r\n")
			}
		}
	}()
	_, err = natskv.OpenValues(t.Context(), natskv.Config{URL: "nats://" + l.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "max_payload to 263168 or more") {
		t.Errorf("error %v, want it to say what to set", err)
	}
}

// A write whose answer is lost is made once, and the caller gets what came of it: a repetition must
// not take its own success for a conflict.
func TestLostAnswerIsAdopted(t *testing.T) {
	t.Parallel()
	v := openValues(t, natskv.Config{URL: serve(t).URL()})
	rev := mustStore(t, v, "a", "1", 0)
	for _, lost := range []int{1, 3} {
		v.LoseAcks(lost)
		next, err := v.StoreValue(t.Context(), tyg.ValueKey{Name: "a"}, []byte("2"), rev)
		if err != nil || next != rev+1 {
			t.Fatalf("%d answers lost: revision %d, %v, want %d", lost, next, err, rev+1)
		}
		data, at, err := v.LoadValue(t.Context(), tyg.ValueKey{Name: "a"})
		if err != nil || string(data) != "2" || at != next {
			t.Errorf("then it is %q at %d, %v", data, at, err)
		}
		v.LoseAcks(lost)
		_, err = v.StoreValue(t.Context(), tyg.ValueKey{Name: "a"}, []byte("3"), rev)
		if err == nil {
			t.Error("a write of an old revision succeeds when its answer is lost")
		}
		rev = next
	}
}
