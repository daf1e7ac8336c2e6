package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// soon is a limit that passes in a test.
const soon = 20 * time.Millisecond

// TestEveryCutIsCountedAndLogged ends a connection, or a socket, in each way.
func TestEveryCutIsCountedAndLogged(t *testing.T) {
	half := string(clientFrame(ws.OpText, true, "a message that never ends")[:12])
	big := strings.Repeat("x", 100_000)
	fill := func(t *testing.T, r *rig, id tyg.ConnID, send func() error) {
		for send() == nil {
			if t.Context().Err() != nil {
				t.Fatal("the queue does not fill")
			}
		}
	}
	tests := []struct {
		reason string
		srv    gateway.Server
		act    func(t *testing.T, r *rig, l life)
	}{
		{
			"handshake-timeout",
			gateway.Server{Limits: gateway.Limits{Handshake: soon}},
			func(t *testing.T, r *rig, _ life) { r.connect(t).write(t, "GET /api/ HTTP/1.1\r\n") },
		},
		{"head-too-large", gateway.Server{}, func(t *testing.T, r *rig, _ life) {
			r.connect(t).write(t, "GET /api/ HTTP/1.1\r\nHost: x\r\nX: "+big+"\r\n\r\n")
		}},
		{"bad-request", gateway.Server{}, func(t *testing.T, r *rig, _ life) {
			r.connect(t).write(t, "GARBAGE\r\n\r\n")
		}},
		{
			"body-timeout",
			gateway.Server{Limits: gateway.Limits{Read: soon}},
			func(t *testing.T, r *rig, _ life) {
				req := httptest.NewRequest(http.MethodPost, r.url, nil)
				sign(t, req, "", unknownKey)
				r.connect(t).write(t, "POST /@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: "+r.host()+
					"\r\nAuthorization: "+req.Header.Get("Authorization")+"\r\nX-Amz-Date: "+
					req.Header.Get("X-Amz-Date")+"\r\nContent-Length: 10\r\n\r\nhalf")
			},
		},
		{"accept-failed", gateway.Server{}, func(_ *testing.T, r *rig, _ life) {
			r.NoteAccept(syscall.EMFILE)
		}},
		{
			"message-timeout",
			gateway.Server{Limits: gateway.Limits{Read: soon}},
			func(t *testing.T, r *rig, _ life) { r.wire(t).write(t, half) },
		},
		{
			"idle",
			gateway.Server{Limits: gateway.Limits{Idle: soon}},
			func(t *testing.T, r *rig, _ life) { r.wire(t) },
		},
		{
			"life",
			gateway.Server{Limits: gateway.Limits{Life: soon}},
			func(t *testing.T, r *rig, _ life) { r.wire(t) },
		},
		{
			"ping-timeout",
			gateway.Server{Extensions: gateway.Extensions{Ping: soon}},
			func(t *testing.T, r *rig, _ life) { r.wire(t) },
		},
		{
			"write-timeout",
			gateway.Server{Limits: gateway.Limits{Write: soon, Queue: 8 << 20}},
			func(t *testing.T, r *rig, l life) {
				r.wire(t)
				id := next(t, l.connects).ID
				fill(t, r, id, func() error { return r.Send(t.Context(), id, []byte(big)) })
			},
		},
		{
			"slow-consumer",
			gateway.Server{Limits: gateway.Limits{Queue: 200_000}},
			func(t *testing.T, r *rig, l life) {
				r.wire(t)
				id := next(t, l.connects).ID
				fill(t, r, id, func() error {
					return r.SendMany(t.Context(), []tyg.ConnID{id}, []byte(big))
				})
			},
		},
		{
			"handler-timeout",
			gateway.Server{Limits: gateway.Limits{Integration: soon}},
			func(t *testing.T, r *rig, _ life) {
				r.wire(t).write(t, string(clientFrame(ws.OpText, true, "wait")))
			},
		},
		{"protocol-error", gateway.Server{}, func(t *testing.T, r *rig, _ life) {
			r.wire(t).write(t, strings.Repeat("\xff", 16))
		}},
		{"handler-exit", gateway.Server{}, func(t *testing.T, r *rig, _ life) {
			r.wire(t).write(t, string(clientFrame(ws.OpText, true, "exit")))
		}},
		{
			"memory",
			gateway.Server{Limits: gateway.Limits{Memory: 100_000}},
			func(t *testing.T, r *rig, l life) {
				r.wire(t)
				id := next(t, l.connects).ID
				until(t, "it is closed", func() bool { // the kernel takes some of what would be held
					_ = r.Send(t.Context(), id, []byte(big))
					return r.Stats().Closed["memory"] == 1
				})
			},
		},
		{"compression", gateway.Server{}, func(t *testing.T, r *rig, _ life) {
			r.SetRestPatience(soon)
			r.bomber(t).write(t, strings.Repeat(bomb, 200))
		}},
		{
			"close-timeout",
			gateway.Server{Limits: gateway.Limits{Close: soon}},
			func(t *testing.T, r *rig, l life) {
				r.wire(t)
				_ = r.Close(t.Context(), next(t, l.connects).ID)
			},
		},
		{"shutdown", gateway.Server{}, func(t *testing.T, r *rig, _ life) {
			r.dial(t).record()
			_ = r.Shutdown(t.Context())
		}},
		{"client", gateway.Server{}, func(t *testing.T, r *rig, _ life) {
			_ = r.dial(t).Close(1000, "")
		}},
		{"application", gateway.Server{}, func(t *testing.T, r *rig, l life) {
			r.wire(t)
			_ = r.Close(t.Context(), next(t, l.connects).ID)
		}},
		{"lost", gateway.Server{}, func(t *testing.T, r *rig, _ life) { _ = r.wire(t).Close() }},
	}
	// TestFailedTLSIsCounted, TestSocketsBeforeTheirHandshakeAreLimited
	covered := []string{"tls-failed", "too-many-sockets"}
	for i := range tests {
		tt := &tests[i]
		covered = append(covered, tt.reason)
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			app := tyg.New("test")
			counted := make(chan struct{})
			count := sync.OnceFunc(func() { close(counted) })
			app.OnMessage(func(_ context.Context, _ *tyg.Conn, m tyg.Message) error {
				switch string(m.Data) {
				case "wait":
					<-counted
				case "exit":
					runtime.Goexit()
				}
				return nil
			})
			l := follow(app)
			var log logBuffer
			srv := &tt.srv
			srv.Handler = app
			srv.Logger = slog.New(slog.NewTextHandler(&log, nil))
			r := start(t, srv)
			t.Cleanup(count)
			tt.act(t, r, l)
			until(t, tt.reason, func() bool { return r.Stats().Closed[tt.reason] == 1 })
			count()
			if slices.Contains([]string{"client", "application", "lost", "shutdown"}, tt.reason) {
				return
			}
			until(t, "a line", func() bool {
				return strings.Contains(strings.Join(log.lines(), "\n"), "reason="+tt.reason)
			})
		})
	}
	slices.Sort(covered)
	if want := slices.Sorted(slices.Values(gateway.Reasons())); !slices.Equal(covered, want) {
		t.Errorf("the test covers %q of %q", covered, want)
	}
}

