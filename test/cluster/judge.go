//go:build unix

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/test/cluster/record"
)

// judge judges all since the last time. All senders are quiet, and what they sent has arrived.
func (h *history) judge() {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.judgeOrder()
	h.markGone()
	for _, s := range h.sends {
		if s.Local || s.Kind == record.Group {
			h.judgeTime(s)
		}
		if c := h.conns[s.To]; c != nil {
			h.judgeSend(s, c, got[s.To][key(s)])
		}
	}
	h.judgeRefused(got)
	for _, c := range h.conns {
		h.judgeGone(c)
		h.judgeEnd(c)
	}
	h.judgeHandlers()
	h.forget()
}

func key(r record.Record) string { return fmt.Sprint(r.Sender, "/", r.Number) }

// judgeOrder returns all that came, by recipient.
func (h *history) judgeOrder() map[string]map[string]delivery {
	all := make(map[string]map[string]delivery)
	for id, c := range h.conns {
		byKey := make(map[string]delivery, len(c.got))
		for _, d := range c.got {
			h.ok(ruleOrder, d.number > c.last[d.sender], "%s got %s after %d of that sender",
				id, d.key(), c.last[d.sender])
			c.last[d.sender] = d.number
			byKey[d.key()] = d
			took := d.at.Sub(d.sent)
			inTime := took <= h.rules.timeout || took <= h.rules.timeout+h.slack(c.node, d.sent, d.at)
			h.ok(ruleDeadline, inTime, "%s got %s %v after it was sent", id, d.key(), took)
		}
		all[id] = byKey
	}
	return all
}

func (h *history) markGone() {
	for _, s := range h.sends {
		if s.Err == record.Unavailable {
			h.refused[key(s)] = true
		}
		c := h.conns[s.To]
		if c != nil && s.Err == record.Gone && (c.gone.IsZero() || unix(s.At).Before(c.gone)) {
			c.gone = unix(s.At)
		}
	}
}

// localTime is how long a send may take that waits for no other node.
const localTime = time.Second

// judgeTime judges that a send did not wait for NATS, or for another node.
func (h *history) judgeTime(s record.Record) {
	w := wait{from: unix(s.Started), to: unix(s.At)}
	if n := h.nodes[s.Node]; n != nil && slices.ContainsFunc(n.frozen, w.overlaps) {
		return
	}
	took := w.to.Sub(w.from)
	h.ok(ruleLocal, took <= localTime || took-h.waited("", w.from, w.to) <= localTime,
		"%s of %s took %v", key(s), s.Node, took)
}

// judgeSend judges what one send has returned.
func (h *history) judgeSend(s record.Record, c *conn, d delivery) {
	start, end := unix(s.Started), unix(s.At)
	arrived := d.sender != ""
	if s.Err != record.Gone && (c.ended.IsZero() || c.ended.After(end)) {
		h.ok(ruleGone, true, "")
	}
	switch s.Err {
	case "":
		// What was in the queue of a connection is lost with it.
		lost := 5 * time.Second
		if c.code == ws.CloseAbnormal {
			lost = max(lost, h.rules.silence)
		}
		if c.ended.IsZero() || c.ended.After(end.Add(lost)) {
			h.ok(ruleDelivered, arrived, "%s to %s was accepted and did not arrive", key(s), s.To)
		}
	case record.Gone: // see judgeGone
		h.ok(ruleGone, true, "")
		h.ok(ruleFinal, true, "")
	case record.Unknown, record.Unavailable, record.Throttled:
	default:
		h.ok(ruleErrors, false, "%s to %s: %s", key(s), s.To, s.Err)
	}
	owner := h.nodes[c.node]
	if owner == nil {
		return
	}
	if s.Local && c.ended.IsZero() && owner.killed.IsZero() && owner.left.IsZero() {
		h.ok(ruleLocal, s.Err == "" || s.Err == record.Throttled || s.Err == record.Gone,
			"%s to %s on the same node: %s", key(s), s.To, s.Err)
	}
	if owner.killed.IsZero() || start.Before(owner.killed) {
		return
	}
	// How long NATS may take to notice that the process has gone: 3 s, or the suspicion.
	after := start.Sub(owner.killed) - h.waited("", owner.killed, end)
	if after > 3*time.Second {
		h.ok(ruleDead, s.Err != record.Unknown && s.Err != "",
			"%s to %s, %v after the kill: %q", key(s), s.To, after, s.Err)
	}
	if after > h.rules.dead+15*time.Second {
		h.ok(ruleDead, s.Err == record.Gone,
			"%s to %s, %v after the kill: %q, want gone", key(s), s.To, after, s.Err)
	}
}

