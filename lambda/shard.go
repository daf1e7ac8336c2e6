package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// A message to a large group is sent by several invocations of the function. The one that reads the
// members sends to the first ones itself, and invokes the function asynchronously with a message
// and the ids of a shard of the others.
//
// Lambda delivers such an invocation at least once, and again, up to twice, if the process ends in
// it: at a crash or a timeout. Then members of that shard, and of no other, get the message up to
// three times. An invocation that cannot send to a member does not fail, so its shard is not
// repeated for that.
// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)

const (
	// ownMembers is how many members the invocation that sends to a group sends to itself, which
	// takes about a second.
	ownMembers = 5000

	// shardMembers is how many members a shard has. The message in base64 and their ids fit into the
	// 256 KB of an asynchronous invocation.
	shardMembers = 1000

	// shardsAtOnce is how many shards are handed over at once.
	shardsAtOnce = 8
)

// shardEnvelope begins the payload of such an invocation. No event of API Gateway begins like this.
const shardEnvelope = `{"tyg":"group",`

// A shard is the payload.
type shard struct {
	Tyg      string        `json:"tyg"` // "group"
	Group    string        `json:"group"`
	Endpoint string        `json:"endpoint"`
	Data     []byte        `json:"data"`
	Members  []shardMember `json:"members"`
}

// A shardMember is a member of a shard.
type shardMember struct {
	ID     tyg.ConnID `json:"id"`
	Joined int64      `json:"at"` // in milliseconds since 1970
}

func isShard(payload []byte) bool { return bytes.HasPrefix(payload, []byte(shardEnvelope)) }

// A sharding hands members over to other invocations. The zero sharding has none.
type sharding struct {
	next    []tyg.Member // of the next shard
	running sync.WaitGroup
	free    chan struct{} // as many tokens as invocations may be under way

	mu      sync.Mutex // guards the rest
	pending int
	left    []tyg.Member // that no invocation took
}

// add adds a member to a shard, and hands over the shard when it is full.
func (s *sharding) add(ctx context.Context, g *tableGroups, m groupMessage, member tyg.Member) {
	if s.next = append(s.next, member); len(s.next) == g.shard {
		s.handOver(ctx, g, m)
	}
}

// finish hands over the last shard and returns the members that no invocation took.
func (s *sharding) finish(ctx context.Context, g *tableGroups, m groupMessage) []tyg.Member {
	if len(s.next) > 0 {
		s.handOver(ctx, g, m)
	}
	s.running.Wait()
	return s.left
}

func (s *sharding) handOver(ctx context.Context, g *tableGroups, m groupMessage) {
	members := s.next
	s.next = nil
	if s.free == nil {
		s.free = make(chan struct{}, shardsAtOnce)
	}
	s.free <- struct{}{}
	// Ends with the call; finish waits for it.
	s.running.Go(func() {
		defer func() { <-s.free }()
		err := g.host.invokeSelf(ctx, newShard(m, members))
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			s.pending += len(members)
			return
		}
		s.left = append(s.left, members...)
		g.host.log.WarnContext(ctx, "a large group is sent to by one invocation only, which takes "+
			"longer: the function could not invoke itself; its role needs lambda:InvokeFunction on it",
			"group", m.group, "err", err)
	})
}

func newShard(m groupMessage, members []tyg.Member) []byte {
	s := shard{Tyg: "group", Group: m.group, Endpoint: m.to.base.String(), Data: m.data}
	for _, member := range members {
		s.Members = append(s.Members, shardMember{member.ID, member.JoinedAt.UnixMilli()})
	}
	payload, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings, bytes and numbers
	}
	return payload
}

// sendShard sends to the members of a shard. It never fails: Lambda would invoke the function twice
// more.
func (h *Host) sendShard(ctx context.Context, payload []byte) {
	var s shard
	if err := json.Unmarshal(payload, &s); err != nil {
		h.log.ErrorContext(ctx, "shard of a group not understood", "err", err)
		return
	}
	to, err := h.senders.at(s.Endpoint)
	if err != nil || h.groups == nil {
		h.log.ErrorContext(ctx, "shard of a group not sent", "group", s.Group, "err", err)
		return
	}
	if last, ok := ctx.Deadline(); ok {
		limited, cancel := context.WithDeadline(ctx, last.Add(-maxMargin))
		defer cancel()
		ctx = limited
	}
	start := time.Now()
	d := h.groups.deliver(ctx, groupMessage{s.Group, to, s.Data}, math.MaxInt, s.members)
	level := h.log.DebugContext
	if len(d.Slow)+len(d.Failed) > 0 {
		level = h.log.WarnContext
	}
	level(ctx, "shard of a group sent", "group", s.Group, "reached", d.Reached, "gone", len(d.Gone),
		"slow", len(d.Slow), "failed", len(d.Failed), "dur", time.Since(start))
}

func (s shard) members(yield func(tyg.Member) bool) {
	for _, m := range s.Members {
		if !yield(tyg.Member{ID: m.ID, JoinedAt: time.UnixMilli(m.Joined)}) {
			return
		}
	}
}
