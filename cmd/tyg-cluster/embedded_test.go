//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/clustercmd"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// key signs calls of @connections.
var key = sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "secret"}

func TestMain(m *testing.M) {
	if os.Getenv(clustercmd.ConfigVariable) != "" { // this is a gateway of a test
		natsdtest.FastElections()
		os.Exit(run(context.Background(), []string{"gateway"}, cli.NewEnv()))
	}
	os.Exit(m.Run())
}

// A machine is a process that runs a gateway.
type machine struct {
	t      *testing.T
	config string // encoded
	dir    string // of its NATS server
	cmd    *exec.Cmd
	out    *output
	url    string
}

// newMachines returns gateways that are one and whose routes lead to target.
func newMachines(t *testing.T, n int, target string) (list []*machine) {
	t.Helper()
	dir := t.TempDir()
	nodes := natsdtest.Free(t, n)
	for i, node := range nodes {
		m := &machine{t: t, dir: fmt.Sprint(dir, "/", i)}
		file := filepath.Join(dir, fmt.Sprint(i, ".json"))
		config, err := json.Marshal(map[string]any{
			"addr": "127.0.0.1:0", "admin": map[string]any{"off": true}, "nats": "embedded",
			"cluster": map[string]any{"nodes": nodes, "node": node, "dir": m.dir},
			"routes":  map[string]any{"$default": map[string]any{"url": target, "response": true}},
		})
		if err == nil {
			err = os.WriteFile(file, config, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := selfhost.Read(selfhost.Source{File: file})
		if err == nil {
			m.config, err = cfg.Encode()
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func (m *machine) start() {
	m.t.Helper()
	m.out = new(output)
	m.cmd = exec.Command(os.Args[0])
	m.cmd.Env = append(os.Environ(), clustercmd.ConfigVariable+"="+m.config,
		"AWS_ACCESS_KEY_ID="+key.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+key.SecretAccessKey,
		"TYG_NATS_URL=")
	m.cmd.Stdout, m.cmd.Stderr = m.out, m.out
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	cmd := m.cmd
	m.t.Cleanup(func() { _ = cmd.Process.Kill() })
}

// serves waits until the gateway serves.
func (m *machine) serves() {
	m.t.Helper()
	m.url = "ws" + m.out.waitFor(m.t, "Serving on ws")
}

// stop drains the gateway.
func (m *machine) stop() {
	m.t.Helper()
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	if err := m.cmd.Wait(); err != nil {
		m.t.Errorf("a gateway ended with %v:\n%s", err, m.out)
	}
}

// post sends text to a connection by the API of this machine. It returns the status.
func (m *machine) post(ctx context.Context, id, text string) (int, error) {
	url := "http" + strings.TrimPrefix(m.url, "ws") + "@connections/" +
		strings.ReplaceAll(id, "=", "%3D")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(text))
	if err != nil {
		return 0, err
	}
	sigv4.Sign(r, []byte(text), key, "us-east-1", "execute-api", time.Now())
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// newIDServer tells clients their connection ids.
func newIDServer(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct{ RequestContext struct{ ConnectionID string } }
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"statusCode": 200, "body": "id " + e.RequestContext.ConnectionID,
		})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A client has been connected to one gateway.
type client struct {
	t       *testing.T
	id      string
	conn    *wsclient.Conn
	sent    atomic.Int64 // the last number that was accepted for it
	got     atomic.Int64 // the last number that it got
	refused atomic.Bool  // something was not accepted: nothing is sent any more
	ended   chan struct{}
}

func newClient(t *testing.T, m *machine) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := wsclient.DialAgain(ctx, m.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if err := conn.Write(ctx, ws.OpText, []byte("who am I")); err != nil {
		t.Fatal(err)
	}
	_, data, err := conn.Read(ctx)
	id, ok := strings.CutPrefix(string(data), "id ")
	if err != nil || !ok {
		t.Fatalf("a client got %q, %v", data, err)
	}
	c := &client{t: t, id: id, conn: conn, ended: make(chan struct{})}
	go c.read(context.WithoutCancel(t.Context())) // ends with conn
	return c
}

// read checks that the numbers come in order and that none is missing.
func (c *client) read(ctx context.Context) {
	defer close(c.ended)
	for {
		_, data, err := c.conn.Read(ctx)
		if err != nil {
			if e, ok := errors.AsType[*ws.CloseError](err); ok && e.Code != 1012 {
				c.t.Errorf("%s was closed with %v", c.id, err)
			}
			return
		}
		n, err := strconv.ParseInt(string(data), 10, 64)
		if want := c.got.Load() + 1; err != nil || n != want {
			c.t.Errorf("%s got %q, want %d", c.id, data, want)
		}
		c.got.Store(n)
	}
}

// feed sends numbers by machines, until ctx ends or one is refused.
func (c *client) feed(ctx context.Context, by func() *machine) {
	for n := int64(1); ctx.Err() == nil; n++ {
		status, err := by().post(context.WithoutCancel(ctx), c.id, fmt.Sprint(n))
		switch {
		case err == nil && status == http.StatusOK:
			c.sent.Store(n)
		case err == nil && (status == http.StatusGone || status == http.StatusServiceUnavailable):
			c.refused.Store(true)
			return
		default:
			c.t.Errorf("a message to %s: status %d, %v", c.id, status, err)
			return
		}
	}
}

// TestEmbeddedClusterRestarts has three gateways, of which each is a NATS server, and restarts all
// of them one after the other. Meanwhile clients of each get messages by the others, and values are
// written. All messages that were accepted arrive, those to clients that stay are never refused,
// and each write succeeds.
func TestEmbeddedClusterRestarts(t *testing.T) {
	sampletest.Part(t, 6)
	t.Parallel()
	sampletest.SayHowToRepeat(t, "./cmd/tyg-cluster")
	machines := newMachines(t, 3, newIDServer(t))
	for _, m := range machines {
		m.start()
	}
	for _, m := range machines {
		m.serves()
	}
	for down, m := range machines {
		var others []*machine
		for i, o := range machines {
			if i != down {
				others = append(others, o)
			}
		}
		clients := []*client{newClient(t, m), newClient(t, others[0]), newClient(t, others[1])}
		ctx, stop := context.WithCancel(t.Context())
		var load sync.WaitGroup
		for _, c := range clients {
			load.Go(func() {
				c.feed(ctx, func() *machine { return others[rand.N(len(others))] })
			})
		}
		load.Go(func() { writeValues(ctx, t, others[0], down) })
		awaitProgress(t, clients)
		m.stop()
		awaitProgress(t, clients[1:])
		m.start()
		m.serves()
		awaitProgress(t, clients[1:])
		stop()
		load.Wait()
		for i, c := range clients {
			if gone := i == 0; c.refused.Load() != gone {
				t.Errorf("client %d of round %d: refused %v, want %v", i, down, !gone, gone)
			}
			c.awaitAll()
		}
		awaitAlive(t, m, len(machines))
	}
	var stops sync.WaitGroup
	for _, m := range machines {
		stops.Go(m.stop) // also the last one, which has no majority
	}
	stops.Wait()
}

// awaitAlive waits until "tyg cluster status" hears so many nodes: one that is busy answers late.
func awaitAlive(t *testing.T, m *machine, nodes int) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		status, text := command(t, "cluster", "status", "--dir", m.dir)
		if status == 0 && strings.Count(text, " alive ") == nodes {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("status exits with %d and says\n%s", status, text)
		}
	}
}

// awaitProgress waits until each client has got some more messages.
func awaitProgress(t *testing.T, clients []*client) {
	t.Helper()
	const some = 20
	for _, c := range clients {
		want := c.got.Load() + some
		for end := time.Now().Add(patience); c.got.Load() < want; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s has got %d messages, and waits for %d", c.id, c.got.Load(), want)
			}
		}
	}
}

