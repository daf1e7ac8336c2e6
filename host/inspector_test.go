//go:build !tyg.lambda

package host_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

var inspectLine = regexp.MustCompile(
	`(?m)^Inspect (http://127\.0\.0\.1:[1-9]\d*/)(#([A-Z0-9]{20,})| with your token)$`)

// logging returns an echo that logs.
func logging() *tyg.App {
	app := tyg.New("echo-server")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		log.Print("the handler says ", m.Text())
		return c.Send(ctx, m.Data)
	})
	return app
}

// startInspected serves an application with an inspector, and returns the lines that it has printed
// and what ends it.
func startInspected(t *testing.T, cfg host.Config) (lines string, stop func()) {
	t.Helper()
	r, w := io.Pipe()
	cfg.Addr, cfg.Inspect, cfg.Out, cfg.Logger = "127.0.0.1:0", "127.0.0.1:0", w, quiet
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { // stop waits for it
		done <- host.Serve(ctx, logging(), cfg)
		_ = w.Close()
	}()
	out := bufio.NewReader(r)
	for range 2 {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		lines += line
	}
	return lines, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// get asks for a URL as a browser does.
func get(t *testing.T, url, authorization string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 4<<10)
	n, _ := io.ReadAtLeast(res.Body, b, 1)
	return res.StatusCode, string(b[:n])
}

// The inspector is where the program says, with the token that it prints; "/" of the server leads
// to it, without the token.
func TestServeServesTheInspector(t *testing.T) {
	lines, stop := startInspected(t, host.Config{})
	defer stop()
	m := inspectLine.FindStringSubmatch(lines)
	if m == nil {
		t.Fatalf("the program prints %q", lines)
	}
	status, body := get(t, m[1], "")
	if status != http.StatusOK || !strings.Contains(body, "inspector") {
		t.Errorf("the page: %d %s", status, body)
	}
	status, body = get(t, m[1]+"api/events", "Bearer "+m[3])
	if status != http.StatusOK || !strings.Contains(body, `"name":"echo-server"`) {
		t.Errorf("with the token: %d %s", status, body)
	}
	if status, _ = get(t, m[1]+"api/events", "Bearer "+m[3]+"x"); status != http.StatusUnauthorized {
		t.Errorf("with another token: %d", status)
	}
	url := regexp.MustCompile(`ws(://127\.0\.0\.1:\d+/)`).FindStringSubmatch(lines)
	status, body = get(t, "http"+url[1], "")
	if status != http.StatusOK || !strings.Contains(body, `href="`+m[1]+`"`) ||
		strings.Contains(body, m[3]) {
		t.Errorf("the page at /: %d %s", status, body)
	}
}

// TestServeShowsTheLogsOfHandlers reads the updates of the page until they have such a line.
func TestServeShowsTheLogsOfHandlers(t *testing.T) {
	lines, stop := startInspected(t, host.Config{})
	defer stop()
	m := inspectLine.FindStringSubmatch(lines)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m[1]+"api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+m[3])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	updates := bufio.NewScanner(res.Body)
	updates.Buffer(nil, 1<<20)
	updates.Scan() // from now on all is observed
	c := dial(t, regexp.MustCompile(`ws://\S+`).FindString(lines), nil)
	defer c.CloseNow() // else stop waits for its answer to the close frame
	wantEcho(t, c)
	for updates.Scan() {
		if strings.Contains(updates.Text(), "the handler says ") {
			return
		}
	}
	t.Errorf("the page does not show the line of the handler: %v", updates.Err())
}

func TestServeDoesNotPrintATokenOfTheUser(t *testing.T) {
	lines, stop := startInspected(t, host.Config{InspectToken: "0123456789abcdef"})
	defer stop()
	m := inspectLine.FindStringSubmatch(lines)
	if m == nil || m[2] != " with your token" {
		t.Fatalf("the program prints %q", lines)
	}
	if status, _ := get(t, m[1]+"api/events", "Bearer 0123456789abcdef"); status != http.StatusOK {
		t.Errorf("with the token: %d", status)
	}
}
