// cluster is one node of a cluster over NATS: of tyg, or of centrifuge. cmd/cluster starts three,
// and tells them on standard input what to send.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tyg-dev/tyg/bench/internal/serve"
	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// A node serves clients, and sends to a connection by its id or name.
type node interface {
	serve(o serve.Options) error
	send(to string, data []byte) error
}

func main() {
	kind := flag.String("kind", "tyg", "tyg or centrifuge")
	url := flag.String("nats", nats.DefaultURL, "`URL` of NATS")
	name := flag.String("name", "node", "`name` of this node")
	ping := flag.Duration("ping", 25*time.Second, "time between pings to clients")
	o := serve.Parse()
	nc, err := nats.Connect(*url)
	serve.Check(err)
	// What a request costs that NATS carries and no gateway touches.
	_, err = nc.Subscribe("bench.echo."+*name, func(m *nats.Msg) { _ = m.Respond(m.Data) })
	serve.Check(err)
	var n node
	if *kind == "tyg" {
		n, err = newTyg(*url, *name, *ping)
	} else {
		n, err = newCentrifuge(nc, *name, *ping)
	}
	serve.Check(err)
	go obey(n, nc) // ends with the process
	serve.Check(n.serve(o))
}

// obey does what standard input says, and answers each line with one.
func obey(n node, nc *nats.Conn) {
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("up")
	for in.Scan() {
		verb, rest, _ := strings.Cut(in.Text(), " ")
		switch verb {
		case "send": // CONNECTION NODE COUNT SIZE
			var to, peer string
			var count, size int
			scan(rest, &to, &peer, &count, &size)
			answer(inTurn(n, nc, to, "bench.echo."+peer, count, size))
		case "rate": // CONNECTION PER-SECOND SECONDS SIZE
			var to string
			var rate, seconds, size int
			scan(rest, &to, &rate, &seconds, &size)
			answer(atRate(n, to, rate, seconds, size))
		case "free":
			debug.FreeOSMemory()
			fmt.Println("ok")
		case "cpu":
			var u syscall.Rusage
			serve.Check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
			fmt.Println((u.Utime.Nano() + u.Stime.Nano()) / 1000)
		}
	}
	os.Exit(0) // the driver has gone
}

func scan(text string, to ...any) {
	_, err := fmt.Sscan(text, to...)
	serve.Check(err)
}

func answer(v any) { serve.Check(json.NewEncoder(os.Stdout).Encode(v)) }

// payload returns JSON of a size, with the time in it.
func payload(size int) []byte {
	b := fmt.Appendf(make([]byte, 0, size), `{"t":%d,"x":"`, time.Now().UnixNano())
	for len(b) < size-2 {
		b = append(b, 'x')
	}
	return append(b, '"', '}')
}

// Times are microseconds.
type times struct {
	P50, P99 float64
	Count    uint64
}

func timesOf(h *stat.Hist) times { return times{h.Quantile(.5), h.Quantile(.99), h.Count()} }

// inTurn sends to a connection of another node and asks that node over NATS alone, in turns, so
// that both see the same noise of the machine.
func inTurn(n node, nc *nats.Conn, to, subject string, count, size int) map[string]times {
	var sends, requests stat.Hist
	for i := range count {
		data := payload(size)
		start := time.Now()
		serve.Check(n.send(to, data))
		middle := time.Now()
		_, err := nc.Request(subject, data, 10*time.Second)
		serve.Check(err)
		if i >= count/10 { // the first warm up
			sends.Add(int64(middle.Sub(start)))
			requests.Add(int64(time.Since(middle)))
		}
	}
	return map[string]times{"send": timesOf(&sends), "request": timesOf(&requests)}
}

// atRate sends at a rate. The time of a message begins when it was due.
func atRate(n node, to string, rate, seconds, size int) map[string]times {
	const senders = 64
	var mu sync.Mutex
	var all stat.Hist
	var running sync.WaitGroup
	start := time.Now()
	for s := range senders {
		running.Go(func() { // ends after its share
			for i := s; i < rate*seconds; i += senders {
				due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
				time.Sleep(time.Until(due))
				serve.Check(n.send(to, payload(size)))
				took := time.Since(due)
				mu.Lock()
				all.Add(int64(took))
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return map[string]times{"rate": timesOf(&all), "seconds": {P50: time.Since(start).Seconds()}}
}
