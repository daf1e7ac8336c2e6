//go:build !tyg.lambda

package host_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// patience bounds everything that must happen soon.
const patience = time.Minute

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

var servingLine = regexp.MustCompile(
	`^Serving echo-server on (wss?://127\.0\.0\.1:[1-9]\d*/\w+/)\n$`)

func echo() *tyg.App {
	app := tyg.New("echo-server")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	return app
}

// served is a Serve that runs.
type served struct {
	url  string
	stop context.CancelFunc
	done chan error
}

// serve starts Serve and waits for its line.
func serve(t *testing.T, app *tyg.App, cfg host.Config) *served {
	t.Helper()
	r, w := io.Pipe()
	cfg.Addr, cfg.Out, cfg.Logger = "127.0.0.1:0", w, quiet
	ctx, cancel := context.WithCancel(context.Background())
	s := &served{stop: cancel, done: make(chan error, 1)}
	go func() { // ends with ctx; the cleanup waits for it
		s.done <- host.Serve(ctx, app, cfg)
		_ = w.Close()
	}()
	t.Cleanup(func() {
		cancel()
		for range s.done {
		}
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %v", err, s.wait(t))
	}
	go func() { _, _ = io.Copy(io.Discard, r) }() // ends with w
	m := servingLine.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("line %q", line)
	}
	s.url = m[1]
	return s
}

// wait returns the error of Serve.
func (s *served) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.done:
		close(s.done)
		return err
	case <-time.After(patience):
		t.Fatal("Serve does not end")
		return nil
	}
}

