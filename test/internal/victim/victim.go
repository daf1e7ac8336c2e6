// Package victim is the server that test/attack and test/soak are about. It is a process of its
// own, so that its memory can be measured, and the attackers cannot take its place on a
// processor.
package victim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// variable makes a program that calls [Main] the server. With leakVariable it keeps so many bytes
// of each connection.
const (
	variable     = "TYG_TEST_VICTIM"
	leakVariable = "TYG_TEST_LEAK"
)

// Main serves, and does not return, if the process was started by [Start]. Call it first.
func Main() {
	role := os.Getenv(variable)
	if role == "" {
		return
	}
	err := serveAs(role)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveAs(role string) error {
	if role == "function" {
		return serveFunction()
	}
	return serve(role == "functions")
}

// A Report is what the server says of itself.
type Report struct {
	Memory     int64 // bytes from the operating system
	Goroutines int
	Stats      gateway.Stats
}

// serve serves until standard input ends, and prints its address. The interrupt of a terminal is
// for the program that has started it.
func serve(withFunction bool) error {
	signal.Ignore(os.Interrupt) // of the function, too
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	app := application()
	srv := &gateway.Server{Handler: app, Limits: gateway.Limits{Memory: 64 << 20}}
	var known *calls
	if withFunction {
		if known, err = startFunction(l.Addr().String(), srv, app); err != nil {
			return err
		}
		defer shutdown(known.host.Shutdown)
	}
	srv.HTTP = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/call":
			_ = json.NewEncoder(w).Encode(known.fate(r.FormValue("text"), r.FormValue("request")))
			return
		case "/trace":
			pprof.Trace(w, r)
			return
		case "/heap":
			pprof.Handler("heap").ServeHTTP(w, r)
			return
		case "/free":
			debug.FreeOSMemory()
		case "/report":
		default:
			http.NotFound(w, r)
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_ = json.NewEncoder(w).Encode(Report{ // fails if the caller has gone
			Memory: int64(m.Sys - m.HeapReleased), Goroutines: runtime.NumGoroutine(), Stats: srv.Stats(),
		})
	})
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }() // Shutdown ends it
	fmt.Println(l.Addr())
	_, _ = bufio.NewReader(os.Stdin).ReadString(0) // until its end
	if err := shutdown(srv.Shutdown); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func shutdown(f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return f(ctx)
}

// application answers "big" with 64 KB and "sleep" after a while, does "join G" and "say G TEXT"
// with groups, and sends everything else back.
func application() *tyg.App {
	app := tyg.New("victim")
	big := bytes.Repeat([]byte("x"), 64<<10)
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		verb, rest, _ := strings.Cut(string(m.Data[:min(len(m.Data), 200)]), " ")
		switch verb {
		case "big":
			return c.Send(ctx, big)
		case "sleep":
			time.Sleep(3 * time.Second) // it ignores ctx, as bad handlers do
			return nil
		case "join":
			if err := app.Group(rest).Add(ctx, c.ID); err != nil {
				return err
			}
			return c.SendString(ctx, "joined "+rest)
		case "say":
			group, _, _ := strings.Cut(rest, " ")
			return app.Group(group).Send(ctx, m.Data)
		}
		if len(m.Data) > 1000 {
			return nil
		}
		return c.Send(ctx, m.Data)
	})
	leak, _ := strconv.Atoi(os.Getenv(leakVariable)) // 0: none
	var mu sync.Mutex
	var leaked [][]byte
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		if leak > 0 {
			mu.Lock()
			defer mu.Unlock()
			leaked = append(leaked, make([]byte, leak))
		}
		return nil
	})
	return app
}

// A Process is the server.
type Process struct {
	Addr string // HOST:PORT

	cmd   *exec.Cmd
	log   bytes.Buffer
	input interface{ Close() error }
	web   http.Client
}

// Start starts this program again as the server, with prefix in front of the command.
func Start(prefix ...string) (*Process, error) { return start("server", 0, prefix...) }

// StartWithFunction is Start of a server that has a function, see Call, and keeps so many bytes of
// each connection.
func StartWithFunction(leak int) (*Process, error) { return start("functions", leak) }

func start(role string, leak int, prefix ...string) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	argv := append(prefix, program)
	p := &Process{cmd: exec.Command(argv[0], argv[1:]...), web: http.Client{Timeout: time.Minute}}
	p.cmd.Env = append(os.Environ(), variable+"="+role, fmt.Sprint(leakVariable, "=", leak))
	p.cmd.Stderr = &p.log
	input, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.input = input
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not start: %s", p.log.String()), p.cmd.Wait())
	}
	p.Addr = strings.TrimSpace(line)
	return p, nil
}

// URL is the address of the WebSocket.
func (p *Process) URL() string { return "ws://" + p.Addr + "/api/" }

// Fate asks the server about a call: the one with a text, or the one of an event.
func (p *Process) Fate(text, request string) (f Fate) {
	query := url.Values{"text": {text}, "request": {request}}
	res, err := p.web.Get("http://" + p.Addr + "/call?" + query.Encode())
	if err == nil {
		defer res.Body.Close()
		err = json.NewDecoder(res.Body).Decode(&f)
	}
	if err != nil {
		f = Fate{Text: text, Stage: "the server does not say", Detail: err.Error()}
	}
	return f
}

// Heap writes to a file what the server has on its heap, for "go tool pprof".
func (p *Process) Heap(file string) error { return p.save("/heap?gc=1", file) }

// Trace writes to a file what the scheduler of the server does for so many seconds, for "go tool
// trace".
func (p *Process) Trace(file string, seconds int) error {
	return p.save(fmt.Sprint("/trace?seconds=", seconds), file)
}

// save writes to a file what the server answers.
func (p *Process) save(path, file string) error {
	res, err := p.web.Get("http://" + p.Addr + path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, res.Body)
	return errors.Join(err, f.Close())
}

// Report asks the server. With free, it gives memory back to the operating system first.
func (p *Process) Report(free bool) (r Report, err error) {
	path := "/report"
	if free {
		path = "/free"
	}
	res, err := p.web.Get("http://" + p.Addr + path)
	if err != nil {
		return r, err
	}
	defer res.Body.Close()
	return r, json.NewDecoder(res.Body).Decode(&r)
}

// LogTail returns the end of what the server has logged. It has ended.
func (p *Process) LogTail() string {
	log := p.log.String()
	return log[max(0, len(log)-4000):]
}

// Stop drains the server. Its error says why that was not clean, or what it logged of a crash.
func (p *Process) Stop() error {
	_ = p.input.Close()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the server: %w\n%s", err, p.LogTail())
	}
	if strings.Contains(p.log.String(), "panic") {
		return fmt.Errorf("a panic is in the log of the server")
	}
	return nil
}
