package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/test/cluster/record"
)

const (
	talkers   = 6                      // that send to one connection at a time
	maxLine   = 4 << 20                // of a command, in bytes
	sendEvery = 25 * time.Millisecond  // on average, for each talker
	castEvery = 200 * time.Millisecond // to all
	pastShare = 8                      // one of so many messages goes to a connection that is over
)

// obey does what standard input says, until it ends.
func (n *node) obey(in *bufio.Scanner) {
	in.Buffer(nil, maxLine)
	for in.Scan() {
		var c record.Command
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			panic(err)
		}
		n.mu.Lock()
		n.ids, n.past = c.IDs, c.Past
		n.mu.Unlock()
		switch {
		case c.Talk && n.stop == nil:
			n.talk()
		case !c.Talk:
			n.quiet()
		}
	}
}

// talk starts the senders.
func (n *node) talk() {
	n.stop = make(chan struct{})
	if n.number == nil {
		n.number = make(map[string]int)
	}
	for i := range talkers {
		name := fmt.Sprintf("%s-%x-%d", n.setup.Node, n.started.UnixNano(), i)
		first := n.number[name]
		n.number[name] += 1 << 20
		n.talkers.Go(func() { n.sendAll(name, first, n.stop) }) // stop ends it
	}
	name := fmt.Sprintf("%s-%x-all", n.setup.Node, n.started.UnixNano())
	first := n.number[name]
	n.number[name] += 1 << 20
	n.talkers.Go(func() { n.castAll(name, first, n.stop) }) // stop ends it
}

// quiet ends the senders and says so.
func (n *node) quiet() {
	if n.stop != nil {
		close(n.stop)
		n.talkers.Wait()
		n.stop = nil
	}
	n.tell(record.Record{Kind: record.Quiet})
}

// pick returns a connection to send to, or "".
func (n *node) pick() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.ids
	if len(n.past) > 0 && (rand.IntN(pastShare) == 0 || len(list) == 0) {
		list = n.past
	}
	if len(list) == 0 {
		return ""
	}
	return list[rand.IntN(len(list))]
}

// sendAll sends numbered messages to one connection after the other.
func (n *node) sendAll(name string, number int, stop chan struct{}) {
	for rest(stop, rand.N(2*sendEvery)) {
		to := n.pick()
		if to == "" {
			continue
		}
		number++
		r := record.Record{
			Kind: record.Send, Sender: name, Number: number, To: to, Started: time.Now().UnixNano(),
		}
		info := fmt.Appendf(nil, "S %s %d %d", name, number, r.Started)
		err := n.cluster.Send(context.Background(), tyg.ConnID(to), info)
		r.Err = record.Name(err)
		_, r.Local = n.own.Load(to)
		n.tell(r)
	}
}

// castAll sends numbered messages to all clients.
func (n *node) castAll(name string, number int, stop chan struct{}) {
	for rest(stop, castEvery) {
		number++
		r := record.Record{
			Kind: record.Group, Sender: name, Number: number, Started: time.Now().UnixNano(),
		}
		info := fmt.Appendf(nil, "S %s %d %d", name, number, r.Started)
		_, err := n.cluster.SendToGroup(context.Background(), allClients, info, tyg.GroupOptions{})
		r.Err = record.Name(err)
		n.tell(r)
	}
}

// rest waits, and reports false when stop is closed.
func rest(stop chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-stop:
		return false
	case <-t.C:
		return true
	}
}