// judgeRefused judges that nothing came which was unavailable.
func (h *history) judgeRefused(got map[string]map[string]delivery) {
	for _, s := range h.sends {
		if s.Err == record.Unavailable {
			h.ok(ruleUnavailable, true, "")
		}
	}
	for id, byKey := range got {
		for k, d := range byKey {
			// A message to all is unavailable on other nodes only.
			all := strings.HasSuffix(d.sender, "-all")
			if h.refused[k] && !(all && nameOf(h.conns[id].node) == d.sender[:len("node-0")]) {
				h.ok(ruleUnavailable, false, "%s was unavailable, and %s got it", k, id)
			}
		}
	}
}

// nameOf returns the name of a node from its generation.
func nameOf(generation string) string { name, _, _ := strings.Cut(generation, "#"); return name }

// judgeGone judges that a connection was over of which a send said so, and stayed so.
func (h *history) judgeGone(c *conn) {
	if c.gone.IsZero() {
		return
	}
	// A node that was away for longer than others wait is declared dead by them; it closes its
	// clients as soon as it finds out. With a ledger it has closed them before.
	gone := later(c.gone, h.foundOutLocked(c.node))
	for _, a := range c.acks {
		if a.asked.After(gone) {
			h.ok(ruleGone, false, "%s was gone, and answered %v later", c.id, a.at.Sub(gone))
		}
	}
	for _, d := range c.got {
		late := d.sent.After(gone) || d.at.After(gone.Add(h.slack(c.node, gone, d.at)))
		if late {
			h.ok(ruleFinal, false, "%s was gone, and got %s %v later", c.id, d.key(), d.at.Sub(gone))
		}
	}
}

// foundOut returns when a node that was declared dead, and is back, has closed its clients; zero if
// it was not, or had closed them before.
func (h *history) foundOut(generation string) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.foundOutLocked(generation)
}

func (h *history) foundOutLocked(generation string) time.Time {
	if n := h.nodes[generation]; n == nil || !n.stalled || h.rules.ledger || h.healed.IsZero() {
		return time.Time{}
	}
	found := h.healed.Add(h.rules.findsOut)
	return found.Add(h.waited("", h.healed, found))
}

// tellTime is how long a node may take to tell of a disconnect.
const tellTime = 5 * time.Second

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// judgeEnd judges how a connection has ended, once that is some time ago.
func (h *history) judgeEnd(c *conn) {
	told := h.told[c.id]
	if c.ended.IsZero() || c.code == judgedCode || len(told) == 0 && time.Now().Before(h.due(c)) {
		return
	}
	n := h.nodes[c.node]
	if n == nil {
		return
	}
	c.code = judgedCode
	ids := make(map[string]bool)
	for _, r := range told {
		ids[r.Request] = true
	}
	h.ok(ruleOneID, len(ids) <= 1, "%s has disconnects with the ids %v", c.id,
		slices.Collect(maps.Keys(ids)))
	switch {
	case h.rules.ledger:
		h.ok(ruleAtLeastOnce, len(told) > 0, "the disconnect of %s on %s was not told", c.id, c.node)
		if len(told) > 0 {
			late := unix(told[0].At).Sub(h.due(c))
			h.ok(ruleAtLeastOnce, late <= 0, "the disconnect of %s on %s was told %v too late",
				c.id, c.node, late)
		}
		if n.killed.IsZero() && !n.left.IsZero() && !n.stalled {
			h.ok(ruleExactlyOnce, len(told) == 1,
				"the disconnect of %s on %s, which drained, was told %d times", c.id, c.node, len(told))
		}
	case n.killed.IsZero():
		h.ok(ruleExactlyOnce, len(told) == 1, "the disconnect of %s on %s was told %d times",
			c.id, c.node, len(told))
	default:
		h.ok(ruleExactlyOnce, len(told) <= 1, "the disconnect of %s on %s was told %d times",
			c.id, c.node, len(told))
	}
	for _, r := range told {
		h.ok(ruleServed, !c.lastAsked.After(unix(r.At)),
			"the disconnect of %s was told while it was served", c.id)
	}
	if !n.left.IsZero() && n.killed.IsZero() && !c.moved {
		h.judgeAnswers(c)
	}
}

