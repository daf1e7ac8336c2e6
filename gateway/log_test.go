package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A logBuffer collects the lines of a log. They may come from any goroutine.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// logger returns a Logger that writes warnings and errors.
func (b *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (b *logBuffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Split(strings.TrimSuffix(b.buf.String(), "\n"), "\n")
}

// TestFailureIsOneLine: what fails is logged once, with its route, and what the application refuses
// once, as a refusal.
func TestFailureIsOneLine(t *testing.T) {
	fails := errors.New("no table")
	upgrade := func(r *rig) string { return r.handshake() }
	message := func(r *rig) string {
		return r.handshake() + string(clientFrame(ws.OpText, true, `{"action":"list"}`))
	}
	tests := []struct {
		name string
		app  func(*tyg.App)
		say  func(r *rig) string
		want string // in the line
	}{
		{"connect", func(a *tyg.App) {
			a.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return fails })
		}, upgrade, "event=connect route=$connect"},
		{"connect panics", func(a *tyg.App) {
			a.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { panic(fails) })
		}, upgrade, "event=connect route=$connect"},
		{"connect refuses", func(a *tyg.App) {
			a.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
				return tyg.Reject(403, "no table")
			})
		}, upgrade, `msg="handshake refused" status=403`},
		{"authorizer", func(a *tyg.App) {
			a.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
				return tyg.Identity{}, fails
			})
		}, upgrade, `msg="authorizer failed"`},
		{"message", func(a *tyg.App) {
			a.OnRoute("list", func(context.Context, *tyg.Conn, tyg.Message) error { return fails })
		}, message, "event=message route=list"},
		{"disconnect", func(a *tyg.App) {
			a.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error { return fails })
		}, upgrade, "event=disconnect route=$disconnect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log logBuffer
			app := tyg.New("app")
			tt.app(app)
			r := start(t, &gateway.Server{
				Handler: app, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			r.say(t, []byte(tt.say(r)))
			if err := r.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			lines := log.lines()
			if len(lines) != 1 || !strings.Contains(strings.ToLower(lines[0]), tt.want) ||
				!strings.Contains(lines[0], "no table") {
				t.Errorf("log:\n%s", strings.Join(lines, "\n"))
			}
		})
	}
}

// TestClientsCannotForgeLogLines lets clients write line breaks where the log has their words.
func TestClientsCannotForgeLogLines(t *testing.T) {
	const forged = "x%0alevel=ERROR%20msg=forged"
	const format = `$context.requestId "$context.identity.userAgent" ` +
		`"$context.disconnectReason" "$context.routeKey" "$context.domainName"`
	app := tyg.New("test")
	app.OnMessage(func(_ context.Context, _ *tyg.Conn, m tyg.Message) error {
		return fmt.Errorf("handle %s", m.Data)
	})
	frame := func(op ws.Opcode, text string) string { return string(clientFrame(op, true, text)) }
	tests := []struct {
		name string
		say  func(r *rig) string
		want string // in the line
	}{
		{"path", func(r *rig) string {
			return strings.Replace(r.handshake(), "/api/", "/"+forged, 1)
		}, "no stage"},
		{"origin", func(r *rig) string {
			return r.handshake("Origin: http://\u2028\u0085level=ERROR")
		}, "may not connect"},
		{"@connections", func(r *rig) string {
			return "POST /api/@connections/" + forged + " HTTP/1.1\r\nHost: " + r.host() +
				"\r\nOrigin: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
		}, "@connections call refused"},
		{"message", func(r *rig) string {
			return r.handshake() + frame(ws.OpText, "x\nlevel=ERROR msg=forged")
		}, "handler failed"},
		{"close", func(r *rig) string {
			return r.handshake("User-Agent: a\u2028b") + frame(ws.OpClose, "\x00\x00x\nlevel=ERROR")
		}, "client broke the protocol"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log, access logBuffer
			r := start(t, &gateway.Server{
				Handler: app, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				AccessLog: &gateway.AccessLog{Out: &access, Format: format},
			})
			r.say(t, []byte(tt.say(r)))
			if err := r.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			lines := log.lines()
			if len(lines) != 1 || !strings.HasPrefix(lines[0], "time=") ||
				!strings.Contains(lines[0], tt.want) {
				t.Errorf("log:\n%s", strings.Join(lines, "\n"))
			}
			for _, line := range access.lines() {
				if line != "" && strings.Count(line, `"`) != 8 {
					t.Errorf("access log line: %s", line)
				}
			}
		})
	}
}
