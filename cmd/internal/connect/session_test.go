package connect

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// newGateway serves an application that handles messages with onMessage.
func newGateway(
	t *testing.T, onMessage func(context.Context, *tyg.Conn, tyg.Message) error,
) *httptest.Server {
	t.Helper()
	return newGatewayOf(t, new(gateway.Server), onMessage)
}

// newGatewayOf is newGateway with limits and extensions.
func newGatewayOf(
	t *testing.T, g *gateway.Server, onMessage func(context.Context, *tyg.Conn, tyg.Message) error,
) *httptest.Server {
	t.Helper()
	app := tyg.New("test")
	app.OnMessage(onMessage)
	g.Handler, g.Stage = app, "api"
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(g)
	t.Cleanup(func() {
		_ = g.Shutdown(context.Background())
		s.Close()
	})
	return s
}

func echo(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	return c.SendString(ctx, string(m.Data))
}

// talk runs tyg connect without a terminal.
func talk(
	t *testing.T, s *httptest.Server, stdin io.Reader, cfg Config,
) (stdout string, err error) {
	t.Helper()
	if cfg.Target, err = ParseTarget(s.URL + "/api"); err != nil {
		t.Fatal(err)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	var out, stderr strings.Builder
	e := &cli.Env{Stdin: stdin, Stdout: &out, Stderr: &stderr, Getenv: os.Getenv}
	err = Run(t.Context(), e, cfg)
	return out.String(), err
}

// An endingReader closes ended at its end.
type endingReader struct {
	io.Reader
	ended chan struct{}
}

func (r endingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil {
		close(r.ended)
	}
	return n, err
}

// An answer that comes long after the end of the input, compared with --wait, is printed.
func TestRunWaitsForTheFirstAnswer(t *testing.T) {
	ended := make(chan struct{})
	s := newGateway(t, func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		<-ended
		time.Sleep(50 * time.Millisecond) // a hundred times --wait
		return echo(ctx, c, m)
	})
	stdin := endingReader{strings.NewReader("slow\n"), ended}
	out, err := talk(t, s, stdin, Config{Wait: time.Millisecond / 2})
	if err != nil || out != "slow\n" {
		t.Errorf("it printed %q, %v; want the answer", out, err)
	}
}

func TestRunReportsThatNoAnswerCame(t *testing.T) {
	silent := func(context.Context, *tyg.Conn, tyg.Message) error { return nil }
	for _, test := range []struct {
		name, stdin string
		wait        time.Duration
		status      int
	}{
		{"no answer", "hello\n", time.Millisecond, cli.ExitNoAnswer},
		{"none expected", "hello\n", 0, cli.ExitOK},
		{"nothing sent", "", time.Millisecond, cli.ExitOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{Wait: test.wait, Timeout: 500 * time.Millisecond}
			_, err := talk(t, newGateway(t, silent), strings.NewReader(test.stdin), cfg)
			status := cli.ExitOK
			if e, ok := errors.AsType[*cli.StatusError](err); ok {
				status = e.Status
			} else if err != nil {
				t.Fatal(err)
			}
			if status != test.status {
				t.Errorf("the status is %d (%v), want %d", status, err, test.status)
			}
		})
	}
}

// lines are the results of a lineReader.
type lines []func() (string, error)

func (l *lines) ReadLine() (string, error) {
	if len(*l) == 0 {
		return "", io.EOF
	}
	next := (*l)[0]
	*l = (*l)[1:]
	return next()
}

// A line that the terminal has cut is not sent, and the conversation goes on.
func TestSendLeavesOutLinesThatWereCut(t *testing.T) {
	var warnings strings.Builder
	v := &textView{out: io.Discard, notices: io.Discard, warnings: &warnings} // as with --quiet
	var sent []string
	server := newGateway(t, func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		sent = append(sent, m.Text())
		return echo(ctx, c, m)
	})
	client, _, err := wsclient.Dial(t.Context(), server.URL+"/api", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{view: v, timeout: time.Minute, wait: time.Millisecond, input: newFeed(&lines{
		func() (string, error) { return "", terminal.ErrTooLong },
		func() (string, error) { return "short", nil },
	})}
	if err := s.run(t.Context(), client); err != nil {
		t.Error(err)
	}
	if len(sent) != 1 || sent[0] != "short" {
		t.Errorf("the messages are %q", sent)
	}
	if !strings.HasPrefix(warnings.String(), "tyg: the line was not sent") {
		t.Errorf("the warnings are %q", warnings.String())
	}
}

func TestTypedReaderRefusesWhatTheTerminalMayHaveCut(t *testing.T) {
	fits := strings.Repeat("x", terminal.MaxTyped()-1)
	r := typedReader{pipeReader{bufio.NewReader(strings.NewReader(fits + "x\n" + fits + "\n"))}}
	if line, err := r.ReadLine(); err != terminal.ErrTooLong || line != "" {
		t.Errorf("a line that may have been cut gives %d bytes, %v", len(line), err)
	}
	if line, err := r.ReadLine(); err != nil || line != fits {
		t.Errorf("the next line has %d bytes, %v", len(line), err)
	}
}

func TestWithUserAgentKeepsThatOfTheUser(t *testing.T) {
	const spelling = "user-agent"
	own := http.Header{spelling: {"mine"}}
	if got := withUserAgent(own); len(got) != 1 || len(got.Values("User-Agent")) > 0 {
		t.Errorf("the headers are %v", got)
	}
	for _, h := range []http.Header{nil, {"X-Other": {"a"}}} {
		got := withUserAgent(h)
		if !strings.HasPrefix(got.Get("User-Agent"), "tyg/") || h.Get("User-Agent") != "" {
			t.Errorf("of %v the headers are %v", h, got)
		}
	}
}
