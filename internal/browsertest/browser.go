// Package browsertest opens web pages in Chromium, for tests.
package browsertest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// patience bounds everything that must happen soon. A page may wait for 10 seconds before it
// connects again, and axe-core works for half a minute on a long page where the machine is busy.
const patience = 2 * time.Minute

// Variable is the environment variable that makes Start start a browser, whatever its value.
const Variable = "TYG_TEST_BROWSER"

// A Browser is Chromium without a window. One goroutine at a time may use it and its pages.
type Browser struct {
	t    testing.TB
	conn *wsclient.Conn
	last int // id of the last command
}

// Start starts a browser that ends with the test. It skips the test if [Variable] is not set.
func Start(t testing.TB) *Browser {
	t.Helper()
	if os.Getenv(Variable) == "" {
		t.Skipf("the page was not opened in a browser: %s is not set", Variable)
	}
	dir, err := os.MkdirTemp("", "tyg-browser-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu",
		"--remote-debugging-port=0", "--user-data-dir="+dir, "about:blank")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Chromium: %v; install the package chromium", err)
	}
	b := &Browser{t: t}
	t.Cleanup(func() {
		if b.conn != nil {
			_, _ = b.tryCall(context.Background(), "", "Browser.close", nil)
			_ = b.conn.CloseNow()
		}
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		_ = os.RemoveAll(dir) // its last child may still write
	})
	b.connect(stderr)
	return b
}

var listening = regexp.MustCompile(`^DevTools listening on (ws://\S+)$`)

// connect connects to the address that the browser prints.
func (b *Browser) connect(stderr io.Reader) {
	b.t.Helper()
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		m := listening.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		go func() { _, _ = io.Copy(io.Discard, stderr) }() // ends with the browser
		conn, _, err := wsclient.Dial(b.t.Context(), m[1], nil)
		if err != nil {
			b.t.Fatalf("connect to Chromium: %v", err)
		}
		b.conn = conn
		return
	}
	b.t.Fatalf("Chromium has ended and printed no address: %v", lines.Err())
}

// call calls a method of https://chromedevtools.github.io/devtools-protocol/ and decodes its result.
func (b *Browser) call(session, method string, params, result any) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	data, err := b.tryCall(ctx, session, method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(data, result)
	}
	if err != nil {
		b.t.Fatalf("Chromium: %s %v: %v", method, params, err)
	}
}

func (b *Browser) tryCall(
	ctx context.Context, session, method string, params any,
) (json.RawMessage, error) {
	b.last++
	data, err := json.Marshal(struct {
		ID      int    `json:"id"`
		Session string `json:"sessionId,omitempty"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{b.last, session, method, params})
	if err != nil {
		return nil, err
	}
	if err := b.conn.Write(ctx, ws.OpText, data); err != nil {
		return nil, err
	}
	for {
		_, data, err := b.conn.Read(ctx)
		if err != nil {
			return nil, err
		}
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(data, &answer); err != nil {
			return nil, err
		}
		switch {
		case answer.ID != b.last: // an event
		case answer.Error != nil:
			return nil, fmt.Errorf("it answered: %s", answer.Error.Message)
		default:
			return answer.Result, nil
		}
	}
}
