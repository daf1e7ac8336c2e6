//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// servers is a cluster of three NATS servers. Each link between two of them, and from a node to
// one, is a proxy.
type servers struct {
	program, dir string
	list         []*natsServerProcess
	routes       map[[2]int]*link // from the first to the second
	web          http.Client
}

type natsServerProcess struct {
	*process
	frozen  atomic.Int64 // rises when the server is frozen, and again when it is not: odd between
	config  string
	client  string // where it listens for clients
	monitor string
}

const serverCount = 3

const natsConfig = `server_name: n%d
listen: "%s"
http: "%s"
ping_interval: "2s"
ping_max: 2
jetstream { store_dir: "%s" }
cluster {
  name: tyg
  listen: "%s"
  # Servers would tell each other the addresses behind the proxies.
  advertise: "127.0.0.1:1"
  no_advertise: true
  pool_size: -1
  ping_interval: "1s"
  ping_max: 2
  routes: [%s]
}
`

// startServers starts three servers.
func startServers(program, dir string) (*servers, error) {
	s := &servers{
		program: program, dir: dir, routes: make(map[[2]int]*link),
		web: http.Client{Timeout: 2 * time.Second},
	}
	ports, err := freeAddresses(3 * serverCount)
	if err != nil {
		return s, err
	}
	route := ports[2*serverCount:]
	for a := range serverCount {
		for b := range serverCount {
			if a == b {
				continue
			}
			if s.routes[[2]int{a, b}], err = newLink(route[b]); err != nil {
				return s, err
			}
		}
	}
	for i := range serverCount {
		n := &natsServerProcess{
			config: filepath.Join(dir, fmt.Sprintf("nats-%d.conf", i)),
			client: ports[i], monitor: ports[serverCount+i],
		}
		s.list = append(s.list, n)
		var urls []string
		for b := range serverCount {
			if b != i {
				urls = append(urls, fmt.Sprintf("%q", "nats://"+s.routes[[2]int{i, b}].addr()))
			}
		}
		text := fmt.Sprintf(natsConfig, i, n.client, n.monitor,
			filepath.Join(dir, fmt.Sprint("jetstream-", i)), route[i], strings.Join(urls, ", "))
		if err := os.WriteFile(n.config, []byte(text), 0o600); err != nil {
			return s, err
		}
		if err := s.start(i); err != nil {
			return s, err
		}
	}
	return s, s.await(2 * time.Minute)
}

// The ports of servers, which must stay the same over a restart: below those that systems give to
// connections, which would take one while its server is away.
const firstPort, lastPort = 12000, 32000

// freeAddresses returns addresses on loopback that are free.
func freeAddresses(n int) (all []string, err error) {
	for tries := 0; len(all) < n; tries++ {
		address := fmt.Sprint("127.0.0.1:", firstPort+rand.IntN(lastPort-firstPort))
		l, err := net.Listen("tcp", address)
		if err == nil {
			defer l.Close()
			all = append(all, address)
		} else if tries > 100*n {
			return nil, fmt.Errorf("find free ports: %w", err)
		}
	}
	return all, nil
}

func (s *servers) start(i int) (err error) {
	name := fmt.Sprint("nats-", i)
	s.list[i].process, err = startProcess(
		name, filepath.Join(s.dir, name+".log"), nil, s.program, "-c", s.list[i].config)
	return err
}

// await waits until JetStream has a leader and all servers know it.
func (s *servers) await(patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		ready := 0
		for i := range s.list {
			if s.healthy(i) {
				ready++
			}
		}
		if ready == len(s.list) {
			return nil
		}
		for _, n := range s.list {
			if n.crashed() {
				return fmt.Errorf("%s has ended: %s", n.name, tail(n.log.Name()))
			}
		}
		if time.Now().After(end) {
			return fmt.Errorf("of %d NATS servers %d are ready after %v; the logs are in %s",
				len(s.list), ready, patience, s.dir)
		}
	}
}

// healthy reports whether a server says that it is, JetStream included.
func (s *servers) healthy(i int) bool {
	res, err := s.web.Get("http://" + s.list[i].monitor + "/healthz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// A server that needs longer for an answer is late. It is asked every probeEvery.
const probeLate, probeEvery = 100 * time.Millisecond, 250 * time.Millisecond

// watch calls note with the times for which a server did not answer though it ran, until ctx ends:
// on a busy machine, what goes over it waits as long.
func (s *servers) watch(ctx context.Context, i int, note func(from, to time.Time)) {
	for ; ctx.Err() == nil; pause(ctx, probeEvery) {
		n, from := s.list[i], time.Now()
		before := n.frozen.Load()
		res, err := s.web.Get("http://" + n.monitor + "/healthz?js-server-only=true")
		to := time.Now()
		if err == nil {
			_ = res.Body.Close()
		}
		// What a fault does is no excuse.
		if to.Sub(from) > probeLate && before%2 == 0 && n.frozen.Load() == before {
			note(from.Add(probeLate), to)
		}
	}
}

// leader returns the server that leads the stream of a cluster's registry, or -1.
func (s *servers) leader(cluster string) int {
	for i, n := range s.list {
		res, err := s.web.Get("http://" + n.monitor + "/jsz?accounts=true&streams=true")
		if err != nil {
			continue
		}
		var jsz struct {
			Accounts []struct {
				Streams []struct {
					Name    string `json:"name"`
					Cluster struct {
						Leader string `json:"leader"`
					} `json:"cluster"`
				} `json:"stream_detail"`
			} `json:"account_details"`
		}
		err = json.NewDecoder(res.Body).Decode(&jsz)
		_ = res.Body.Close()
		if err != nil {
			continue
		}
		for _, a := range jsz.Accounts {
			for _, stream := range a.Streams {
				if stream.Name == "KV_"+cluster+"-nodes" && stream.Cluster.Leader == fmt.Sprint("n", i) {
					return i
				}
			}
		}
	}
	return -1
}

// links returns new proxies to all servers, for one node.
func (s *servers) links() (list []*link, url string, err error) {
	var urls []string
	for _, n := range s.list {
		l, err := newLink(n.client)
		if err != nil {
			return list, "", err
		}
		list = append(list, l)
		urls = append(urls, "nats://"+l.addr())
	}
	return list, strings.Join(urls, ","), nil
}

// part cuts what two servers send each other. With oneWay, only what a sends to b.
func (s *servers) part(a, b int, oneWay bool) {
	s.routes[[2]int{a, b}].cut(true, !oneWay)
	s.routes[[2]int{b, a}].cut(!oneWay, true)
}

// heal repairs all links between servers.
func (s *servers) heal() {
	for _, l := range s.routes {
		l.heal()
	}
}

// close ends all servers and links.
func (s *servers) close() {
	for _, n := range s.list {
		if n.process != nil && n.alive() {
			n.signal(contSignal)
			n.kill()
		}
	}
	for _, l := range s.routes {
		if l != nil {
			_ = l.close()
		}
	}
}
