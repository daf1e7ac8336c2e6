//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

// A fault is what is done to a fleet under load.
type fault struct {
	name string

	// ends says which connections may end: of the nodes that f was done to, or none.
	ends ending

	do func(f *fleet) (struck []*member, err error)
}

type ending uint8

const (
	noneEnds ending = iota
	struckEnd
	allEnd
)

// during is a random time: within the first two seconds given in the short form, within the other
// two in the long one.
func (f *fleet) during(short1, short2, long1, long2 float64) time.Duration {
	from, to := short1, short2
	if f.long {
		from, to = long1, long2
	}
	return time.Duration((from + f.rand.Float64()*(to-from)) * float64(time.Second))
}

func (f *fleet) some() int { return f.rand.IntN(nodeCount) }

// linkFaults are those of the links from nodes to NATS, which clients must not notice.
var linkFaults = []fault{
	{"none", noneEnds, nothing},
	{"node cut off from NATS", noneEnds, func(f *fleet) ([]*member, error) {
		return f.cut(true, true, f.during(2.5, 4, 1, 25))
	}},
	{"node cannot send to NATS", noneEnds, func(f *fleet) ([]*member, error) {
		return f.cut(true, false, f.during(2.5, 4, 1, 25))
	}},
	{"node cannot hear NATS", noneEnds, func(f *fleet) ([]*member, error) {
		return f.cut(false, true, f.during(2.5, 4, 1, 25))
	}},
	{"slow links", noneEnds, slowLinks},
}

// natsFaults are those of NATS, which clients must not notice.
var natsFaults = []fault{
	{"two NATS servers apart", noneEnds, func(f *fleet) ([]*member, error) {
		return nil, f.part(false, f.during(3, 5, 1, 40))
	}},
	{"two NATS servers apart, one way", noneEnds, func(f *fleet) ([]*member, error) {
		return nil, f.part(true, f.during(3, 5, 1, 40))
	}},
	{"NATS server cut off from the others", noneEnds, func(f *fleet) ([]*member, error) {
		return nil, f.isolate(f.during(3, 4, 1, 25))
	}},
	{"NATS server frozen", noneEnds, freezeServer},
	{"all of NATS away", noneEnds, stopServers},
	{"JetStream leader killed", noneEnds, killLeader},
	{"rolling restart of NATS", noneEnds, rollServers},
}

// nodeFaults are those of nodes, with disconnects at best effort.
var nodeFaults = []fault{
	{"node frozen", noneEnds, func(f *fleet) ([]*member, error) {
		return f.freeze(f.during(3, 4, 1, 25))
	}},
	{"node killed", struckEnd, killNode},
	{"node killed, starts at once", struckEnd, killAndStart},
	{"node frozen until it is dead", struckEnd, func(f *fleet) ([]*member, error) {
		return f.freeze(f.beyondDead())
	}},
	{"node cut off until it is dead", struckEnd, func(f *fleet) ([]*member, error) {
		return f.cut(true, true, f.beyondDead())
	}},
	{"rolling restart of nodes", allEnd, rollNodes},
}

// ledgerFaults are those with disconnects at least once.
var ledgerFaults = []fault{
	{"ledger: node killed", struckEnd, killNode},
	{"ledger: node frozen until it is dead", struckEnd, func(f *fleet) ([]*member, error) {
		return f.freeze(f.beyondDead())
	}},
	{"ledger: node cut off until it is dead", struckEnd, func(f *fleet) ([]*member, error) {
		return f.cut(true, true, f.beyondDead()+sweepTime)
	}},
}

// sweepFaults are the others of those.
var sweepFaults = []fault{
	{"ledger: sweeper killed", struckEnd, killSweeper},
	{"ledger: rolling restart of nodes", allEnd, rollNodes},
}

// sweepTime is how long the disconnects of a dead node may take to be told, and told again.
const sweepTime = 3 * time.Second

// ledgerLongFaults take longer than the short constants allow: elections last 4 to 9 s.
var ledgerLongFaults = []fault{
	{"ledger: JetStream leader killed", noneEnds, killLeader},
	{"ledger: node frozen", noneEnds, func(f *fleet) ([]*member, error) {
		return f.freeze(f.during(1, 2, 1, 15))
	}},
	{"ledger: rolling restart of NATS", noneEnds, rollServers},
}

// beyondDead is a time after which the others have declared a node dead.
func (f *fleet) beyondDead() time.Duration {
	return f.h.rules.dead + f.during(2, 4, 3, 10)
}

func nothing(f *fleet) ([]*member, error) {
	time.Sleep(f.during(1, 2, 5, 10))
	return nil, nil
}

// stall notes that a node is away for so long that others may take it for dead.
func (f *fleet) stall(m *member, d time.Duration) {
	if d > f.h.rules.dead*2/3 {
		f.edit(m, func(n *life) { n.stalled = true })
	}
}

// cut cuts a node off from NATS, in one direction or both.
func (f *fleet) cut(there, back bool, d time.Duration) ([]*member, error) {
	m := f.member(f.some())
	f.stall(m, d)
	for _, l := range m.links {
		l.cut(there, back)
	}
	time.Sleep(d)
	for _, l := range m.links {
		l.heal()
	}
	return []*member{m}, nil
}

