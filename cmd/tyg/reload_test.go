//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// patience bounds every wait, on a busy machine.
const patience = 2 * time.Minute

// versioned is a program that answers with its version, the connection, its process and the
// message. To "hang" it answers, and then never returns.
const versioned = `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

const version = "VERSION"

func main() {
	app := tyg.New("versioned")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		err := c.SendString(ctx, fmt.Sprint(version, " ", c.ID, " ", os.Getpid(), " ", m.Text()))
		if m.Text() == "hang" {
			select {}
		}
		return err
	})
	if err := host.Run(app); err != nil {
		log.Fatal(err)
	}
}
`

// A localProject is a project that tyg local runs.
type localProject struct {
	*running
	dir string
	url string
}

// runLocal makes a project whose main.go is source, or that of the template if that is empty, and
// runs it.
func runLocal(t *testing.T, template, source string, args ...string) *localProject {
	t.Helper()
	dir := t.TempDir()
	make := exec.Command("tyg", "new-project", "demo", "--template", template)
	make.Dir = dir
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("tyg new-project: %v\n%s", err, out)
	}
	p := &localProject{dir: filepath.Join(dir, "demo")}
	if source != "" {
		p.write(t, source)
	}
	p.running = startLocal(t, append([]string{"--project-dir", p.dir, "--port", "0"}, args...)...)
	p.url = p.served()
	return p
}

// served returns the address in the line that says where the program is served.
func (l *running) served() string {
	l.t.Helper()
	return regexp.MustCompile(`ws://[^" ]*`).FindString(l.until(`ws://`))
}

// write replaces main.go as an editor does.
func (p *localProject) write(t *testing.T, source string) {
	t.Helper()
	temp := filepath.Join(p.dir, "main.go~")
	err := os.WriteFile(temp, []byte(source), 0o666)
	if err == nil {
		err = os.Rename(temp, filepath.Join(p.dir, "main.go"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (p *localProject) version(t *testing.T, version string) {
	t.Helper()
	p.write(t, strings.Replace(versioned, "VERSION", version, 1))
}

func dial(t *testing.T, url string) *wsclient.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := wsclient.Dial(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func send(t *testing.T, c *wsclient.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Write(ctx, ws.OpText, []byte(text)); err != nil {
		t.Error(err)
	}
}

func receive(t *testing.T, c *wsclient.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := c.Read(ctx)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// An answer is what versioned sends.
type answer struct{ version, conn, pid, text string }

func receiveAnswer(t *testing.T, c *wsclient.Conn) answer {
	t.Helper()
	got := receive(t, c)
	f := strings.SplitN(got, " ", 4)
	if len(f) != 4 {
		t.Errorf("the answer is %q", got)
		return answer{}
	}
	return answer{f[0], f[1], f[2], f[3]}
}

// A client sends a numbered message every 20 ms while the program is replaced again and again;
// every answer must come, once, in order, on the same connection, and from ever newer versions.
// TYG_TEST_RELOADS says how many there are.
func TestReloadKeepsSocketsOpen(t *testing.T) {
	t.Parallel()
	reloads := 2
	if sampletest.Exhaustive() {
		reloads = 5
	}
	if s := os.Getenv("TYG_TEST_RELOADS"); s != "" {
		var err error
		if reloads, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	p := runLocal(t, "echo", strings.Replace(versioned, "VERSION", "0", 1), "--quiet")
	c := dial(t, p.url)
	stop := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() { // stop ends it
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
				send(t, c, strconv.Itoa(n))
			case <-stop:
				send(t, c, "end")
				return
			}
		}
	})
	first := receiveAnswer(t, c)
	wanted := 1
	p.version(t, "1")
	deadline := time.Now().Add(time.Duration(reloads) * time.Minute)
	for n := 1; wanted <= reloads; n++ {
		a := receiveAnswer(t, c)
		if a.text != strconv.Itoa(n) || a.conn != first.conn {
			t.Fatalf("answer %d is %+v, and the connection was %s", n, a, first.conn)
		}
		switch a.version {
		case strconv.Itoa(wanted - 1):
		case strconv.Itoa(wanted):
			wanted++
			p.version(t, strconv.Itoa(wanted))
		default:
			t.Fatalf("answer %d is from version %s, and wanted was %d", n, a.version, wanted)
		}
		if time.Now().After(deadline) {
			t.Fatalf("version %d does not come", wanted)
		}
	}
	close(stop)
	sending.Wait()
	_ = c.CloseNow() // else tyg waits for its answer to the closing handshake
	p.signal(os.Interrupt)
	p.exits(0)
}

// A build that fails leaves the code from before in place, and says where the fault is.
func TestFailedBuildKeepsPreviousBuild(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	p := runLocal(t, "echo", strings.Replace(versioned, "VERSION", "0", 1), "--json")
	c := dial(t, p.url)
	p.write(t, "package main\n\nfunc main() { nonsense() }\n")
	p.until(`"type":"build","time":.*\./main\.go:3:15: undefined: nonsense`)
	p.until(`"type":"reload".*"error":"the project does not build"`)
	send(t, c, "hi")
	if a := receiveAnswer(t, c); a.version != "0" || a.text != "hi" {
		t.Errorf("the answer is %+v", a)
	}
	p.write(t, strings.Replace(versioned, "host.Run(app)", "error(nil)", 1)+"\nvar _ = host.Run\n")
	p.until(`"error":"the program did not print its routes: its main must call host.Run`)
	p.version(t, "1")
	p.until(`"type":"reload".*"routes"`)
	send(t, c, "hi")
	if a := receiveAnswer(t, c); a.version != "1" {
		t.Errorf("the answer is %+v", a)
	}
	p.version(t, "1") // written, but not changed
	p.until(`"type":"unchanged"`)
}

// A process that is killed while it has an event costs that event, and nothing else.
func TestKilledFunctionIsReplaced(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	many := 20
	if sampletest.Exhaustive() {
		many = 100
	}
	for _, n := range []int{1, many} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			p := runLocal(t, "echo", versioned, "--processes", strconv.Itoa(n))
			clients := make([]*wsclient.Conn, n)
			for i := range clients {
				clients[i] = dial(t, p.url)
				send(t, clients[i], "hang")
			}
			for _, c := range clients {
				a := receiveAnswer(t, c)
				pid, err := strconv.Atoi(a.pid)
				if err != nil {
					t.Fatal(err)
				}
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				got := receive(t, c)
				if !strings.HasPrefix(got, `{"message": "Internal server error", "connectionId":"`) {
					t.Errorf("the client was told %q", got)
				}
				send(t, c, "next")
				if next := receiveAnswer(t, c); next.text != "next" || next.pid == a.pid {
					t.Errorf("the next answer is %+v", next)
				}
			}
		})
	}
}

// Nothing that tyg has started outlives it, even if it is killed itself.
func TestKilledTygLeavesNoFunctions(t *testing.T) {
	// What it cannot remove any more is removed here.
	temp, err := os.MkdirTemp("", "tyg-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) }) // processes may still write
	t.Setenv("TMPDIR", temp)
	p := runLocal(t, "echo", versioned)
	c := dial(t, p.url)
	send(t, c, "hi")
	pid, err := strconv.Atoi(receiveAnswer(t, c).pid)
	if err != nil {
		t.Fatal(err)
	}
	p.signal(os.Kill)
	for deadline := time.Now().Add(patience); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the function goes on")
		}
	}
}

