//go:build !tyg.lambda

package host_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// tells prints each leave and disconnect, with the id of its event, before it handles it. Of "die"
// it prints and kills the process.
func tells() *tyg.App {
	app := tyg.New("echo-server")
	app.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			switch e.Type {
			case tyg.EventDisconnect:
				fmt.Println("disconnect", e.Conn.ID, e.RequestID, int(e.Disconnect.Code),
					e.Conn.SourceIP)
			case tyg.EventLeave:
				fmt.Println("leave", e.Conn.ID, e.RequestID, e.Membership.Group)
			}
			return next.Handle(ctx, e)
		})
	})
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		return app.Group("room").Add(ctx, c.ID)
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, string(c.ID))
	})
	var died atomic.Int64
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		if n := died.Add(1); os.Getenv("HOST_TEST_DIE") != "" && n == 2 {
			p, _ := os.FindProcess(os.Getpid())
			_ = p.Kill()
			select {}
		}
		return nil
	})
	app.OnLeave(func(context.Context, *tyg.Group, tyg.Member) error { return nil })
	return app
}

// startTells starts a process with a file of disconnects. It returns what it says before it serves.
func startTells(t *testing.T, file string, env ...string) (p *process, told []string) {
	t.Helper()
	p = run(t, "tells")
	p.Env = append(p.Env, "TYG_DISCONNECTS=at-least-once", "TYG_DISCONNECTS_FILE="+file,
		"TYG_NATS_URL=")
	p.Env = append(p.Env, env...)
	p.start(t)
	for {
		line, err := p.out.ReadString('\n')
		if _, url, ok := strings.Cut(strings.TrimSpace(line), "Serving echo-server on "); ok {
			p.Env = []string{url}
			return p, told
		}
		if err != nil {
			return p, told // it was killed
		}
		told = append(told, strings.TrimSpace(line))
	}
}

// TestDisconnectsOfAKilledProcess kills a process with clients. The next one tells of them before
// it serves, but is killed in between, and the one after that tells of the rest. One more tells
// nothing.
func TestDisconnectsOfAKilledProcess(t *testing.T) {
	t.Parallel() // processes of their own
	file := filepath.Join(t.TempDir(), "disconnects")
	p, told := startTells(t, file)
	if len(told) > 0 {
		t.Errorf("the first process tells %q", told)
	}
	const clients = 4
	var want []string
	for range clients {
		c := dial(t, p.Env[0], nil)
		if err := c.Write(t.Context(), 1, []byte("hi")); err != nil {
			t.Fatal(err)
		}
		_, id, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, string(id))
	}
	_ = p.Process.Kill()
	_ = p.Wait()
	_, first := startTells(t, file, "HOST_TEST_DIE=1")
	last, second := startTells(t, file)
	told = append(first, second...)
	disconnects, ids := map[string]int{}, map[string]string{}
	leaves := map[string]int{}
	for _, line := range told {
		f := strings.Fields(line)
		if prior := ids[f[0]+f[1]]; prior != "" && prior != f[2] {
			t.Errorf("the %s of %s has the ids %s and %s", f[0], f[1], prior, f[2])
		}
		ids[f[0]+f[1]] = f[2]
		switch {
		case f[0] == "disconnect" && f[3] == "1006" && f[4] == "127.0.0.1":
			disconnects[f[1]]++
		case f[0] == "leave" && f[3] == "room" && disconnects[f[1]] == 0:
			leaves[f[1]]++
		default:
			t.Errorf("told %q", line)
		}
	}
	twice := 0
	for _, id := range want {
		if disconnects[id] == 0 || leaves[id] == 0 {
			t.Errorf("%s: %d disconnects, %d leaves", id, disconnects[id], leaves[id])
		}
		twice += disconnects[id] - 1
	}
	// Those that were under way when the second process was killed.
	if len(disconnects) != clients || twice > clients || len(second) == 0 {
		t.Errorf("told\n%s\nand then\n%s", strings.Join(first, "\n"), strings.Join(second, "\n"))
	}
	if err := last.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	last.wantExit(t, 0)
	if _, told := startTells(t, file); len(told) > 0 {
		t.Errorf("after a clean end, a process tells %q", told)
	}
}

// Without a kill, each disconnect is told once, by the process of its connection.
func TestDisconnectsOfACleanEnd(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "disconnects")
	p, _ := startTells(t, file)
	var clients []*wsclient.Conn
	for range 3 {
		clients = append(clients, dial(t, p.Env[0], nil))
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		wantRestart(t, c)
	}
	var lines []string
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			break
		}
		lines = append(lines, strings.Fields(line)[0])
	}
	p.wantExit(t, 0)
	slices.Sort(lines)
	want := "disconnect disconnect disconnect leave leave leave"
	if got := strings.Join(lines, " "); got != want {
		t.Errorf("told %q", got)
	}
	if _, told := startTells(t, file); len(told) > 0 {
		t.Errorf("the next process tells %q", told)
	}
}

func TestTwoProcessesShareNoFileOfDisconnects(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "disconnects")
	startTells(t, file)
	other, _ := startTells(t, file)
	other.wantExit(t, 1)
	const want = "another process uses it; give each a file of its own with -disconnects-file"
	if !strings.Contains(other.stderr.String(), want) {
		t.Errorf("the second process says %q", other.stderr.String())
	}
}
