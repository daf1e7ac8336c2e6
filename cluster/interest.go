package cluster

import (
	"context"
	"hash/fnv"
	"strconv"
	"sync"
	"time"
)

// interest is the groups whose messages this node gets. It follows the members with a delay, so
// that groups whose members come and go cost NATS nothing each time.
type interest struct {
	node *Node
	hold time.Duration // how long a group stays after the last Add without a member

	mu     sync.Mutex
	topics map[string]*topic // guarded by mu; by subject
}

// A topic is one subscription.
type topic struct {
	groups      map[string]time.Time // the last Add of each
	unsubscribe func()               // nil before it was subscribed
	known       chan struct{}        // closed when the server knows of the subscription, or is away
}

func (i *interest) init(n *Node) {
	i.node, i.hold = n, n.cfg.Unsubscribe
	i.topics = make(map[string]*topic)
}

// subject returns the subject of messages to a group.
func (i *interest) subject(group string) string {
	if group == "" {
		return i.node.subjects.all()
	}
	if shards := i.node.cfg.Shards; shards > 0 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(group)) // it never fails
		return i.node.subjects.shard(int(h.Sum64() % uint64(shards)))
	}
	return i.node.subjects.group(hashOf(group))
}

// hashOf returns a hash of a name as a token of a subject.
func hashOf(name string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(name)) // it never fails
	sum := h.Sum(nil)
	var hi, lo uint64
	for i := range 8 {
		hi, lo = hi<<8|uint64(sum[i]), lo<<8|uint64(sum[i+8])
	}
	return strconv.FormatUint(hi, 36) + "-" + strconv.FormatUint(lo, 36)
}

// add makes the node get messages to a group, and waits until the server knows. While NATS is away
// it does not wait: after the reconnect the server knows.
func (i *interest) add(ctx context.Context, group string) {
	known := i.note(group)
	select {
	case <-known:
	case <-ctx.Done():
	}
}

// note notes an Add and subscribes if that is needed.
func (i *interest) note(group string) <-chan struct{} {
	subject := i.subject(group)
	i.mu.Lock()
	defer i.mu.Unlock()
	t := i.topics[subject]
	if t == nil {
		t = &topic{groups: make(map[string]time.Time), known: make(chan struct{})}
		i.topics[subject] = t
		i.node.ended.Go(func() { i.subscribe(t, subject, group) }) // ends soon; Leave waits for it
	}
	t.groups[group] = time.Now()
	return t.known
}

// subscribe subscribes to a topic. While NATS is away that may take seconds, for which no caller
// waits: after the reconnect the server knows.
func (i *interest) subscribe(t *topic, subject, group string) {
	known := sync.OnceFunc(func() { close(t.known) })
	defer known()
	if !i.node.bus.up() {
		known()
	}
	unsubscribe, err := i.node.bus.subscribe(subject)
	if err != nil { // the connection is closed, and with it the node
		i.node.cfg.Logger.Warn("group not subscribed", "group", group, "err", err)
		unsubscribe = func() {}
	}
	i.mu.Lock()
	t.unsubscribe = unsubscribe
	i.mu.Unlock()
	if err == nil && i.node.bus.up() {
		ctx, cancel := context.WithTimeout(i.node.ctx, soon)
		defer cancel()
		_ = i.node.bus.flush(ctx) // it fails while NATS is away
	}
}

// sweep ends the subscriptions to groups that have had no member for long enough.
func (i *interest) sweep() {
	t := time.NewTicker(max(i.node.cfg.Unsubscribe/2, time.Millisecond))
	defer t.Stop()
	for {
		select {
		case <-t.C:
			i.sweepOnce()
		case <-i.node.ctx.Done():
			return
		}
	}
}

func (i *interest) sweepOnce() {
	i.mu.Lock()
	subjects := make([]string, 0, len(i.topics))
	for s := range i.topics {
		subjects = append(subjects, s)
	}
	i.mu.Unlock()
	for _, s := range subjects {
		i.sweepTopic(s)
	}
}

func (i *interest) sweepTopic(subject string) {
	i.mu.Lock()
	unsubscribe := i.emptied(subject)
	i.mu.Unlock()
	unsubscribe() // waits while NATS is away
}

// emptied removes a topic if its groups have had no member for long enough, and returns what ends
// its subscription. i.mu is held.
func (i *interest) emptied(subject string) (unsubscribe func()) {
	t := i.topics[subject]
	for group, added := range t.groups {
		n, err := i.node.local.CountGroup(i.node.ctx, group)
		switch {
		case err != nil:
			return func() {}
		case n > 0:
			t.groups[group] = time.Now() // from now on it may be empty
		case time.Since(added) > i.hold:
			delete(t.groups, group)
		}
	}
	if len(t.groups) > 0 || t.unsubscribe == nil {
		return func() {}
	}
	delete(i.topics, subject)
	return t.unsubscribe
}

// count returns the number of subscriptions.
func (i *interest) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.topics)
}
