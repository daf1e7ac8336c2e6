package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// echo is examples/echo with a change that is new each time. The change is in an overlay of the go
// command, so the checkout stays as it is.
type echo struct {
	root, temp string
	changes    int
}

// program is the name of the last build.
func (e *echo) program() string { return filepath.Join(e.temp, "echo") }

// measure builds and starts the program n times after a change.
func (e *echo) measure(n int) ([]row, error) {
	var whole, compile, link, start []time.Duration
	for range n + 1 {
		build, graph, err := e.build()
		if err != nil {
			return nil, err
		}
		up, err := startOnce(e.program())
		if err != nil {
			return nil, err
		}
		whole = append(whole, build+up)
		start = append(start, up)
		compile = append(compile, spent(graph, "build"))
		link = append(link, spent(graph, "link"))
	}
	for _, times := range []*[]time.Duration{&whole, &compile, &link, &start} {
		*times = (*times)[1:] // the first has filled the cache
	}
	rest := median(whole) - median(compile) - median(link) - median(start)
	return []row{{
		"`go run ./examples/echo` after a change, until it listens", seconds(median(whole)),
		[]string{
			"compiler " + seconds(median(compile)), "linker " + seconds(median(link)),
			"the rest of the go command " + seconds(rest), "the program " + seconds(median(start)),
		},
	}}, nil
}

// build changes the program and builds it, which is what "go run" does first.
func (e *echo) build() (took time.Duration, graph string, err error) {
	e.changes++
	source := filepath.Join(e.root, "examples", "echo", "main.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return 0, "", err
	}
	changed := filepath.Join(e.temp, "main.go")
	text = fmt.Appendf(text, "\nvar change = %d // %v\n\nfunc init() { change++ }\n",
		e.changes, time.Now())
	if err := os.WriteFile(changed, text, 0o666); err != nil {
		return 0, "", err
	}
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	overlayFile := filepath.Join(e.temp, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o666); err != nil {
		return 0, "", err
	}
	graph = filepath.Join(e.temp, "graph.json")
	cmd := exec.Command("go", "build", "-overlay", overlayFile, "-debug-actiongraph", graph,
		"-o", e.program(), "./examples/echo")
	cmd.Dir, cmd.Stderr = e.root, os.Stderr
	began := time.Now()
	err = cmd.Run()
	return time.Since(began), graph, err
}

// spent returns how long the go command's actions of a mode took.
func spent(graph, mode string) (d time.Duration) {
	text, err := os.ReadFile(graph)
	if err != nil {
		return 0
	}
	var actions []struct {
		Mode                string
		TimeStart, TimeDone time.Time
		Cmd                 []string // empty: the result was in the cache
	}
	if json.Unmarshal(text, &actions) != nil {
		return 0
	}
	for _, a := range actions {
		if a.Mode == mode && len(a.Cmd) > 0 {
			d += a.TimeDone.Sub(a.TimeStart)
		}
	}
	return d
}

// startOnce starts a server and returns how long it took until it listened. The server is killed.
func startOnce(program string, args ...string) (time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(program, append(args, "-addr", addr)...)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if err := listening(addr); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// listening returns when something listens on addr.
func listening(addr string) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if c, err := net.Dial("tcp4", addr); err == nil {
			return c.Close()
		}
	}
	return fmt.Errorf("nothing listens on %s", addr)
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func seconds(d time.Duration) string {
	return strings.TrimSpace(fmt.Sprintf("%.3f s", d.Seconds()))
}