// TestLostClientOwesNoAnswer lets a send find out that a client has gone, while a handler runs.
func TestLostClientOwesNoAnswer(t *testing.T) {
	t.Parallel()
	app := tyg.New("test")
	gone := make(chan struct{})
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error { <-gone; return nil })
	l := follow(app)
	r := start(t, &gateway.Server{Handler: app})
	release := sync.OnceFunc(func() { close(gone) })
	t.Cleanup(release)
	c := r.wire(t)
	c.write(t, string(clientFrame(ws.OpText, true, "wait")))
	id := next(t, l.connects).ID
	until(t, "the message is handled", func() bool { return r.Stats().Messages == 1 })
	_ = c.Close()
	until(t, "a send fails", func() bool { return r.Send(t.Context(), id, []byte("x")) != nil })
	release()
	until(t, "the end", func() bool { return r.Stats().Connections == 0 })
	next(t, l.disconnects)
	until(t, "the session is freed", func() bool { return r.Closing() == 0 })
	closed := r.Stats().Closed
	if closed["lost"] != 1 || closed["close-timeout"] != 0 {
		t.Errorf("closed %v, want one that was lost, and none that did not answer", closed)
	}
}

func TestFailedTLSIsCounted(t *testing.T) {
	r := startServeTLS(t, &gateway.Server{Handler: echo()})
	r.tls = nil
	r.connect(t).write(t, "GET / HTTP/1.1\r\n\r\n")
	until(t, "tls-failed", func() bool { return r.Stats().Closed["tls-failed"] == 1 })
}

// TestFloodsAreLoggedInFewLines refuses handshakes and panics often.
func TestFloodsAreLoggedInFewLines(t *testing.T) {
	var log logBuffer
	app := tyg.New("test")
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error { panic("boo") })
	r := start(t, &gateway.Server{
		Handler: app, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Limits: gateway.Limits{Close: soon},
	})
	const times = 50
	for range times {
		res, _ := r.ask(t, strings.Replace(r.handshake(), "/api/", "/nope", 1))
		if res.StatusCode != http.StatusForbidden {
			t.Fatalf("status %d", res.StatusCode)
		}
	}
	c := r.dial(t)
	for range times {
		c.send(t, "x")
		_ = c.receive(t)
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	text := strings.Join(log.lines(), "\n")
	if n := strings.Count(text, "msg=\"handshake refused\""); n > 10 || n == 0 {
		t.Errorf("%d lines of %d refused handshakes", n, times)
	}
	want := fmt.Sprintf(`msg="log lines left out" kind="refused with 403: stage" lines=%d`, times-10)
	if !strings.Contains(text, want) {
		t.Errorf("the log lacks %s", want)
	}
	if n := strings.Count(text, "handler failed"); n != times {
		t.Errorf("%d lines of %d panics", n, times)
	}
	if n := strings.Count(text, "stack="); n != 1 {
		t.Errorf("%d stacks of %d panics at one place", n, times)
	}
}

// A fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestLostLinesOfAccessLogAreReported(t *testing.T) {
	var log logBuffer
	r := start(t, &gateway.Server{
		Handler: echo(), Logger: log.logger(), AccessLog: &gateway.AccessLog{Out: fullDisk{}},
		Limits: gateway.Limits{Close: soon},
	})
	c := r.dial(t)
	c.send(t, "hi")
	c.expect(t, "hi")
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	text := strings.Join(log.lines(), "\n")
	if r.Stats().LogDrops == 0 || !strings.Contains(text, "access log lines lost") {
		t.Errorf("%d lines were lost, and the log has %q", r.Stats().LogDrops, log.lines())
	}
}

// TestDocsExplainEveryReason compares the table of reasons with the reasons.
func TestDocsExplainEveryReason(t *testing.T) {
	text, err := os.ReadFile("../docs/self-hosting.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "### Why connections end\n")
	if !found {
		t.Fatal("there is no table of reasons")
	}
	table, _, _ = strings.Cut(table, "\n##")
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		listed = append(listed, m[1])
	}
	want := slices.Sorted(slices.Values(gateway.Reasons()))
	if slices.Sort(listed); !slices.Equal(listed, want) {
		t.Errorf("the table has %q, want %q", listed, want)
	}
}
