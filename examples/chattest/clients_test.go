package chattest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// clients are many clients of one chat. A test goes in steps: all clients do something at once,
// sync waits until all resulting messages have arrived, and check compares what each client
// received with what it should have, given the rooms of all.
type clients struct {
	t     *testing.T
	ctx   context.Context
	all   []*client
	syncs int
}

// A client is one of clients, with the state that the test expects.
type client struct {
	ws       *wsclient.Conn
	n        int
	name     string
	room     string // its room
	from     string // its room before the step
	received []string
}

func newClients(t *testing.T, url string, n int) *clients {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	c := &clients{t: t, ctx: ctx}
	for i := range n {
		c.all = append(c.all, &client{n: i, name: fmt.Sprintf("n%03d", i)})
	}
	c.each(func(g *client) {
		var err error
		if g.ws, _, err = wsclient.Dial(ctx, url, nil); err != nil {
			t.Errorf("dial: %v", err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return c
}

// each runs fn for all clients at the same time and waits.
func (c *clients) each(fn func(g *client)) {
	var wg sync.WaitGroup
	for _, g := range c.all {
		// Ends with fn, whose reads and writes end with c.ctx; Wait waits for it.
		wg.Go(func() { fn(g) })
	}
	wg.Wait()
}

func (c *clients) say(g *client, text string) {
	if err := g.ws.Write(c.ctx, ws.OpText, []byte(text)); err != nil {
		c.t.Errorf("%s says %q: %v", g.name, text, err)
	}
}

// read receives the next message of a client, and reports whether there was one.
func (c *clients) read(g *client) bool {
	_, data, err := g.ws.Read(c.ctx)
	if err != nil {
		c.t.Errorf("%s, having received %q: %v", g.name, g.received, err)
		return false
	}
	g.received = append(g.received, string(data))
	return true
}

// until reads until a message comes, and keeps only the messages before it.
func (c *clients) until(g *client, line string) {
	for c.read(g) {
		if last := len(g.received) - 1; g.received[last] == line {
			g.received = g.received[:last]
			return
		}
	}
}

// sync returns when all clients have received everything that the earlier messages caused. The
// answer to a client's first question comes after its own earlier messages have been handled, and
// what they sent is under way; the answer to the second comes behind all of that, at every client.
func (c *clients) sync() {
	for range 2 {
		c.syncs++
		question := fmt.Sprintf("sync%d", c.syncs)
		c.each(func(g *client) {
			c.say(g, "/"+question)
			c.until(g, "Unknown command: "+question)
		})
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// check compares what each client received since the last check: every message of must once, a
// message of may at most once, and nothing else.
func (c *clients) check(step string, expect func(g *client) (must, may []string)) {
	c.t.Helper()
	for _, g := range c.all {
		must, may := expect(g)
		for _, line := range g.received {
			if i := slices.Index(must, line); i >= 0 {
				must = slices.Delete(must, i, i+1)
			} else if i := slices.Index(may, line); i >= 0 {
				may = slices.Delete(may, i, i+1)
			} else {
				c.t.Errorf("%s: %s in %q received %q, unexpectedly", step, g.name, g.room, line)
			}
		}
		if len(must) > 0 {
			c.t.Errorf("%s: %s in %q did not receive %q", step, g.name, g.room, must)
		}
		g.received = nil
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// others returns the clients for which is returns true, except g.
func (c *clients) others(g *client, is func(o *client) bool) []*client {
	var others []*client
	for _, o := range c.all {
		if o != g && is(o) {
			others = append(others, o)
		}
	}
	return others
}

// talk lets all clients send a few texts, and checks that each arrives once at each member of the
// room, in the order of its sender.
func (c *clients) talk(step string) {
	c.t.Helper()
	const texts = 5
	c.each(func(g *client) {
		for i := range texts {
			c.say(g, fmt.Sprintf("%s %d", step, i))
		}
	})
	c.sync()
	for _, g := range c.all {
		next := make(map[string]int)
		for _, line := range g.received {
			name, text, _ := strings.Cut(line, ": ")
			if want := fmt.Sprintf("%s %d", step, next[name]); text != want {
				c.t.Errorf("%s received %q, want %q of %s next", g.name, text, want, name)
			}
			next[name]++
		}
	}
	c.check(step, func(g *client) (must, may []string) {
		for _, o := range c.others(nil, func(o *client) bool { return o.room == g.room }) {
			for i := range texts {
				must = append(must, fmt.Sprintf("%s: %s %d", o.name, step, i))
			}
		}
		return must, nil
	})
}
