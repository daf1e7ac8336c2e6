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
	clientCount = 200
	roomCount   = 20
)

// TestTwoHundredClients lets 200 clients join 20 rooms, talk, rename themselves and change rooms,
// and some of them disconnect, all at the same time. It checks everything that all clients receive.
func TestTwoHundredClients(t *testing.T) {
	store := rooms.NewMemory()
	c := newClients(t, serve(t, store, chatlib.Limits{Burst: 1000}), clientCount)
	login(c)
	join(c)
	c.talk("talk")
	rename(c)
	c.talk("talk after renaming")
	change(c)
	c.talk("talk after changing")
	gone := disconnect(c)
	c.talk("talk after disconnects")
	list(c)
	for _, g := range gone {
		if m, err := store.Find(t.Context(), g.name); err == nil {
			t.Errorf("%s is gone and still a member: %+v", g.name, m)
		}
	}
	c.each(func(g *client) {
		if err := g.ws.Close(ws.CloseNormal, ""); err != nil {
			t.Errorf("%s closes: %v", g.name, err)
		}
	})
}

func login(c *clients) {
	c.each(func(g *client) { c.say(g, g.name) })
	c.sync()
	c.check("login", func(g *client) (must, may []string) {
		return []string{"Using nickname: " + g.name + "\nType /help for list of commands."}, nil
	})
}

// join moves client n into room n mod 20. Of two that join at the same time at least one is told of
// the other.
func join(c *clients) {
	c.each(func(g *client) {
		g.room = fmt.Sprintf("room%02d", g.n%roomCount)
		c.say(g, "/join "+g.room)
	})
	c.sync()
	for _, g := range c.all {
		for _, o := range c.others(g, func(o *client) bool { return o.room == g.room }) {
			if !slices.Contains(g.received, joined(o)) && !slices.Contains(o.received, joined(g)) {
				c.t.Errorf("%s and %s joined %s and neither was told", g.name, o.name, g.room)
			}
		}
	}
	c.check("join", func(g *client) (must, may []string) {
		for _, o := range c.others(g, func(o *client) bool { return o.room == g.room }) {
			may = append(may, joined(o))
		}
		return []string{`Joined chat room "` + g.room + `"`}, may
	})
}

// rename gives every other client a new name, while the rest talk.
func rename(c *clients) {
	before := make(map[*client]string)
	for _, g := range c.all {
		before[g] = g.name
		if g.n%2 == 0 {
			g.name = fmt.Sprintf("renamed%03d", g.n)
		}
	}
	c.each(func(g *client) {
		if g.n%2 == 0 {
			c.say(g, "/nick "+g.name)
		}
		c.say(g, "hello")
	})
	c.sync()
	c.check("rename", func(g *client) (must, may []string) {
		for _, o := range c.others(nil, func(o *client) bool { return o.room == g.room }) {
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

// change moves every third client into another room. A client that stays in a room is told of all
// that join and leave it. A client that moves may be told of some that join or leave either room.
func change(c *clients) {
	moves := func(g *client) bool { return g.n%3 == 0 }
	for _, g := range c.all {
		g.from = g.room
		if moves(g) {
			g.room = fmt.Sprintf("room%02d", (g.n+7)%roomCount)
		}
	}
	c.each(func(g *client) {
		if moves(g) {
			c.say(g, "/join "+g.room)
		}
	})
	c.sync()
	c.check("change", func(g *client) (must, may []string) {
		var news []string
		for _, o := range c.others(g, moves) {
			if o.from == g.from || o.from == g.room {
				news = append(news, left(o))
			}
			if o.room == g.from || o.room == g.room {
				news = append(news, joined(o))
			}
		}
		if moves(g) {
			must = append(must, `Left chat room "`+g.from+`"`, `Joined chat room "`+g.room+`"`)
			return must, news
		}
		return news, nil
	})
}

// depart ends two fifths of the connections, half of them without a close frame, and returns them.
func disconnect(c *clients) (gone []*client) {
	stay := slices.DeleteFunc(slices.Clone(c.all), func(g *client) bool { return g.n%5 < 2 })
	gone = c.others(nil, func(g *client) bool { return g.n%5 < 2 })
	c.all = gone
	c.each(func(g *client) {
		end := func() error { return g.ws.Close(ws.CloseGoingAway, "bye") }
		if g.n%5 == 0 {
			end = g.ws.CloseNow
		}
		if err := end(); err != nil {
			c.t.Errorf("%s disconnects: %v", g.name, err)
		}
	})
	c.all = stay
	leftMessages := func(g *client) (must, may []string) {
		for _, o := range gone {
			if o.room == g.room {
				must = append(must, left(o))
			}
		}
		return must, nil
	}
	// No question tells whether all disconnects have been noticed; so first wait for as many messages.
	c.each(func(g *client) {
		must, _ := leftMessages(g)
		for len(g.received) < len(must) && c.read(g) {
			continue
		}
	})
	c.sync()
	c.check("disconnect", leftMessages)
	return gone
}

// list checks /ls in every room, and in none.
func list(c *clients) {
	c.each(func(g *client) { c.say(g, "/ls") })
	c.sync()
	lists := make(map[string]string) // by room; all of its members get the same
	for _, g := range c.all {
		if len(g.received) != 1 {
			c.t.Fatalf("%s asked for the list and received %q", g.name, g.received)
		}
		if lists[g.room] == "" {
			lists[g.room] = g.received[0]
		}
		if g.received[0] != lists[g.room] {
			c.t.Errorf("%s received %q, another %q", g.name, g.received[0], lists[g.room])
		}
		g.received = nil
	}
	for room, text := range lists {
		var want []string
		for _, g := range c.others(nil, func(g *client) bool { return g.room == room }) {
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

func listRooms(c *clients) {
	g := c.all[0]
	c.say(g, "/quit")
	c.say(g, "/ls")
	c.until(g, `Left chat room "`+g.room+`"`)
	c.sync()
	var want []string
	for i := range roomCount {
		want = append(want, fmt.Sprintf("room%02d", i))
	}
	if got := strings.Join(g.received, "\n"); got != strings.Join(want, "\n") {
		c.t.Errorf("the rooms are listed as %q, want %q", got, want)
	}
}

func joined(g *client) string { return g.name + " joined room." }

func left(g *client) string { return g.name + " left room." }
