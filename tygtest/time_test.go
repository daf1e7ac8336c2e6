package tygtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

func TestHostRunsInSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := tyg.New("timer")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			d, err := time.ParseDuration(m.Text())
			if err != nil {
				return err
			}
			ring := func() { _ = app.Sender().Send(context.Background(), c.ID, []byte("ring")) }
			time.AfterFunc(d, ring)
			return nil
		})
		host := tygtest.NewHost(t, app)
		john := host.Dial()
		start := time.Now()
		john.Send("4s")
		john.ExpectNone()
		john.Expect("ring")
		if d := time.Since(start); d != 4*time.Second {
			t.Errorf("rang after %v", d)
		}
	})
}

func TestHandlerTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := tyg.New("slow")
		slow := func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		app.OnConnect(func(ctx context.Context, _ *tyg.Conn, r *tyg.Request) error {
			if r.Query.Has("slow") {
				return slow(ctx)
			}
			return nil
		})
		app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error { return slow(ctx) })
		host := tygtest.NewHost(t, app)
		john := host.Dial()
		start := time.Now()
		john.Send("x")
		if d := time.Since(start); d != tygtest.DefaultTimeout {
			t.Errorf("handler was stopped after %v", d)
		}
		want := `{"message": "Endpoint request timed out", `
		if got := john.Receive(); !strings.HasPrefix(got, want) {
			t.Errorf("received %q", got)
		}
		_, err := host.Try(tygtest.Dial{Query: map[string][]string{"slow": {""}}})
		if refused, ok := errors.AsType[*tygtest.Refused](err); !ok || refused.Status != 504 {
			t.Errorf("Try returned %v, want status 504", err)
		}
		if len(host.Errors()) != 2 {
			t.Errorf("Errors are %v, want 2", host.Errors())
		}
	})
}

// Send waits for the handler before it without stopping the clock of a bubble.
func TestSendWaitsForTheHandlerBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := tyg.New("slow")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			time.Sleep(time.Second)
			return c.Send(ctx, m.Data)
		})
		john := tygtest.NewHost(t, app).Dial()
		// Waited for by the bubble.
		go john.Send("first")
		synctest.Wait()
		john.Send("second")
		john.Expect("first", "second")
	})
}
