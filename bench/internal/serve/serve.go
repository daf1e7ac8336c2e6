// Package serve is what the servers share: their flags, their listener, and what they do on
// signals.
package serve

import (
	"context"
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
)

// Options are the flags that every server has.
type Options struct {
	Addr string
	Room bool // send each message to all connections, not back to its sender
}

// Parse parses the command line. A server's own flags must be defined before.
//
// From then on SIGUSR2 makes the process give back all memory that it does not use, and SIGTERM
// ends it, and its CPU profile if -cpuprofile asks for one.
func Parse() Options {
	var o Options
	flag.StringVar(&o.Addr, "addr", "127.0.0.1:9000", "listen on `host:port`")
	flag.BoolVar(&o.Room, "room", false, "send each message to all connections")
	profile := flag.String("cpuprofile", "", "write a CPU profile to `file`, complete after SIGTERM")
	flag.Parse()
	Check(startProfile(*profile))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	go obey(signals) // for the life of the process
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

func obey(signals <-chan os.Signal) {
	for s := range signals {
		if s == syscall.SIGTERM {
			pprof.StopCPUProfile() // nothing happens if there is none
			os.Exit(0)
		}
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintf(os.Stderr, "heap %d stack %d goroutines %d\n",
			m.HeapInuse, m.StackInuse, runtime.NumGoroutine())
	}
}

// Listen listens, without TCP keep-alive, which would cost the servers that set it one system
// call more for each connection than those with an engine of their own.
func (o Options) Listen() net.Listener {
	cfg := net.ListenConfig{KeepAlive: -1}
	l, err := cfg.Listen(context.Background(), "tcp4", o.Addr)
	Check(err)
	return l
}

// Check ends the process if there is an error.
func Check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
