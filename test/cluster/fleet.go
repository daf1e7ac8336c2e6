//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/test/cluster/record"
)

const contSignal = syscall.SIGCONT

// nodeCount is how many nodes a fleet has.
const nodeCount = 3

// maxPast is how many connections that are over are sent to.
const maxPast = 64

// A fleet is a cluster of nodes over NATS servers, with its clients and its history.
type fleet struct {
	ctx     context.Context // ends with the run
	name    string
	setup   record.Setup
	program string // of a node
	dir     string
	nats    *servers
	h       *history
	rand    *rand.Rand
	long    bool // use long times
	keep    bool // leave logs and data behind
	crowd   int  // clients during a rolling restart of nodes
	crowds  *sync.Mutex

	mu    sync.Mutex
	nodes [nodeCount]*member
	count int      // of generations
	ids   []string // connections that are open
	past  []string // the last that are over
	talk  bool

	stop    context.CancelFunc
	clients sync.WaitGroup
}

// A member is one process of a node.
type member struct {
	*process
	number     int
	generation string
	address    string
	front      *link   // from clients to address
	links      []*link // to NATS
	serves     bool    // clients may connect
	conns      int     // that are open
}

// maxStarts is how often a start is tried.
const maxStarts = 5

// startFleet starts servers, nodes and clients.
func startFleet(f *fleet, natsProgram string, clients int) (err error) {
	for range maxStarts { // another program may take a port meanwhile
		if f.nats, err = startServers(natsProgram, f.dir); err == nil {
			break
		}
		f.nats.close()
		f.nats = nil
	}
	if err != nil {
		return err
	}
	for i := range nodeCount {
		err := f.startNode(i)
		for try := 1; err != nil && try < maxStarts; try++ { // JetStream is not ready at once
			time.Sleep(time.Second)
			err = f.startNode(i)
		}
		if err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	for range clients {
		f.clients.Go(func() { f.client(ctx, false) }) // ctx ends it
	}
	f.clients.Go(func() { f.watch(ctx) })
	f.clients.Go(func() {
		record.WatchLate(ctx, func(until time.Time, by time.Duration) { f.h.wait(until.Add(-by), until) })
	})
	for i := range serverCount {
		f.clients.Go(func() { f.nats.watch(ctx, i, f.h.wait) })
	}
	return nil
}

// startNode starts a node under the name that the one before had.
func (f *fleet) startNode(i int) error {
	links, url, err := f.nats.links()
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.count++
	m := &member{number: i, generation: fmt.Sprintf("node-%d#%d", i, f.count), links: links}
	program := f.program
	f.mu.Unlock()
	f.h.mu.Lock()
	f.h.nodes[m.generation] = &life{generation: m.generation}
	f.h.mu.Unlock()
	s := f.setup
	s.Node, s.NATS = fmt.Sprint("node-", i), url
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	up := make(chan string, 1)
	log := filepath.Join(f.dir, s.Node+".log")
	m.process, err = startProcess(m.generation, log, func(line []byte) {
		var r record.Record
		if json.Unmarshal(line, &r) != nil {
			return // cut off by a kill
		}
		if r.Kind == record.Up {
			up <- r.Addr
			return
		}
		f.h.note(m.generation, r)
	}, program, string(data))
	if err != nil {
		return err
	}
	select {
	case m.address = <-up:
		if m.front, err = newLink(m.address); err != nil {
			m.kill()
			return err
		}
	case <-m.ended:
		return fmt.Errorf("%s ended at its start: %v: %s", m.generation, m.err, tail(log))
	case <-time.After(2 * time.Minute):
		m.kill()
		return fmt.Errorf("%s did not start within two minutes; its log is %s", m.generation, log)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	m.serves = true
	f.nodes[i] = m
	return nil
}

// tail returns the end of a file.
func tail(path string) string {
	const size = 1000
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-size):])
}

// any returns a node that serves, or nil: the one with the fewest connections, mostly.
func (f *fleet) any() *member {
	f.mu.Lock()
	defer f.mu.Unlock()
	var best *member
	for _, i := range rand.Perm(nodeCount) {
		m := f.nodes[i]
		if m != nil && m.serves && (best == nil || rand.IntN(4) > 0 && m.conns < best.conns) {
			best = m
		}
	}
	return best
}

