// Loadgen measures one server and prints the result as a line of JSON. The bench command runs it.
// By hand, it measures any server with a known address:
//
//	go run ./cmd/loadgen -addr 127.0.0.1:8000 -c 64 -p 8 -s 512 echo
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/load"
	"github.com/tyg-dev/tyg/bench/internal/loopback"
)

func main() {
	// One thread does all the work. It blocks without telling the scheduler, so the collector would
	// wait for it. A run allocates next to nothing.
	runtime.LockOSThread()
	runtime.GOMAXPROCS(3)
	debug.SetGCPercent(-1)
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var cfg load.Config
	flags := flag.NewFlagSet("loadgen", flag.ExitOnError)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: loadgen [flags] "+
			"echo|broadcast|handshake|hold|keep|storm|bursts|room-bursts|pieces")
		flags.PrintDefaults()
	}
	defineServer(flags, &cfg)
	defineLoad(flags, &cfg)
	steps := flags.Bool("steps", false, "print a line when all connections are open, and wait for "+
		"one; after the measurement wait for the end of standard input")
	untilLine := flags.Bool("until-line", false,
		"echo, with -steps: measure until a second line comes, or for -d")
	bursts := flags.Int("n", 100, "bursts: how many")
	if err := flags.Parse(args); err != nil {
		return err
	}
	mode := flags.Arg(0)
	switch mode {
	case "hold":
		return hold(cfg)
	case "keep":
		cfg.Ready = func() error { fmt.Println("open"); return nil }
		return load.Keep(cfg, lineRead())
	}
	if *steps {
		cfg.Ready = ready
	}
	if *untilLine {
		stop := make(chan struct{})
		cfg.Stop, cfg.Ready = stop, func() error {
			if err := ready(); err != nil {
				return err
			}
			go func() { <-lineRead(); close(stop) }() // ends with standard input, at the latest
			return nil
		}
	}
	result, err := measure(mode, cfg, *bursts)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil || !*steps {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func measure(mode string, cfg load.Config, bursts int) (load.Result, error) {
	switch mode {
	case "echo":
		return load.Echo(cfg)
	case "broadcast":
		return load.Broadcast(cfg)
	case "handshake":
		return load.Handshake(cfg)
	case "pieces":
		return load.Pieces(cfg)
	case "storm":
		result, _, err := load.Storm(cfg) // the process ends after its result
		return result, err
	case "bursts", "room-bursts":
		return load.Bursts(cfg, bursts, mode == "room-bursts")
	}
	return load.Result{}, fmt.Errorf("no mode %q", mode)
}

// defineServer defines the flags about reaching the server.
func defineServer(flags *flag.FlagSet, cfg *load.Config) {
	flags.StringVar(&cfg.Addr, "addr", "127.0.0.1:9000", "the server's `host:port`")
	flags.StringVar((*string)(&cfg.Dialect), "dialect", "plain",
		"plain, json, tcp, centrifuge, action or chat")
	flags.StringVar(&cfg.Path, "path", "/", "`path` of the URL")
	flags.TextVar(&cfg.Source, "source", netip.Addr{},
		"first loopback `address` to connect from; every 20,000 connections use the next one")
	flags.BoolFunc("resume", "with -tls, which comes before it: resume sessions", func(string) error {
		cfg.TLS.ClientSessionCache = tls.NewLRUClientSessionCache(0)
		return nil
	})
	flags.Func("tls", "speak TLS, trusting the certificate in `file`", func(file string) (err error) {
		debug.SetGCPercent(100) // TLS handshakes leave garbage
		cfg.TLS, err = loopback.Client(file)
		return err
	})
}

// defineLoad defines the flags about the load.
func defineLoad(flags *flag.FlagSet, cfg *load.Config) {
	flags.IntVar(&cfg.Conns, "c", 64, "connections")
	flags.IntVar(&cfg.Depth, "p", 1, "messages in flight, of each connection or to the room")
	flags.IntVar(&cfg.Size, "s", 32, "payload `bytes`")
	flags.BoolVar(&cfg.Binary, "binary", false, "send binary messages")
	flags.IntVar(&cfg.Piece, "piece", 0, "pieces: `bytes` of a write")
	flags.DurationVar(&cfg.Warm, "warm", 500*time.Millisecond, "time before the measurement")
	flags.DurationVar(&cfg.Duration, "d", 3*time.Second, "time of the measurement")
	flags.Float64Var(&cfg.Rate, "rate", 0, "echo: messages a second; 0: one for each that comes back")
	flags.BoolVar(&cfg.Spin, "spin", false, "never sleep")
	flags.IntVar(&cfg.Parallel, "par", 64, "handshakes at the same time")
	flags.DurationVar(&cfg.Timeout, "timeout", 20*time.Second, "fail after this time without data")
	flags.DurationVar(&cfg.Spread, "spread", 0, "storm: connections come again within this time")
	flags.Func("pids", "measure the CPU time of the processes `pid,...`",
		func(text string) (err error) {
			cfg.PIDs, err = parsePIDs(text)
			return err
		})
}

// lineRead returns a channel that is closed once a line has come, or standard input has ended.
func lineRead() <-chan struct{} {
	read := make(chan struct{})
	go func() { // ends as described
		var word string
		_, _ = fmt.Scanln(&word) // either is the end
		close(read)
	}()
	return read
}

// ready prints that all connections are open, and waits for a line.
func ready() error {
	fmt.Println("open")
	var word string
	_, err := fmt.Scanln(&word)
	return err
}

func parsePIDs(text string) (pids []int, err error) {
	for field := range strings.SplitSeq(text, ",") {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// hold prints when all connections are open, and holds them until its standard input is closed.
func hold(cfg load.Config) error {
	debug.SetGCPercent(100) // the client shares the machine's memory
	closeAll, err := load.Hold(cfg)
	if err != nil {
		return err
	}
	defer closeAll()
	fmt.Println("open")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
