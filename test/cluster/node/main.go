// Node is a gateway of a cluster that test/cluster starts, kills and freezes. It serves an
// application that tells all that happens, and sends without end.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/test/cluster/record"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
}

// run serves until SIGTERM.
func run(arg string) error {
	var s record.Setup
	if err := json.Unmarshal([]byte(arg), &s); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	// The program that started it may be gone; only SIGTERM ends a node.
	signal.Ignore(os.Interrupt, syscall.SIGPIPE)
	n := &node{setup: s, started: time.Now()}
	srv := &gateway.Server{
		Handler: n.app(), Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Extensions: gateway.Extensions{Ping: ms(s.Ping)},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if n.cluster, err = cluster.Join(context.Background(), srv, config(s)); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }() // Shutdown ends it
	n.tell(record.Record{Kind: record.Up, Addr: l.Addr().String()})
	// They end with the process.
	go n.obey(bufio.NewScanner(os.Stdin))
	go record.WatchLate(context.Background(), func(until time.Time, by time.Duration) {
		n.tell(record.Record{Kind: record.Late, At: until.UnixNano(), By: int64(by)})
	})
	select {
	case <-stop:
	case err := <-served:
		return err
	}
	return n.leave(srv, served)
}

func (n *node) leave(srv *gateway.Server, served chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), ms(n.setup.Drain))
	defer cancel()
	n.cluster.Drain()
	err := errors.Join(srv.Shutdown(ctx), n.cluster.Leave(ctx))
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

func config(s record.Setup) cluster.Config {
	cfg := cluster.Config{
		URL: s.NATS, Name: s.Cluster, Node: s.Node, Replicas: s.Replicas, SweepRate: s.SweepRate,
		Heartbeat: ms(s.Heartbeat), Suspect: ms(s.Suspect), Dead: ms(s.Dead), Renew: ms(s.Renew),
		Fence: ms(s.Fence), Retry: ms(s.Retry), Timeout: ms(s.Timeout), Redeliver: ms(s.Redeliver),
	}
	if s.Disconnects == cluster.AtLeastOnce.String() {
		cfg.Disconnects = cluster.AtLeastOnce
	}
	return cfg
}

// A node is the application and its senders.
type node struct {
	setup   record.Setup
	started time.Time
	cluster *cluster.Node

	out sync.Mutex // held during a write to standard output

	own sync.Map // the ids of this node's connections

	mu   sync.Mutex
	ids  []string // guarded by mu; connections that are open
	past []string // guarded by mu; some that are over

	// owned by obey
	stop    chan struct{} // ends the senders; nil: there are none
	number  map[string]int
	talkers sync.WaitGroup
}

// tell writes a record, whole, so that all that was told is there when the process is killed.
func (n *node) tell(r record.Record) {
	r.Node = n.setup.Node
	if r.At == 0 {
		r.At = time.Now().UnixNano()
	}
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // a Record can be encoded
	}
	n.out.Lock()
	defer n.out.Unlock()
	_, _ = os.Stdout.Write(append(line, '\n')) // the reader may be gone, and the test with it
}