// due returns until when the disconnect of a connection that has ended is to be told: with a
// ledger, T_dead and 15 seconds later, and a second for each 500 connections, all of which have
// ended at once then.
func (h *history) due(c *conn) time.Time {
	found := c.ended
	if c.vanished {
		found = found.Add(h.rules.silence)
	}
	if !h.rules.ledger {
		return found.Add(tellTime + h.waited("", c.ended, time.Now()))
	}
	end := found
	if n := h.nodes[c.node]; n != nil {
		end = later(end, n.killed)
	}
	d := h.rules.dead + 15*time.Second + time.Duration(len(h.conns))*time.Second/500
	return end.Add(d + h.slack("", c.ended, time.Now()))
}

// starved reports whether a connection has ended because its node heard nothing of the client for
// too long, or could not write to the registry in time, and for half of that time some process did
// not run.
func (h *history) starved(c *conn) bool {
	var limit time.Duration
	switch {
	case c.code == ws.CloseAbnormal:
		limit = h.rules.silence
	case c.code == ws.CloseServiceRestart && h.rules.ledger:
		limit = h.rules.fence
	default:
		return false
	}
	return h.waited("", c.ended.Add(-limit), c.ended) > limit/2
}

// memory is how long connections are known after their end, so that a run of hours does not grow.
const memory = 10 * time.Minute

// judgedCode is the close code of a connection whose end was judged.
const judgedCode = -1

// judgeAnswers judges that each message that a node has handled was answered before it closed the
// connection.
func (h *history) judgeAnswers(c *conn) {
	for _, r := range h.events[c.id] {
		if r.Kind == record.End && r.Event == "message" && r.Message > 0 && r.Err == "" {
			h.ok(ruleAnswered, c.answered[r.Message], "message %d of %s was handled and not answered",
				r.Message, c.id)
		}
	}
}

// judgeHandlers judges that the handlers of a connection run one after the other, connect first
// and disconnect last.
func (h *history) judgeHandlers() {
	for id, list := range h.events {
		slices.SortStableFunc(list, func(a, b record.Record) int { return int(a.At - b.At) })
		running, over := "", false
		for _, r := range list {
			switch {
			case r.Kind == record.End:
				running = ""
				continue
			case running != "" && h.overlaps(list, running, r):
				h.ok(ruleSerial, false, "%s of %s began while %s ran", r.Event, id, running)
			case over && r.Event != "disconnect":
				h.ok(ruleSerial, false, "%s of %s began after its disconnect", r.Event, id)
			default:
				h.ok(ruleSerial, true, "")
			}
			over = over || r.Event == "disconnect"
			running = r.Event
		}
	}
}

// overlaps reports whether r must not begin while another handler of its connection has not ended.
// A handler of a node that was killed never ends, and one of a node that is frozen does not know
// that others take it for dead. A disconnect that is told again may run beside itself.
func (h *history) overlaps(list []record.Record, running string, r record.Record) bool {
	node := list[0].Node
	if c := h.conns[r.Conn]; c != nil {
		node = c.node
	}
	owner := h.nodes[node]
	switch {
	case owner == nil:
		return true
	case r.Event == "disconnect" && running == "disconnect":
		return !h.rules.ledger
	case r.Event == "disconnect" && r.Node != node:
		return owner.killed.IsZero() && !owner.stalled
	}
	return true
}

// forget drops what was judged, but for what must be known later.
func (h *history) forget() {
	h.sends = nil
	for id := range h.events {
		h.forgetEvents(id)
	}
	for id, c := range h.conns {
		c.got, c.acks = nil, nil
		if c.code == judgedCode && time.Since(c.ended) > memory {
			delete(h.conns, id)
			delete(h.events, id)
			delete(h.told, id)
		}
	}
	h.waits = slices.DeleteFunc(h.waits, func(w wait) bool {
		return !w.to.IsZero() && time.Since(w.to) > memory
	})
}

// forgetEvents drops the handlers of a connection that have ended, with the answers of theirs. Of a
// handler that is not known to have ended, the answer may be there already.
func (h *history) forgetEvents(id string) {
	list := h.events[id]
	keep := 0
	switch last := len(list) - 1; {
	case last < 0:
	case list[last].Kind == record.Begin:
		keep = 1
	case list[last].Event == "disconnect":
		keep = 2
	}
	done := list[:len(list)-min(keep, len(list))]
	if c := h.conns[id]; c != nil {
		for _, r := range done {
			if r.Kind == record.End {
				delete(c.answered, r.Message)
			}
		}
	}
	h.events[id] = slices.Clone(list[len(done):])
}