func dial(t *testing.T, url string, o *wsclient.Options) *wsclient.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := wsclient.Dial(ctx, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// wantEcho checks that the server answers.
func wantEcho(t *testing.T, c *wsclient.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Write(ctx, ws.OpText, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "hi" {
		t.Fatalf("received %q, %v", got, err)
	}
}

func wantRestart(t *testing.T, c *wsclient.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, _, err := c.Read(ctx)
	closed, ok := errors.AsType[*ws.CloseError](err)
	if !ok || closed.Code != ws.CloseServiceRestart {
		t.Errorf("client ended with %v, want 1012", err)
	}
}

// An askedMember is a member of a cluster that is asked to drain.
type askedMember struct {
	asked chan struct{}
	calls chan string
}

func (m askedMember) Asked() <-chan struct{} { return m.asked }

func (m askedMember) Drain() { m.calls <- "drain" }

func (m askedMember) Leave(context.Context) error { m.calls <- "leave"; return nil }

// TestServeDrainsWhenItIsAsked has a member end as after a signal.
func TestServeDrainsWhenItIsAsked(t *testing.T) {
	m := askedMember{make(chan struct{}), make(chan string, 2)}
	s := serve(t, echo(), host.Config{Join: func(
		context.Context, *gateway.Server, string, string,
	) (host.Member, error) {
		return m, nil
	}})
	c := dial(t, s.url, nil)
	wantEcho(t, c)
	close(m.asked)
	wantRestart(t, c)
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if first, second := <-m.calls, <-m.calls; first != "drain" || second != "leave" {
		t.Errorf("the member was told to %s and %s", first, second)
	}
}

func TestServe(t *testing.T) {
	s := serve(t, echo(), host.Config{Stage: "prod"})
	if !strings.HasSuffix(s.url, "/prod/") {
		t.Errorf("URL %s", s.url)
	}
	c := dial(t, s.url, nil)
	wantEcho(t, c)
	s.stop()
	wantRestart(t, c)
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, _, err := wsclient.Dial(t.Context(), s.url, nil); err == nil {
		t.Error("it still serves")
	}
}

func TestServeTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	s := serve(t, echo(), host.Config{CertFile: cert, KeyFile: key})
	if !strings.HasPrefix(s.url, "wss://") {
		t.Errorf("URL %s", s.url)
	}
	c := dial(t, s.url, &wsclient.Options{TLS: &tls.Config{RootCAs: pool}})
	wantEcho(t, c)
	// A client that prefers HTTP/2 gets HTTP/1.1, without which there is no WebSocket.
	nc, err := tls.Dial("tcp", strings.Split(s.url, "/")[2], &tls.Config{
		RootCAs: pool, NextProtos: []string{"h2", "http/1.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := nc.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("protocol %q", got)
	}
	_ = nc.Close()
	s.stop()
	wantRestart(t, c)
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestDrain has a handler that ends in time, and one that does not.
func TestDrain(t *testing.T) {
	tests := map[string]struct {
		drain time.Duration
		want  string // in the error; empty: there is none
	}{
		"in time":  {patience, ""},
		"too late": {50 * time.Millisecond, "connections cut: 1, whose handlers did not return in time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			entered, release := make(chan struct{}), make(chan struct{})
			app := tyg.New("echo-server")
			app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error {
				close(entered)
				<-release
				return nil
			})
			s := serve(t, app, host.Config{Drain: tt.drain})
			c := dial(t, s.url, nil)
			if err := c.Write(t.Context(), ws.OpText, []byte("hi")); err != nil {
				t.Fatal(err)
			}
			<-entered
			s.stop()
			if tt.want == "" {
				close(release)
			}
			wantRestart(t, c)
			err := s.wait(t)
			if tt.want != "" {
				close(release)
			}
			text := ""
			if err != nil {
				text = err.Error()
			}
			if (tt.want == "") != (text == "") || !strings.Contains(text, tt.want) {
				t.Errorf("Serve: %v, want %q", err, tt.want)
			}
		})
	}
}

// TestDrainDelayAcceptsClients connects when the server was told to stop already.
func TestDrainDelayAcceptsClients(t *testing.T) {
	const delay = 200 * time.Millisecond
	s := serve(t, echo(), host.Config{DrainDelay: delay, DrainWindow: -1})
	begun := time.Now()
	s.stop()
	c := dial(t, s.url, nil)
	wantEcho(t, c)
	_, _, err := c.Read(t.Context())
	if closed, ok := errors.AsType[*ws.CloseError](err); !ok || closed.Code != ws.CloseServiceRestart {
		t.Errorf("the client sees %v", err)
	}
	if d := time.Since(begun); d < delay {
		t.Errorf("it was closed after %v", d)
	}
	if err := s.wait(t); err != nil {
		t.Error(err)
	}
}

// TestDrainWindowSpreadsTheEnds has two clients, of which one is closed in the second half.
func TestDrainWindowSpreadsTheEnds(t *testing.T) {
	const window = 200 * time.Millisecond
	s := serve(t, echo(), host.Config{DrainWindow: window})
	a, b := dial(t, s.url, nil), dial(t, s.url, nil)
	begun := time.Now()
	s.stop()
	for _, c := range []*wsclient.Conn{a, b} {
		if _, _, err := c.Read(t.Context()); err == nil {
			t.Error("the client goes on")
		}
	}
	if d := time.Since(begun); d < window/2 {
		t.Errorf("both are closed after %v, want at least %v", d, window/2)
	}
	if err := s.wait(t); err != nil {
		t.Error(err)
	}
}

func TestServeErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	missing := filepath.Join(t.TempDir(), "missing")
	tests := []struct {
		name string
		cfg  host.Config
		want string
	}{
		{"port taken", host.Config{Addr: addr}, addr + " is in use by another program; " +
			"choose another address with -addr or TYG_ADDR, or port 0 for any"},
		{"no address", host.Config{Addr: "nonsense"}, "listen on nonsense: "},
		{"bad stage", host.Config{Stage: "a b"}, `stage "a b"`},
		{"bad origin", host.Config{Origins: []string{"x"}}, `origin "x"`},
		{
			"no certificate",
			host.Config{Addr: "127.0.0.1:0", CertFile: missing, KeyFile: missing},
			missing,
		},
		{"half of TLS", host.Config{CertFile: missing}, "-key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Logger = quiet
			err := host.Serve(t.Context(), echo(), tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Serve: %v, want %q in it", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
		})
	}
}

func TestServeSaysWhatDiffersFromAWS(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // it drains at once
	for profile, want := range map[string]string{
		gateway.ProfileAWS:    "",
		gateway.ProfileServer: "This gateway differs from Amazon API Gateway: binary messages, ",
	} {
		p, err := gateway.NewProfile(profile)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cfg := host.Config{Addr: "127.0.0.1:0", Profile: p, Out: &out, Logger: quiet}
		if err := host.Serve(ctx, tyg.New("echo"), cfg); err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(out.String(), "\n")
		if !strings.HasPrefix(rest, want) || want == "" && rest != "" {
			t.Errorf("profile %s: after the URL it says %q, want %q", profile, rest, want)
		}
	}
}

// TestServeServesPages asks for pages on the port of the WebSocket, which they must not disturb.
func TestServeServesPages(t *testing.T) {
	app := echo()
	app.Pages(fstest.MapFS{"index.html": {Data: []byte("<h1>start</h1>")}})
	s := serve(t, app, host.Config{})
	page := strings.TrimSuffix(strings.Replace(s.url, "ws", "http", 1), "api/")
	for path, want := range map[string]int{
		"": http.StatusOK, "none": http.StatusNotFound, "api/": http.StatusUpgradeRequired,
	} {
		res, err := http.Get(page + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != want || path == "" && string(body) != "<h1>start</h1>" {
			t.Errorf("GET /%s: %s, %q, %v; want %d", path, res.Status, body, err, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, url := range []string{s.url, strings.TrimSuffix(s.url, "api/")} {
		c, _, err := wsclient.Dial(ctx, url, nil)
		if err != nil {
			t.Fatalf("dial %s: %v", url, err)
		}
		if err := c.CloseNow(); err != nil {
			t.Error(err)
		}
	}
	s.stop()
	if err := s.wait(t); err != nil {
		t.Error(err)
	}
}

// TestServeSaysTheNameOfItsConfig serves an application under another name.
func TestServeSaysTheNameOfItsConfig(t *testing.T) {
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { // ends with ctx
		done <- host.Serve(ctx, echo(), host.Config{
			Name: "shop", Addr: "127.0.0.1:0", Out: w, Logger: quiet,
		})
		_ = w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if !strings.HasPrefix(line, "Serving shop on ws://") {
		t.Errorf("the first line is %q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }() // ends with w
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
