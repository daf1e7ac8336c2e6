package lambda

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// youngMember is how long a member is kept that API Gateway does not know. A connection that was
// added by its connect handler, which may take 29 seconds, is unknown until that has returned.
const youngMember = 30 * time.Second

// SendToGroup implements tyg.Groups. It sends to the first members while it reads the others.
func (g *tableGroups) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	if err := check(data, []tyg.SendOption{o.Type}); err != nil {
		return tyg.Delivery{}, err
	}
	if err := g.checkGroup(group); err != nil {
		return tyg.Delivery{}, err
	}
	to, err := g.host.senders.current()
	if err != nil {
		return tyg.Delivery{}, err
	}
	except := make(map[tyg.ConnID]bool, len(o.Except))
	for _, id := range o.Except {
		except[id] = true
	}
	var failed error
	members := func(yield func(tyg.Member) bool) {
		for m, err := range g.members(ctx, group) {
			if failed = err; err != nil {
				return
			}
			if !except[m.ID] && !yield(m) {
				return
			}
		}
	}
	d := g.deliver(ctx, groupMessage{group, to, data}, g.own, members)
	return d, failed
}

// members walks the members of a group, reading all its parts at once.
func (g *tableGroups) members(
	ctx context.Context, group string,
) iter.Seq2[tyg.Member, error] {
	type read struct {
		member tyg.Member
		err    error
	}
	return func(yield func(tyg.Member, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var readers sync.WaitGroup
		defer readers.Wait()
		defer cancel()
		found := make(chan read, 256) // so that a reader need not wait for each member to be taken
		for part := range g.table.Parts() {
			// Ends with the last member of the part, or with ctx; waited for above.
			readers.Go(func() {
				for m, err := range g.part(ctx, group, part) {
					select {
					case found <- read{m, err}:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		// Ends with the readers.
		go func() { readers.Wait(); close(found) }()
		for r := range found {
			if !yield(r.member, r.err) || r.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(tyg.Member{}, err)
		}
	}
}

// A groupMessage is a message to members of a group.
type groupMessage struct {
	group string
	to    *Sender
	data  []byte
}

// A memberSend is the send to one member.
type memberSend struct {
	recipient
	joined time.Time
}

// deliver sends to the first own members, and hands the others to other invocations. Members that
// are gone leave all their groups.
func (g *tableGroups) deliver(
	ctx context.Context, m groupMessage, own int, members iter.Seq[tyg.Member],
) tyg.Delivery {
	var sends []*memberSend
	var rest sharding
	b := broadcast{sender: m.to, call: newPost(m.data)}
	b.run(ctx, func(yield func(*recipient) bool) {
		for member := range members {
			if len(sends) >= own && g.host.invokeSelf != nil {
				rest.add(ctx, g, m, member)
				continue
			}
			s := &memberSend{recipient{id: member.ID}, member.JoinedAt}
			sends = append(sends, s)
			if !yield(&s.recipient) {
				return
			}
		}
		for _, member := range rest.finish(ctx, g, m) { // that no invocation took
			s := &memberSend{recipient{id: member.ID}, member.JoinedAt}
			sends = append(sends, s)
			if !yield(&s.recipient) {
				return
			}
		}
	})
	d := tyg.Delivery{Pending: rest.pending}
	g.report(&d, sends)
	g.prune(ctx, m, d.Gone)
	return d
}

// report adds up what came of sends.
func (g *tableGroups) report(d *tyg.Delivery, sends []*memberSend) {
	for _, s := range sends {
		err := s.out.err
		switch {
		case err == nil:
			d.Reached++
		case errors.Is(err, tyg.ErrGone):
			if time.Since(s.joined) >= youngMember {
				d.Gone = append(d.Gone, s.id)
			}
		case errors.Is(err, tyg.ErrThrottled):
			d.Slow = append(d.Slow, s.id)
		default:
			if e, ok := errors.AsType[*tyg.ConnError](err); ok {
				d.Failed = append(d.Failed, e)
			}
		}
	}
}

// prunings is how many connections at once leave their groups.
const prunings = 8

// prune ends all memberships of connections that are over without API Gateway having told of it.
// Their states stay until the table forgets them: the disconnect event may only be late, and its
// handler may read them.
func (g *tableGroups) prune(ctx context.Context, m groupMessage, gone []tyg.ConnID) {
	atOnce(prunings, gone, func(id tyg.ConnID) {
		exit := g.enter(id, true)
		defer exit()
		g.leave(ctx, &tyg.Conn{ID: id, Sender: m.to}, m.group)
	})
}
