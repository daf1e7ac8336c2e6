package connect

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/ws"
)

// newFlaky serves an echo that refuses the first handshakes with the statuses, then closes the next
// connections at their first message with the codes, and then works.
func newFlaky(t *testing.T, statuses, codes []int) *httptest.Server {
	t.Helper()
	s, _ := newHealing(t, statuses, codes)
	return s
}

// newHealing is newFlaky. It closes works at the first handshake after which it does.
func newHealing(t *testing.T, statuses, codes []int) (_ *httptest.Server, works chan struct{}) {
	t.Helper()
	works = make(chan struct{})
	var handshakes atomic.Int64
	echo := newGateway(t, echo)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(handshakes.Add(1)) - 1
		switch {
		case n < len(statuses):
			w.WriteHeader(statuses[n])
		case n < len(statuses)+len(codes):
			closeAtMessage(t, w, r, codes[n-len(statuses)])
		default:
			if n == len(statuses)+len(codes) {
				close(works)
			}
			echo.Config.Handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s, works
}

// closeAtMessage accepts a WebSocket and closes it as soon as anything comes.
func closeAtMessage(t *testing.T, w http.ResponseWriter, r *http.Request, code int) {
	conn, accepted := hijack(t, w, r)
	if conn == nil {
		return
	}
	defer conn.Close()
	buf := make([]byte, 1024)
	_, _ = conn.Write(accepted) // failures show in the client
	_, _ = conn.Read(buf)
	_, _ = conn.Write(ws.AppendClose(nil, code, ""))
	_, _ = conn.Read(buf)
}

func TestReconnect(t *testing.T) {
	for name, test := range map[string]struct {
		statuses, codes []int
		stdin, want     string
	}{
		"a server that starts": {[]int{503}, nil, "a\n", "a\n"},
		"a server that leaves": {nil, []int{ws.CloseServiceRestart}, "a\nb\n", "b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s, works := newHealing(t, test.statuses, test.codes)
			cfg := Config{Reconnect: true, Wait: 10 * time.Millisecond}
			out, err := talk(t, s, inTurn(test.stdin, works), cfg)
			if err != nil || out != test.want {
				t.Errorf("it printed %q, %v; want %q", out, err, test.want)
			}
		})
	}
}

// inTurn gives the first line at once, and the others when the channel is closed.
func inTurn(lines string, then <-chan struct{}) io.Reader {
	first, rest, _ := strings.Cut(lines, "\n")
	return io.MultiReader(strings.NewReader(first+"\n"), &waitingReader{strings.NewReader(rest), then})
}

type waitingReader struct {
	io.Reader
	until <-chan struct{}
}

func (r *waitingReader) Read(p []byte) (int, error) {
	<-r.until
	return r.Reader.Read(p)
}

func TestReconnectGivesUp(t *testing.T) {
	for name, test := range map[string]struct {
		statuses, codes []int
		want            string
	}{
		"at a refusal that stays":  {[]int{503, 403}, nil, "403 Forbidden"},
		"at a close that is meant": {nil, []int{4001}, "closed the connection: 4001"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Reconnect: true, Wait: time.Minute}
			_, err := talk(t, newFlaky(t, test.statuses, test.codes), strings.NewReader("a\n"), cfg)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

// Notices say once why there is no connection, at each attempt when the next one is, and at last
// that there is one again.
func TestReconnectSaysWhatItDoes(t *testing.T) {
	s, works := newHealing(t, []int{503, 503}, []int{ws.CloseServiceRestart})
	target, err := ParseTarget(s.URL + "/api")
	if err != nil {
		t.Fatal(err)
	}
	var out, notices strings.Builder
	e := &cli.Env{
		Stdin: inTurn("a\nb\n", works), Stdout: &out, Stderr: &notices, Getenv: os.Getenv,
	}
	cfg := Config{Target: target, Reconnect: true, Timeout: time.Minute, Wait: 10 * time.Millisecond}
	if err := Run(t.Context(), e, cfg); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"503 Service Unavailable": 1, "1012 (service restart)": 1, "connecting again in": 3,
		"tyg: connected again\n": 1, "--reconnect": 0,
	} {
		if got := strings.Count(notices.String(), text); got != want {
			t.Errorf("%q is there %d times, want %d:\n%s", text, got, want, &notices)
		}
	}
}

func TestRedirects(t *testing.T) {
	s := newGateway(t, echo)
	var headers []string
	hop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers = append(headers, r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/api":
			w.Header().Set("Location", "/there")
		case "/there":
			w.Header().Set("Location", s.URL+"/api")
		case "/loop":
			w.Header().Set("Location", "/loop")
		}
		w.WriteHeader(http.StatusFound)
	}))
	defer hop.Close()
	cfg := Config{Redirects: 3, Wait: time.Millisecond}
	cfg.Dial.Header = http.Header{"Authorization": {"secret"}}
	out, err := talk(t, hop, strings.NewReader("hi\n"), cfg)
	if err != nil || out != "hi\n" || strings.Join(headers, " ") != "secret secret" {
		t.Errorf("it printed %q, %v; the headers are %q", out, err, headers)
	}

	c := run{Config: cfg}
	for location, want := range map[string]string{
		"/loop": "it redirects more than 3 times", "ftp://host/": "its redirect leads nowhere",
	} {
		if c.Target, err = ParseTarget(hop.URL); err != nil {
			t.Fatal(err)
		}
		if err = c.moveTo(location); err == nil {
			_, _, err = c.follow(t.Context())
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("a redirect to %s gives %v, want %q", location, err, want)
		}
	}
}

// What only one host may know is not told to another, and TLS is not left.
func TestRedirectsKeepSecrets(t *testing.T) {
	target, err := ParseTarget("wss://me:pass@one.example/a")
	if err != nil {
		t.Fatal(err)
	}
	c := run{Config: Config{Target: target}}
	c.Dial.Header = http.Header{
		"Authorization": {"x"}, "cookie": {"y"}, "x-api-key": {"z"}, "X-Tenant-Token": {"t"},
		"Origin": {"https://one.example"},
	}
	if err := c.moveTo("ws://one.example/b"); err == nil {
		t.Error("it left TLS")
	}
	if err := c.moveTo("/b"); err != nil || len(c.Dial.Header) != 5 || c.Target.User == nil {
		t.Errorf("on the same host the header is %v, the target %v, %v", c.Dial.Header, c.Target, err)
	}
	err = c.moveTo("https://two.example/c")
	if err != nil || len(c.Dial.Header) != 1 || c.Dial.Header["Origin"] == nil || c.Target.String() != "wss://two.example/c" {
		t.Errorf("on another host the header is %v, the target %v, %v", c.Dial.Header, c.Target, err)
	}
}

func TestExchangeSendsEachAfterTheAnswerToTheLast(t *testing.T) {
	cfg := Config{Messages: []string{"one", "two"}}
	if out, err := talk(t, newGateway(t, echo), nil, cfg); err != nil || out != "one\ntwo\n" {
		t.Errorf("it printed %q, %v", out, err)
	}
	silent := newGateway(t, func(context.Context, *tyg.Conn, tyg.Message) error { return nil })
	cfg.Timeout = 50 * time.Millisecond
	for want, s := range map[int]*httptest.Server{
		cli.ExitNoAnswer: silent, cli.ExitClosed: newFlaky(t, nil, []int{1000}),
	} {
		_, err := talk(t, s, nil, cfg)
		if status, _ := errors.AsType[*cli.StatusError](err); status == nil || status.Status != want {
			t.Errorf("the error is %v, want status %d", err, want)
		}
	}
}
