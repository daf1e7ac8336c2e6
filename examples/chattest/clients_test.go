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
)

// A crowd is many clients of one chat. It goes in steps: all do something at once, then settle
// waits until all that this caused has arrived, and what each was told is checked against what is
// known of who was where.
type crowd struct {
	t     *testing.T
	ctx   context.Context
	all   []*guest
	syncs int
}

// A guest is a client of a crowd, and what the test knows of it.
type guest struct {
	ws   *ws.Client
	n    int
	name string
	room string // where it is
	was  string // where it was before the step
	told []string
}

func newCrowd(t *testing.T, url string, n int) *crowd {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	c := &crowd{t: t, ctx: ctx}
	for i := range n {
		c.all = append(c.all, &guest{n: i, name: fmt.Sprintf("n%03d", i)})
	}
	c.each(func(g *guest) {
		var err error
		if g.ws, _, err = ws.Dial(ctx, url, nil); err != nil {
			t.Errorf("dial: %v", err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return c
}

// each runs fn for all guests at the same time and waits for it.
func (c *crowd) each(fn func(g *guest)) {
	var wg sync.WaitGroup
	for _, g := range c.all {
		// Ends with fn, whose reads and writes end with c.ctx; Wait waits for it.
		wg.Go(func() { fn(g) })
	}
	wg.Wait()
}

func (c *crowd) say(g *guest, text string) {
	if err := g.ws.Write(c.ctx, ws.OpText, []byte(text)); err != nil {
		c.t.Errorf("%s says %q: %v", g.name, text, err)
	}
}

// read keeps the next line that a guest is told, and reports whether there was one.
func (c *crowd) read(g *guest) bool {
	_, data, err := g.ws.Read(c.ctx)
	if err != nil {
		c.t.Errorf("%s, having been told %q: %v", g.name, g.told, err)
		return false
	}
	g.told = append(g.told, string(data))
	return true
}

// until reads until a line comes, and keeps only what came before it.
func (c *crowd) until(g *guest, line string) {
	for c.read(g) {
		if last := len(g.told) - 1; g.told[last] == line {
			g.told = g.told[:last]
			return
		}
	}
}

// settle returns when everybody has read all that the messages of before have caused. The answer to
// a guest's first question says that its own earlier messages have been handled, so that everything
// they sent is under way; the answer to the second comes behind all of that, for every guest.
func (c *crowd) settle() {
	for range 2 {
		c.syncs++
		question := fmt.Sprintf("sync%d", c.syncs)
		c.each(func(g *guest) {
			c.say(g, "/"+question)
			c.until(g, "Unknown command: "+question)
		})
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// check compares what each guest was told since the last check: every line of must once, a line of
// may at most once, and nothing else.
func (c *crowd) check(step string, expect func(g *guest) (must, may []string)) {
	c.t.Helper()
	for _, g := range c.all {
		must, may := expect(g)
		for _, line := range g.told {
			if i := slices.Index(must, line); i >= 0 {
				must = slices.Delete(must, i, i+1)
			} else if i := slices.Index(may, line); i >= 0 {
				may = slices.Delete(may, i, i+1)
			} else {
				c.t.Errorf("%s: %s in %q was told %q, not for it", step, g.name, g.room, line)
			}
		}
		if len(must) > 0 {
			c.t.Errorf("%s: %s in %q was not told %q", step, g.name, g.room, must)
		}
		g.told = nil
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// others returns the guests for which is holds, except g.
func (c *crowd) others(g *guest, is func(o *guest) bool) []*guest {
	var others []*guest
	for _, o := range c.all {
		if o != g && is(o) {
			others = append(others, o)
		}
	}
	return others
}

// talk lets everybody say a few things, and checks that each arrives once at each member of the
// room, in the order in which it was said.
func (c *crowd) talk(step string) {
	c.t.Helper()
	const texts = 5
	c.each(func(g *guest) {
		for i := range texts {
			c.say(g, fmt.Sprintf("%s %d", step, i))
		}
	})
	c.settle()
	for _, g := range c.all {
		next := make(map[string]int)
		for _, line := range g.told {
			name, text, _ := strings.Cut(line, ": ")
			if want := fmt.Sprintf("%s %d", step, next[name]); text != want {
				c.t.Errorf("%s heard %q, want %q of %s now", g.name, text, want, name)
			}
			next[name]++
		}
	}
	c.check(step, func(g *guest) (must, may []string) {
		for _, o := range c.others(nil, func(o *guest) bool { return o.room == g.room }) {
			for i := range texts {
				must = append(must, fmt.Sprintf("%s: %s %d", o.name, step, i))
			}
		}
		return must, nil
	})
}