// balance has clients move until each node has about as many as the others.
func (f *fleet) balance() error {
	return f.await("each node to have clients", time.Minute, func() string {
		byNode := make(map[string][]*conn)
		all := 0
		for _, c := range f.h.conns {
			if c.ended.IsZero() && !c.crowd {
				byNode[c.node] = append(byNode[c.node], c)
				all++
			}
		}
		for _, list := range byNode {
			if len(list) > all/nodeCount+1 {
				list[0].moved = true
				list[0].move()
			}
		}
		for _, m := range f.live() {
			if list := byNode[m.generation]; len(list) < max(1, all/nodeCount-2) {
				return fmt.Sprintf("%s has %d; the last that could not connect: %v", m.generation, len(list),
					f.h.nodes[m.generation].refused)
			}
		}
		return ""
	})
}

func (f *fleet) member(i int) *member {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[i]
}

// live returns the nodes that run.
func (f *fleet) live() (list []*member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.nodes {
		if m != nil {
			list = append(list, m)
		}
	}
	return list
}

// edit changes what the history knows of a node.
func (f *fleet) edit(m *member, change func(*life)) {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	change(f.h.nodes[m.generation])
}

// kill ends a node as a crash does.
func (f *fleet) kill(i int) *member {
	m := f.member(i)
	f.unserve(m)
	f.edit(m, func(n *life) { n.killed = time.Now() })
	m.process.kill()
	f.remove(m)
	return m
}

// drain ends a node as SIGTERM does.
func (f *fleet) drain(i int) error {
	m := f.member(i)
	f.unserve(m)
	f.edit(m, func(n *life) { n.left = time.Now() })
	err := m.process.stop(time.Duration(f.setup.Drain)*time.Millisecond + 30*time.Second)
	if err == nil && m.err != nil {
		err = fmt.Errorf("%s stopped with %w; its log is %s", m.generation, m.err, m.log.Name())
	}
	f.remove(m)
	return err
}

// unserve has no more clients connect to a node, and serve has them do so again.
func (f *fleet) unserve(m *member) { f.setServes(m, false) }

func (f *fleet) serve(m *member) { f.setServes(m, true) }

func (f *fleet) setServes(m *member, serves bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m.serves = serves
}

func (f *fleet) remove(m *member) {
	f.mu.Lock()
	if f.nodes[m.number] == m {
		f.nodes[m.number] = nil
	}
	f.mu.Unlock()
	for _, l := range append(m.links, m.front) {
		_ = l.close()
	}
}

// opened notes a new connection.
func (f *fleet) opened(c *conn) {
	f.h.mu.Lock()
	f.h.conns[c.id] = c
	f.h.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids = append(f.ids, c.id)
	f.countConn(c, 1)
}

// over notes the end of a connection, which was the client's own will or not.
func (f *fleet) over(c *conn, code int, own bool) {
	f.h.mu.Lock()
	c.ended, c.code, c.moved = time.Now(), code, c.moved || own
	f.h.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids = slices.DeleteFunc(f.ids, func(id string) bool { return id == c.id })
	f.countConn(c, -1)
	f.past = append(f.past, c.id)
	f.past = f.past[max(0, len(f.past)-maxPast):]
}

// countConn counts a connection of a node. f.mu is held.
func (f *fleet) countConn(c *conn, n int) {
	for _, m := range f.nodes {
		if m != nil && m.generation == c.node {
			m.conns += n
		}
	}
}

// watch tells the nodes whom to send to.
func (f *fleet) watch(ctx context.Context) {
	for ctx.Err() == nil {
		f.command()
		pause(ctx, 200*time.Millisecond)
	}
}

// command tells all nodes what to do.
func (f *fleet) command() {
	f.mu.Lock()
	c := record.Command{Talk: f.talk, IDs: sample(f.ids), Past: slices.Clone(f.past)}
	f.mu.Unlock()
	if !c.Talk {
		return // quiet says so, once
	}
	for _, m := range f.live() {
		m.tell(c)
	}
}

// maxIDs is how many connections are sent to at a time.
const maxIDs = 1000

func sample(ids []string) []string {
	if len(ids) <= maxIDs {
		return slices.Clone(ids)
	}
	start := rand.IntN(len(ids) - maxIDs)
	return slices.Clone(ids[start : start+maxIDs])
}

// talking starts or stops the senders. It waits until they have stopped.
func (f *fleet) talking(on bool) error {
	f.mu.Lock()
	f.talk = on
	f.mu.Unlock()
	if on {
		f.command()
		return nil
	}
	f.h.mu.Lock()
	clear(f.h.quiet)
	f.h.mu.Unlock()
	for _, m := range f.live() {
		m.tell(record.Command{})
	}
	return f.await("the senders to stop", time.Minute, func() string {
		for _, m := range f.live() {
			if !f.h.quiet[m.generation] {
				return m.generation + " still sends"
			}
		}
		return ""
	})
}
