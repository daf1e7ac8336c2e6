// Package serve has what the servers share: flags, listeners and signal handling.
package serve

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"

	"github.com/tyg-dev/tyg/bench/internal/loopback"
)

// Options are the flags that every server has.
type Options struct {
	Addr string
	Room bool   // send each message to all connections, not back to its sender
	TLS  string // file with certificate and key; empty: without TLS

	resume bool // sessions of TLS
}

// Parse parses the command line. A server's own flags must be defined before.
//
// From then on, at SIGUSR2 the process returns all unused memory and prints its allocations so far,
// and at SIGTERM it ends, and completes the CPU profile of -cpuprofile.
func Parse() Options {
	var o Options
	flag.StringVar(&o.Addr, "addr", "127.0.0.1:9000", "listen on `host:port`")
	flag.BoolVar(&o.Room, "room", false, "send each message to all connections")
	flag.StringVar(&o.TLS, "tls", "", "speak TLS with the certificate and key in `file`")
	flag.BoolVar(&o.resume, "resume", false, "let clients resume sessions of TLS")
	profile := flag.String("cpuprofile", "", "write a CPU profile to `file`, complete after SIGTERM")
	flag.Parse()
	Check(startProfile(*profile))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	go handleSignals(signals) // for the life of the process
	return o
}

func startProfile(name string) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}

func handleSignals(signals <-chan os.Signal) {
	for s := range signals {
		if s == syscall.SIGTERM {
			pprof.StopCPUProfile() // no effect without a profile
			os.Exit(0)
		}
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintf(os.Stderr, "heap %d stack %d goroutines %d mallocs %d\n",
			m.HeapInuse, m.StackInuse, runtime.NumGoroutine(), m.Mallocs)
	}
}

// Listen listens without TCP keep-alive, which would cost servers on package net one system call
// more for each connection than servers with an engine of their own. With -tls it speaks TLS.
func (o Options) Listen() net.Listener {
	if cfg := o.Secure(); cfg != nil {
		return tls.NewListener(o.ListenPlain(), cfg)
	}
	return o.ListenPlain()
}

// ListenPlain listens as Listen does, but without TLS.
func (o Options) ListenPlain() net.Listener {
	cfg := net.ListenConfig{KeepAlive: -1}
	l, err := cfg.Listen(context.Background(), "tcp4", o.Addr)
	Check(err)
	return l
}

// Secure returns the TLS configuration, nil without -tls.
func (o Options) Secure() *tls.Config {
	if o.TLS == "" {
		return nil
	}
	cfg, err := loopback.Server(o.TLS, o.resume)
	Check(err)
	return cfg
}

// Check ends the process if there is an error.
func Check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
