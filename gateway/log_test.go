package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// journal is a log of which a line may come at any time.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

// logger returns a Logger that writes warnings and errors.
func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Split(strings.TrimSuffix(j.b.String(), "\n"), "\n")
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
			var log, access journal
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
