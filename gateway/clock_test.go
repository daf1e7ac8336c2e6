package gateway_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/clocktest"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestClockStepEndsNothing sets the machine's clock by more than every limit, forward and back,
// while clients are idle, in the middle of a message, and in a handler.
func TestClockStepEndsNothing(t *testing.T) {
	for _, seconds := range []int{8000, -8000} {
		handling, release := make(chan context.Context, 1), make(chan struct{})
		app := echo()
		app.OnRoute("slow", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			ctx.Done() // its timer is set by the deadline
			handling <- ctx
			<-release
			return c.Send(ctx, m.Data)
		})
		r := start(t, &gateway.Server{
			Handler: app, Extensions: gateway.Extensions{Ping: time.Minute},
		})
		idle, partial, slow := r.wire(t), r.wire(t), r.wire(t)
		whole := string(clientFrame(ws.OpText, true, "whole"))
		partial.write(t, whole+whole[:3])
		partial.expect(t, "whole")
		slow.write(t, string(clientFrame(ws.OpText, true, `{"action":"slow"}`)))
		ctx := next(t, handling)

		r.Sweep(clocktest.Step(t, time.Now(), seconds))

		if err := ctx.Err(); err != nil {
			t.Errorf("%d s: the handler's context ended: %v", seconds, err)
		}
		if at, _ := ctx.Deadline(); !strings.Contains(at.String(), " m=") {
			t.Errorf("the handler's deadline %v follows the machine's clock", at)
		}
		close(release)
		slow.expect(t, `{"action":"slow"}`)
		idle.write(t, whole)
		idle.expect(t, "whole")
		partial.write(t, whole[3:])
		partial.expect(t, "whole")
	}
}

// TestIntervalsAreMonotonic finds counts of time that lose the monotonic reading of time.Now.
func TestIntervalsAreMonotonic(t *testing.T) {
	for _, dir := range []string{".", "../internal/sock", "../internal/ws"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, files, err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []string{".UnixNano()", ".UnixMilli()", "time.Unix("} {
				if !strings.HasSuffix(file, "_test.go") && strings.Contains(string(source), call) {
					t.Errorf("%s: %s is of the wall clock; use the clock of the Server", file, call)
				}
			}
		}
	}
}
