package chattest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/rooms"
)

const (
	guests    = 200
	roomCount = 20
)

// TestTwoHundredClients lets 200 clients join 20 rooms, talk, rename themselves, change rooms, and
// lets some of them drop; all at once, and everything that everybody is told is checked.
func TestTwoHundredClients(t *testing.T) {
	store := rooms.NewMemory()
	c := newCrowd(t, serve(t, store, chatlib.Limits{Burst: 1000}), guests)
	login(c)
	join(c)
	c.talk("talk")
	rename(c)
	c.talk("talk after renaming")
	change(c)
	c.talk("talk after changing")
	gone := depart(c)
	c.talk("talk of those who stay")
	list(c)
	for _, g := range gone {
		if m, err := store.Find(t.Context(), g.name); err == nil {
			t.Errorf("%s is gone and still remembered: %+v", g.name, m)
		}
	}
	c.each(func(g *guest) {
		if err := g.ws.Close(ws.CloseNormal, ""); err != nil {
			t.Errorf("%s closes: %v", g.name, err)
		}
	})
}

func login(c *crowd) {
	c.each(func(g *guest) { c.say(g, g.name) })
	c.settle()
	c.check("login", func(g *guest) (must, may []string) {
		return []string{"Using nickname: " + g.name + "\nType /help for list of commands."}, nil
	})
}

// join takes guest n into room n mod 20. Of two who come at the same time one or both see the
// other.
func join(c *crowd) {
	c.each(func(g *guest) {
		g.room = fmt.Sprintf("room%02d", g.n%roomCount)
		c.say(g, "/join "+g.room)
	})
	c.settle()
	for _, g := range c.all {
		for _, o := range c.others(g, func(o *guest) bool { return o.room == g.room }) {
			if !slices.Contains(g.told, joined(o)) && !slices.Contains(o.told, joined(g)) {
				c.t.Errorf("%s and %s joined %s and neither was told", g.name, o.name, g.room)
			}
		}
	}
	c.check("join", func(g *guest) (must, may []string) {
		for _, o := range c.others(g, func(o *guest) bool { return o.room == g.room }) {
			may = append(may, joined(o))
		}
		return []string{`Joined chat room "` + g.room + `"`}, may
	})
}

// rename gives every other guest a new name, while the rest talk.
func rename(c *crowd) {
	before := make(map[*guest]string)
	for _, g := range c.all {
		before[g] = g.name
		if g.n%2 == 0 {
			g.name = fmt.Sprintf("renamed%03d", g.n)
		}
	}
	c.each(func(g *guest) {
		if g.n%2 == 0 {
			c.say(g, "/nick "+g.name)
		}
		c.say(g, "hello")
	})
	c.settle()
	c.check("rename", func(g *guest) (must, may []string) {
		for _, o := range c.others(nil, func(o *guest) bool { return o.room == g.room }) {
			must = append(must, o.name+": hello")
			if o != g && o.n%2 == 0 {
				must = append(must, before[o]+" is now known as "+o.name+".")
			}
		}
		if g.n%2 == 0 {
			must = append(must, "Nickname is: "+g.name)
		}
		return must, nil
	})
}

// change takes every third guest into another room. Who stays in a room is told exactly of all who
// come and go. Who changes itself may be told what happens in either room meanwhile.
func change(c *crowd) {
	moves := func(g *guest) bool { return g.n%3 == 0 }
	for _, g := range c.all {
		g.was = g.room
		if moves(g) {
			g.room = fmt.Sprintf("room%02d", (g.n+7)%roomCount)
		}
	}
	c.each(func(g *guest) {
		if moves(g) {
			c.say(g, "/join "+g.room)
		}
	})
	c.settle()
	c.check("change", func(g *guest) (must, may []string) {
		var news []string
		for _, o := range c.others(g, moves) {
			if o.was == g.was || o.was == g.room {
				news = append(news, left(o))
			}
			if o.room == g.was || o.room == g.room {
				news = append(news, joined(o))
			}
		}
		if moves(g) {
			must = append(must, `Left chat room "`+g.was+`"`, `Joined chat room "`+g.room+`"`)
			return must, news
		}
		return news, nil
	})
}

// depart ends two fifths of the connections, half of them without a close frame, and returns them.
func depart(c *crowd) (gone []*guest) {
	stay := slices.DeleteFunc(slices.Clone(c.all), func(g *guest) bool { return g.n%5 < 2 })
	gone = c.others(nil, func(g *guest) bool { return g.n%5 < 2 })
	c.all = gone
	c.each(func(g *guest) {
		end := func() error { return g.ws.Close(ws.CloseGoingAway, "bye") }
		if g.n%5 == 0 {
			end = g.ws.CloseNow
		}
		if err := end(); err != nil {
			c.t.Errorf("%s departs: %v", g.name, err)
		}
	})
	c.all = stay
	farewells := func(g *guest) (must, may []string) {
		for _, o := range gone {
			if o.room == g.room {
				must = append(must, left(o))
			}
		}
		return must, nil
	}
	// Nobody can be asked whether the departed have been noticed; so first wait for as many lines.
	c.each(func(g *guest) {
		must, _ := farewells(g)
		for len(g.told) < len(must) && c.read(g) {
			continue
		}
	})
	c.settle()
	c.check("depart", farewells)
	return gone
}

// list checks /ls in every room and outside of any.
func list(c *crowd) {
	c.each(func(g *guest) { c.say(g, "/ls") })
	c.settle()
	lists := make(map[string]string) // by room; all of its members get the same
	for _, g := range c.all {
		if len(g.told) != 1 {
			c.t.Fatalf("%s asked for the list and was told %q", g.name, g.told)
		}
		if lists[g.room] == "" {
			lists[g.room] = g.told[0]
		}
		if g.told[0] != lists[g.room] {
			c.t.Errorf("%s is told %q, another %q", g.name, g.told[0], lists[g.room])
		}
		g.told = nil
	}
	for room, text := range lists {
		var want []string
		for _, g := range c.others(nil, func(g *guest) bool { return g.room == room }) {
			want = append(want, g.name)
		}
		got := strings.Split(text, "\n")
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			c.t.Errorf("%s is listed as %q, want %q", room, got, want)
		}
	}
	listRooms(c)
}

func listRooms(c *crowd) {
	g := c.all[0]
	c.say(g, "/quit")
	c.say(g, "/ls")
	c.until(g, `Left chat room "`+g.room+`"`)
	c.settle()
	var want []string
	for i := range roomCount {
		want = append(want, fmt.Sprintf("room%02d", i))
	}
	if got := strings.Join(g.told, "\n"); got != strings.Join(want, "\n") {
		c.t.Errorf("the rooms are listed as %q, want %q", got, want)
	}
}

func joined(g *guest) string { return g.name + " joined room." }

func left(g *guest) string { return g.name + " left room." }
