// Cluster measures three nodes of tyg over NATS, beside three of centrifuge over the same NATS, and
// beside requests that NATS carries alone.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const help = `cluster starts a NATS server and three nodes, of tyg and then of centrifuge, and
measures:

  send       p50 and p99 of a send to a connection of another node, beside a direct NATS
             request/reply to that node, in turns; and p99 of 20,000 sends a second
  broadcast  messages on NATS for each broadcast to members on three nodes, and deliveries per
             CPU second of the nodes
  idle       memory and CPU time of a connection that only answers a ping each 25 s

Run it in the folder of the bench module. Times on a busy machine mean nothing; ratios of calls
that were made in turns, messages, and CPU seconds do.

Flags:`

// options are the command line.
type options struct {
	kinds   string
	members int
	conns   int
	size    int
	depth   int
	send    int
	rate    int
	length  time.Duration
	idle    time.Duration
	ping    time.Duration
	profile string
	json    bool
}

func main() {
	var o options
	flag.StringVar(&o.kinds, "kinds", "tyg,centrifuge", "`names` of what to measure")
	flag.IntVar(&o.members, "members", 600, "broadcast: connections on all nodes")
	flag.IntVar(&o.conns, "c", 5000, "idle: connections")
	flag.IntVar(&o.size, "s", 256, "bytes of a message")
	flag.IntVar(&o.depth, "p", 16, "broadcast: messages in flight")
	flag.IntVar(&o.send, "n", 20000, "send: how many in turn")
	flag.IntVar(&o.rate, "rate", 20000, "send: how many a second at a rate")
	flag.DurationVar(&o.length, "d", 10*time.Second, "broadcast and send at a rate: how long")
	flag.DurationVar(&o.idle, "idle", time.Minute, "idle: how long")
	flag.DurationVar(&o.ping, "ping", 25*time.Second, "time between pings")
	flag.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of the first node to `file`")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, help); flag.PrintDefaults() }
	flag.Parse()
	experiments := flag.Args()
	if len(experiments) == 0 {
		experiments = []string{"send", "broadcast", "idle"}
	}
	if err := o.run(experiments); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func (o options) run(experiments []string) error {
	build := exec.Command("go", "build", "-o", "bin/", "./servers/cluster",
		"github.com/nats-io/nats-server/v2")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	var rows []any
	for _, x := range experiments {
		measure, ok := map[string]func(options, *fleet) (any, error){
			"send": measureSend, "broadcast": measureBroadcast, "idle": measureIdle,
		}[x]
		if !ok {
			return fmt.Errorf("no experiment %q: use send, broadcast or idle", x)
		}
		for kind := range strings.SplitSeq(o.kinds, ",") {
			row, err := o.measure(kind, measure)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", x, kind, err)
			}
			rows = append(rows, row)
			if !o.json {
				fmt.Println(row)
			}
		}
	}
	if !o.json {
		fmt.Printf("%d cores, %s\n", runtime.NumCPU(), runtime.Version())
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(rows)
}

// measure starts a fleet and ends it.
func (o options) measure(kind string, f func(options, *fleet) (any, error)) (row any, err error) {
	dir, err := os.MkdirTemp("", "tyg-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	fl := &fleet{kind: kind, options: o}
	defer func() { err = errors.Join(err, fl.close()) }()
	bin, err := filepath.Abs("bin")
	if err != nil {
		return nil, err
	}
	if err := fl.start(bin, dir); err != nil {
		return nil, err
	}
	return f(o, fl)
}
