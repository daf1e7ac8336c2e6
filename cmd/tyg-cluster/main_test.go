package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/clustercmd"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/internal/natsd"
)

// patience bounds all that must happen, on a busy machine.
const patience = time.Minute

// output is what a command prints, while it runs.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// waitFor waits until a command has printed a line with a text, and returns what follows the text.
func (o *output) waitFor(t *testing.T, text string) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, after, ok := strings.Cut(o.String(), text); ok && strings.Contains(after, "\n") {
			line, _, _ := strings.Cut(after, "\n")
			return line
		}
	}
	t.Fatalf("it has not printed %q but\n%s", text, o)
	return ""
}

// command runs a command line and returns its status and what it has printed.
func command(t *testing.T, args ...string) (status int, out string) {
	t.Helper()
	var o output
	e := &cli.Env{Stdin: strings.NewReader(""), Stdout: &o, Stderr: &o, Getenv: none}
	status = run(t.Context(), args, e)
	return status, o.String()
}

func none(string) string { return "" }

// TestGatewaysAreOne runs two gateways, asks for them, and has one drain.
func TestGatewaysAreOne(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	var outs []*output
	ends := make(chan int, 2)
	for _, name := range []string{"one", "two"} {
		file := filepath.Join(t.TempDir(), "gateway.json")
		config := fmt.Sprintf(`{"addr": "127.0.0.1:0", "admin": {"addr": "127.0.0.1:0"}, "nats": %q,
			"cluster": {"node": %q}, "routes": {"$default": {"url": "http://127.0.0.1:9/"}}}`, server.URL(), name)
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := selfhost.Read(selfhost.Source{File: file})
		if err != nil {
			t.Fatal(err)
		}
		text, err := cfg.Encode()
		if err != nil {
			t.Fatal(err)
		}
		environment := map[string]string{clustercmd.ConfigVariable: text}
		o := new(output)
		outs = append(outs, o)
		e := &cli.Env{
			Stdin: strings.NewReader(""), Stdout: o, Stderr: o,
			Getenv: func(key string) string { return environment[key] },
		}
		go func() { ends <- run(t.Context(), []string{"gateway"}, e) }() // ends when it is drained
		o.waitFor(t, "Serving on ")
	}
	status, text := command(t, "cluster", "status", "--nats", server.URL())
	if status != 0 || !strings.Contains(text, "one ") || !strings.Contains(text, "two ") {
		t.Errorf("status exits with %d and says\n%s", status, text)
	}
	admin := outs[0].waitFor(t, "admin on ")
	res, err := http.Get(admin + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if !strings.Contains(string(body), "\ntyg_cluster_nodes{state=\"alive\"} 2\n") {
		t.Errorf("the metrics lack the nodes:\n%s", body)
	}
	for _, name := range []string{"two", "one"} {
		if status, text := command(t, "cluster", "drain", name, "--nats", server.URL()); status != 0 {
			t.Errorf("drain of %s exits with %d and says %s", name, status, text)
		}
		if status := <-ends; status != 0 {
			t.Errorf("gateway %s exits with %d", name, status)
		}
	}
	status, text = command(t, "cluster", "status", "--nats", server.URL(), "--json")
	if status != 1 || !strings.Contains(text, "no node answers") {
		t.Errorf("status without nodes exits with %d and says\n%s", status, text)
	}
}