// freeze stops a node.
func (f *fleet) freeze(d time.Duration) ([]*member, error) {
	m := f.member(f.some())
	f.stall(m, d)
	f.unserve(m)
	f.edit(m, func(n *life) { n.frozen = append(n.frozen, wait{from: time.Now()}) })
	m.signal(syscall.SIGSTOP)
	time.Sleep(d)
	m.signal(syscall.SIGCONT)
	f.edit(m, func(n *life) { n.frozen[len(n.frozen)-1].to = time.Now() })
	f.serve(m)
	return []*member{m}, nil
}

// part has two NATS servers lose each other; the third reaches both.
func (f *fleet) part(oneWay bool, d time.Duration) error {
	a := f.some()
	f.nats.part(a, (a+1+f.rand.IntN(2))%serverCount, oneWay)
	time.Sleep(d)
	f.nats.heal()
	return f.nats.await(time.Minute)
}

// isolate cuts a NATS server off from the two others.
func (f *fleet) isolate(d time.Duration) error {
	a := f.some()
	for b := range serverCount {
		if b != a {
			f.nats.part(a, b, false)
		}
	}
	time.Sleep(d)
	f.nats.heal()
	return f.nats.await(time.Minute)
}

func freezeServer(f *fleet) ([]*member, error) {
	n := f.nats.list[f.some()]
	n.frozen.Add(1)
	n.signal(syscall.SIGSTOP)
	time.Sleep(f.during(3, 5, 5, 25))
	n.signal(syscall.SIGCONT)
	n.frozen.Add(1)
	return nil, f.nats.await(time.Minute)
}

func stopServers(f *fleet) ([]*member, error) {
	for _, n := range f.nats.list {
		n.kill()
	}
	time.Sleep(f.during(4, 5, 30, 60))
	for i := range f.nats.list {
		if err := f.nats.start(i); err != nil {
			return nil, err
		}
	}
	return nil, f.nats.await(2 * time.Minute)
}

func killLeader(f *fleet) ([]*member, error) {
	i := -1
	err := f.await("a leader of the registry", time.Minute, func() string {
		if i = f.nats.leader(f.setup.Cluster); i < 0 {
			return "no NATS server says that it leads it"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	f.nats.list[i].kill()
	time.Sleep(f.during(3, 4, 5, 20))
	if err := f.nats.start(i); err != nil {
		return nil, err
	}
	return nil, f.nats.await(2 * time.Minute)
}

func rollServers(f *fleet) ([]*member, error) {
	for i := range f.nats.list {
		if err := f.nats.list[i].stop(time.Minute); err != nil {
			return nil, err
		}
		if err := f.nats.start(i); err != nil {
			return nil, err
		}
		if err := f.nats.await(2 * time.Minute); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func slowLinks(f *fleet) ([]*member, error) {
	for _, m := range f.live() {
		for _, l := range m.links {
			l.slow(rand.N(40 * time.Millisecond))
		}
	}
	time.Sleep(f.during(1, 2, 5, 10))
	for _, m := range f.live() {
		for _, l := range m.links {
			l.heal()
		}
	}
	return nil, nil
}

func killNode(f *fleet) ([]*member, error) {
	m := f.kill(f.some())
	err := f.awaitGone(m)
	if err == nil && f.h.rules.ledger {
		err = f.awaitTold(m)
		time.Sleep(sweepTime)
	}
	if err == nil {
		err = f.startNode(m.number)
	}
	return []*member{m}, err
}

func killAndStart(f *fleet) ([]*member, error) {
	m := f.kill(f.some())
	err := f.startNode(m.number)
	if err == nil {
		err = f.awaitGone(m)
	}
	return []*member{m}, err
}

// killSweeper kills a node, and another one when the disconnects of the first are being told.
func killSweeper(f *fleet) ([]*member, error) {
	first := f.kill(f.some())
	if err := f.someTold(first, 1); err != nil {
		return nil, err
	}
	second := f.kill((first.number + 1) % nodeCount)
	struck := []*member{first, second}
	for _, m := range struck {
		if err := f.awaitTold(m); err != nil {
			return struck, err
		}
	}
	for _, m := range struck {
		if err := f.startNode(m.number); err != nil {
			return struck, err
		}
	}
	return struck, nil
}

// rollNodes restarts all nodes, one after the other, under a crowd.
func rollNodes(f *fleet) ([]*member, error) {
	f.crowds.Lock() // one at a time: two are more than a small machine carries
	defer f.crowds.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	var crowd sync.WaitGroup
	for range f.crowd {
		crowd.Go(func() { f.client(ctx, true) }) // ctx ends it
	}
	defer crowd.Wait()
	defer cancel()
	if err := f.awaitCrowd(); err != nil {
		return nil, err
	}
	for i := range nodeCount {
		if err := f.drain(i); err != nil {
			return nil, err
		}
		if err := f.startNode(i); err != nil {
			return nil, err
		}
	}
	return nil, f.awaitCrowd()
}

// awaitCrowd waits until all of the crowd are connected.
func (f *fleet) awaitCrowd() error {
	return f.await("the crowd", 5*time.Minute, func() string {
		n := 0
		for _, c := range f.h.conns {
			if c.crowd && c.ended.IsZero() {
				n++
			}
		}
		if n >= f.crowd {
			return ""
		}
		return fmt.Sprintf("%d of %d are connected", n, f.crowd)
	})
}
