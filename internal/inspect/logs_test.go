package inspect_test

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
)

// A safeBuffer may be written to by many goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// logging returns an application whose handler logs in each way, and replies.
func logging() *tyg.App {
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		slog.InfoContext(ctx, "with a context", "text", m.Text())
		slog.Default().With("a", 1).WithGroup("g").Warn("without one", "b", 2)
		log.Printf("printed %s", m.Text())
		slog.Debug("below the level")
		done := make(chan struct{})
		go func() {
			defer close(done)
			slog.Info("on another goroutine, without a context")
			slog.InfoContext(ctx, "on another goroutine, with a context")
		}()
		<-done
		return c.Send(ctx, m.Data)
	})
	return app
}

// TestLogsOfHandlersAreJoined changes the default loggers, so that it runs alone.
func TestLogsOfHandlersAreJoined(t *testing.T) {
	t.Parallel() // it mostly waits
	tests := map[string]struct {
		set  func(out *safeBuffer) (reset func())
		want []string
	}{
		"the loggers that a program begins with": {func(out *safeBuffer) func() {
			old := log.Writer()
			log.SetOutput(out)
			return func() { log.SetOutput(old) }
		}, []string{
			"INFO with a context text=hello", "WARN without one a=1 g.b=2", "printed hello",
		}},
		"a logger of the program": {func(out *safeBuffer) func() {
			old, writer, flags := slog.Default(), log.Writer(), log.Flags()
			slog.SetDefault(slog.New(slog.NewJSONHandler(out, nil)))
			return func() { slog.SetDefault(old); log.SetOutput(writer); log.SetFlags(flags) }
		}, []string{
			`level=INFO msg="with a context" text=hello`, `level=WARN msg="without one" a=1 g.b=2`,
			`level=INFO msg="printed hello"`, `level=INFO msg="on another goroutine, with a context"`,
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out safeBuffer
			defer tt.set(&out)()
			r := start(t, logging())
			restore := r.inspect.CaptureLogs()
			c := r.dial()
			r.say(c, "no page is open")
			r.hear(c)
			v := r.view()
			r.say(c, "hello")
			r.hear(c)
			l := v.await("message", func(l line) bool {
				return l.Kind == "message" && l.Done && len(l.Logs) >= len(tt.want)
			})
			if len(l.Logs) != len(tt.want) {
				t.Errorf("log lines %+v, want %q", l.Logs, tt.want)
			}
			for i, want := range tt.want {
				if !strings.HasSuffix(l.Logs[i].Text, want) {
					t.Errorf("log line %d is %q, want %q", i, l.Logs[i].Text, want)
				}
			}
			restore()
			log.Print("after the end")
			written := out.String()
			for _, want := range []string{
				"no page is open", "with a context", "without one", "another goroutine", "after the end",
			} {
				if !strings.Contains(written, want) {
					t.Errorf("the logger did not write %q", want)
				}
			}
			if strings.Contains(written, "below") {
				t.Error("a line below the level was written")
			}
		})
	}
}