// alive reports whether a process runs, and not whether it is a zombie.
func alive(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil {
		return !bytes.Contains(state, []byte(") Z "))
	}
	return syscall.Kill(pid, 0) == nil
}

// naive is a program that keeps its clients and a counter in memory, and tells all clients the
// number of each message.
const naive = `package main

import (
	"context"
	"log"
	"strconv"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

func main() {
	var mu sync.Mutex
	var n int
	clients := map[tyg.ConnID]bool{}
	app := tyg.New("naive")
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		mu.Lock()
		defer mu.Unlock()
		clients[c.ID] = true
		return nil
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		mu.Lock()
		defer mu.Unlock()
		n++
		for id := range clients {
			if err := c.Sender.Send(ctx, id, []byte(strconv.Itoa(n))); err != nil {
				return err
			}
		}
		return nil
	})
	if err := host.Run(app); err != nil {
		log.Fatal(err)
	}
}
`

// shared is naive with what tyg has for it. It tells the others when a client has left.
const shared = `package main

import (
	"context"
	"log"
	"strconv"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

func main() {
	app := tyg.New("shared")
	count := tyg.NewValue[int](app, "count")
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		return app.Group("all").Add(ctx, c.ID)
	})
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		n, err := count.Update(ctx, func(n int) (int, error) { return n + 1, nil })
		if err != nil {
			return err
		}
		return app.Group("all").SendString(ctx, strconv.Itoa(n))
	})
	app.OnLeave(func(ctx context.Context, g *tyg.Group, _ tyg.Member) error {
		return g.SendString(ctx, "left")
	})
	if err := host.Run(app); err != nil {
		log.Fatal(err)
	}
}
`