// awaitAll waits until the client has got all that was accepted for it.
func (c *client) awaitAll() {
	c.t.Helper()
	for end := time.Now().Add(patience); c.got.Load() < c.sent.Load(); time.Sleep(time.Millisecond) {
		select {
		case <-c.ended:
		default:
			if time.Now().Before(end) {
				continue
			}
		}
		if got, sent := c.got.Load(), c.sent.Load(); got < sent {
			c.t.Fatalf("%s got %d messages, and %d were accepted", c.id, got, sent)
		}
	}
}

// writeValues writes a value, as functions do, until ctx ends.
func writeValues(ctx context.Context, t *testing.T, m *machine, round int) {
	url, err := os.ReadFile(filepath.Join(m.dir, clustercmd.URLFile))
	if err != nil {
		t.Error(err)
		return
	}
	background, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*patience)
	defer cancel()
	values, err := natskv.OpenValues(background, natskv.Config{
		URL: string(bytes.TrimSpace(url)), Bucket: "local-values",
	})
	if err != nil {
		t.Error(err)
		return
	}
	defer values.Close()
	name := tyg.ValueKey{Name: fmt.Sprint("round ", round)}
	for n := 1; ctx.Err() == nil; n++ {
		data := fmt.Append(nil, n)
		if _, err := values.StoreValue(background, name, data, tyg.AnyRevision); err != nil {
			t.Errorf("write %d: %v", n, err)
			return
		}
		if got, _, err := values.LoadValue(background, name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("read %q, %v after write %d", got, err, n)
		}
	}
}
