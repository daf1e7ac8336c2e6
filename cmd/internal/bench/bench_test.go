package bench

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

type handler = func(context.Context, *tyg.Conn, tyg.Message) error

func echo(ctx context.Context, c *tyg.Conn, m tyg.Message) error { return c.Send(ctx, m.Data) }

func serve(t *testing.T, app *tyg.App) string {
	t.Helper()
	g := &gateway.Server{Handler: app, Stage: "api"}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(g)
	t.Cleanup(func() {
		_ = g.Shutdown(context.Background())
		s.Close()
	})
	return s.URL + "/api"
}

func serveFunc(t *testing.T, h handler) string {
	t.Helper()
	app := tyg.New("test")
	app.OnMessage(h)
	return serve(t, app)
}

// bench runs a short load.
func bench(t *testing.T, url string, change func(*Config)) *Result {
	t.Helper()
	cfg := Config{
		URL: url, Connections: 4, Rate: 1000, Duration: 100 * time.Millisecond, Payload: 40,
		Timeout: 500 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	res, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestEchoIsJudged(t *testing.T) {
	t.Parallel()
	res := bench(t, serveFunc(t, echo), nil)
	if err := res.Verdict(); err != nil {
		t.Error(err)
	}
	if res.Expected != Echo || res.Sent != 100 || res.Deliveries != 100 || res.Bytes != 40 {
		t.Errorf("the result is %+v", res)
	}
}

// Answers are found by the id in them.
func TestAnswersAreFound(t *testing.T) {
	t.Parallel()
	url := serveFunc(t, func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, "re: "+m.Text())
	})
	res := bench(t, url, func(c *Config) { c.Message = `{"n":"{id}","from":{conn}}` })
	if err := res.Verdict(); err != nil || res.Expected != Answer || res.Deliveries != 100 {
		t.Errorf("the result is %+v, %v", res, err)
	}
}

// The verdict names what a server does wrong.
func TestFaultsOfTheServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handler handler
		want    string
	}{
		"twice": {func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			return errors.Join(echo(ctx, c, m), echo(ctx, c, m))
		}, "answers are wrong"},
		"changed": {func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			if isOf(m, 3) {
				return c.SendString(ctx, m.Text()+"!")
			}
			return echo(ctx, c, m)
		}, "4 answers are wrong"},
		"lost": {func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			if isOf(m, 3) {
				return nil
			}
			return echo(ctx, c, m)
		}, "4 of 100 deliveries did not come"},
		"closed": {func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			if isOf(m, 3) {
				return c.Close(ctx)
			}
			return echo(ctx, c, m)
		}, "connections were lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := bench(t, serveFunc(t, test.handler), nil).Verdict()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the verdict is %v, want %s", err, test.want)
			}
		})
	}
}

// isOf reports whether a message is the nth of its connection.
func isOf(m tyg.Message, want int64) bool {
	_, n, ok := parseID(m.Data)
	return ok && n == want
}

// Each message of a group comes to all of its members.
func TestGroups(t *testing.T) {
	t.Parallel()
	app := tyg.New("test")
	members := app.Group("members")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if m.Text() == "join members" {
			return members.Add(ctx, c.ID)
		}
		return members.Send(ctx, m.Data)
	})
	change := func(c *Config) {
		c.Groups, c.First, c.Rate = 1, []string{"join members"}, 200
		c.Settle = 100 * time.Millisecond
	}
	res := bench(t, serve(t, app), change)
	if err := res.Verdict(); err != nil || res.Sent != 20 || res.Deliveries != 80 {
		t.Errorf("the result is %+v, %v", res, err)
	}
	err := bench(t, serveFunc(t, echo), change).Verdict()
	if err == nil || err.Error() != "60 of 80 deliveries did not come" {
		t.Errorf("the verdict about an echo is %v", err)
	}
}

// A stall is charged to all messages that were due meanwhile, and not to the one that met it.
func TestStallsCount(t *testing.T) {
	const stall = 100 * time.Millisecond
	stalled := make(chan struct{}, 1)
	url := serveFunc(t, func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if isOf(m, 10) {
			select {
			case stalled <- struct{}{}:
				time.Sleep(stall)
			default:
			}
		}
		return echo(ctx, c, m)
	})
	res := bench(t, url, func(c *Config) { c.Connections, c.Duration = 1, 2*stall })
	if l := res.Latency; l.P90 < 10 || l.Max < 100 {
		t.Errorf("half of the messages were due during a stall of 100 ms; the latencies are %+v", l)
	}
}

func TestNoConnectionIsAnError(t *testing.T) {
	t.Parallel()
	cfg := Config{URL: "ws://127.0.0.1:1/", Connections: 3, Rate: 1, Timeout: time.Second}
	if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), " of 3: ") {
		t.Errorf("the error is %v", err)
	}
	cfg.Connections = math.MaxInt32
	_, err := Run(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "raise the limit with ulimit -n") {
		t.Errorf("with too many connections the error is %v", err)
	}
}

func TestInterruptedRunHasAResult(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	res, err := Run(ctx, Config{
		URL: serveFunc(t, echo), Connections: 1, Rate: 100, Duration: time.Hour, Timeout: time.Second,
	})
	if err != nil || !res.Interrupted || res.Deliveries == 0 || res.Seconds > 10 {
		t.Errorf("the result is %+v, %v", res, err)
	}
}

func TestSequence(t *testing.T) {
	t.Parallel()
	var s sequence
	for i, step := range []struct {
		n            int64
		twice, early bool
	}{
		{0, false, false},
		{0, true, false},
		{2, false, true},
		{2, true, false},
		{1, false, false},
		{1, true, false},
		{3, false, false},
	} {
		if twice, early := s.add(step.n); twice != step.twice || early != step.early {
			t.Errorf("step %d: %d is twice %v, early %v", i, step.n, twice, early)
		}
	}
}

func TestResultIsDrawn(t *testing.T) {
	t.Parallel()
	res := bench(t, serveFunc(t, echo), nil)
	var text, picture strings.Builder
	if err := errors.Join(res.WriteText(&text), res.WriteSVG(&picture)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"4 connections, 1000 messages a second wanted", "100, each compared",
		"p99.9", "█",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
	}
	var count int64
	for _, b := range res.bars() {
		count += b.count
	}
	if count != res.Deliveries {
		t.Errorf("the bars have %d messages of %d", count, res.Deliveries)
	}
	dec := xml.NewDecoder(strings.NewReader(picture.String()))
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the picture is not XML: %v", err)
		}
	}
}