// countTogether has three clients send five messages each, and checks that each gets the 15 numbers
// after first.
func countTogether(t *testing.T, clients []*wsclient.Conn, first int) {
	t.Helper()
	var sending sync.WaitGroup
	for _, c := range clients {
		sending.Go(func() {
			for range 5 {
				send(t, c, "+1")
			}
		})
	}
	for _, c := range clients {
		seen := make(map[string]bool)
		for range 15 {
			seen[receive(t, c)] = true
		}
		for n := first + 1; n <= first+15; n++ {
			if !seen[strconv.Itoa(n)] {
				t.Fatalf("a client got %v, without %d", seen, n)
			}
		}
	}
	sending.Wait()
}

// A program that keeps state in memory does under tyg local what it does under go run.
func TestLocalRunsOneProcess(t *testing.T) {
	sampletest.Part(t, 4)
	p := runLocal(t, "echo", naive, "--quiet")
	countTogether(t, []*wsclient.Conn{dial(t, p.url), dial(t, p.url), dial(t, p.url)}, 0)
}

// Groups and values are there for all processes, also for those of a new build.
func TestLocalSharesGroups(t *testing.T) {
	sampletest.Part(t, 4)
	p := runLocal(t, "echo", shared, "--quiet", "--json", "--processes", "10")
	clients := []*wsclient.Conn{dial(t, p.url), dial(t, p.url), dial(t, p.url)}
	countTogether(t, clients, 0)
	p.write(t, strings.Replace(shared, `"left"`, `"gone"`, 1))
	p.until(`"type":"reload".*"routes"`)
	countTogether(t, clients, 15)
	_ = clients[2].CloseNow()
	for _, c := range clients[:2] {
		if got := receive(t, c); got != "gone" {
			t.Errorf("after a client has left, another gets %q", got)
		}
	}
}

// The chat keeps its state when each event has a process of its own.
func TestChatSharesStateBetweenProcesses(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	p := runLocal(t, "chat", "", "--cold")
	john, jenny := dial(t, p.url), dial(t, p.url)
	says := func(c *wsclient.Conn, text string, reader *wsclient.Conn, want string) {
		t.Helper()
		if text != "" {
			send(t, c, text)
		}
		if got := receive(t, reader); got != want {
			t.Errorf("after %q the client gets %q, want %q", text, got, want)
		}
	}
	says(john, "John", john, "Using nickname: John\nType /help for list of commands.")
	says(john, "/join tyg", john, `Joined chat room "tyg"`)
	says(jenny, "Jenny", jenny, "Using nickname: Jenny\nType /help for list of commands.")
	says(jenny, "/join tyg", jenny, `Joined chat room "tyg"`)
	says(nil, "", john, "Jenny joined room.")
	says(jenny, "/ls", jenny, "John\nJenny")
	says(john, "Hi", john, "John: Hi")
	says(nil, "", jenny, "John: Hi")
	says(jenny, "/nick JennyJones", jenny, "Nickname is: JennyJones")
	says(nil, "", john, "Jenny is now known as JennyJones.")
	says(john, "/quit", john, `Left chat room "tyg"`)
	says(nil, "", jenny, "John left room.")
	says(john, "/ls", john, "tyg")
	says(jenny, "/room", jenny, "tyg")
	_ = john.CloseNow() // else tyg waits for his answer to the closing handshake
	p.signal(os.Interrupt)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, _, err := jenny.Read(ctx)
	if closed, ok := errors.AsType[*ws.CloseError](err); !ok || closed.Code != ws.CloseServiceRestart {
		t.Errorf("at the end the client sees %v", err)
	}
	p.exits(0)
}

// until reads lines until one matches.
func (l *running) until(pattern string) string {
	l.t.Helper()
	re := regexp.MustCompile(pattern)
	for {
		if line := l.line(); re.MatchString(line) {
			return line
		}
	}
}

// What a function writes is shown with its name, and so is what Lambda would not let pass.
func TestLocalShowsOutputAndWarnings(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	source := strings.Replace(versioned, "if m.Text()", `fmt.Println("at work")
		time.AfterFunc(100*time.Millisecond, func() { fmt.Println("too late") })
		if m.Text()`, 1)
	p := runLocal(t, "echo", strings.Replace(source, `"os"`, `"os"
	"time"`, 1), "--json", "--processes", "1")
	c := dial(t, p.url)
	send(t, c, "hi")
	p.until(`"type":"output".*"function":"demo",.*"stream":"stdout","text":"at work"`)
	p.until(`"type":"event".*"event":"MESSAGE","route":"\$default"`)
	p.until(`"type":"warning".*"kind":"late-output"`)
}
