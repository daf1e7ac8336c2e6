package grouptest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func groupCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "A message reaches the members and no other connection",
			Rule:  "Send sends a message once to each member of the group",
			Check: checkSend,
		},
		{
			Name:  "Except leaves members out",
			Rule:  "Send with Except sends to all other members",
			Check: checkExcept,
		},
		{
			Name:  "Adding a member changes nothing",
			Rule:  "a connection is in a group once, however often it is added; AddAs sets its info",
			Check: checkAddTwice,
		},
		{
			Name:  "Remove ends a membership",
			Rule:  "a connection that was removed gets nothing; Remove of another does nothing",
			Check: checkRemove,
		},
		{
			Name:  "A connection leaves all its groups when it ends",
			Rule:  "a connection that has ended is in no group, without being removed",
			Check: checkEnd,
		},
		{
			Name:  "Everyone is the group of all connections",
			Rule:  "every open connection is in Everyone, and is neither added nor removed",
			Check: checkEveryone,
		},
		{
			Name:  "Any valid UTF-8 is a name",
			Rule:  "a name of 1 to 256 bytes of UTF-8 is a group of its own",
			Check: checkNames,
		},
		{
			Name:  "Other names are refused",
			Rule:  "a name that is empty, too long or not UTF-8 is ErrInvalidGroup",
			Check: checkInvalidNames,
		},
		{
			Name:  "Members yields each member once",
			Rule:  "Members yields each member with its info, until the loop ends",
			Check: checkMembers,
		},
		{
			Name:  "A connection that is over is not added",
			Rule:  "Add returns a *ConnError: ErrGone, or ErrInvalidID for what is no id",
			Check: checkAddGone,
		},
		{
			Name:  "A connection may be added while it connects",
			Rule:  "a member that connect has added gets messages from its open on",
			Check: checkAddInConnect,
		},
		{
			Name:  "A refused connection is in no group",
			Rule:  "a connection whose handshake is refused has left the groups of connect",
			Check: checkRefused,
		},
		{
			Name:  "A group without members is no error",
			Rule:  "Send to a group without members returns nil and reaches none",
			Check: checkEmpty,
		},
		{
			Name:  "What cannot be sent to one connection is not sent to a group",
			Rule:  "Send returns ErrTooLarge, ErrNotText or ErrBinary and sends nothing",
			Check: checkRefusedMessages,
		},
		{
			Name:  "A handler sends to a group",
			Rule:  "messages that one handler sends to a group arrive in their order",
			Check: checkHandlerSends,
		},
	}
}

func checkSend(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(20)
	tea, coffee := t.App.Group("tea"), t.App.Group("coffee")
	add(t, tea, clients[:10]...)
	add(t, coffee, clients[5:15]...)
	send(t, tea, "tea", 10)
	send(t, coffee, "coffee", 10)
	for i, p := range clients {
		if i < 10 {
			p.Expect("tea")
		}
		if i >= 5 && i < 15 {
			p.Expect("coffee")
		}
	}
	expectNothing(clients...)
}

func checkExcept(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(4)
	g := t.App.Group("tea")
	add(t, g, clients...)
	send(t, g, "one", 3, tyg.Except(clients[0].ID()))
	send(t, g, "two", 2, tyg.Except(clients[0].ID(), unknownID), tyg.Except(clients[1].ID()))
	for i, p := range clients {
		if i > 0 {
			p.Expect("one")
		}
		if i > 1 {
			p.Expect("two")
		}
	}
	expectNothing(clients...)
}

func checkAddTwice(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	g := t.App.Group("tea")
	add(t, g, p, p)
	first := members(t, g)[p.ID()]
	if err := g.AddAs(t.Ctx, p.ID(), "John"); err != nil {
		t.Fatalf("AddAs returned %v", err)
	}
	add(t, g, p)
	second := members(t, g)[p.ID()]
	if second.Name() != "John" || !second.JoinedAt.Equal(first.JoinedAt) {
		t.Errorf("after AddAs the member is %+v, was %+v", second, first)
	}
	expectCount(t, g, 1)
	send(t, g, "hi", 1)
	p.Expect("hi")
	expectNothing(p)
}

func checkRemove(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(3)
	g := t.App.Group("tea")
	add(t, g, clients[:2]...)
	for _, p := range []*suite.Client{clients[0], clients[0], clients[2]} {
		if err := g.Remove(t.Ctx, p.ID()); err != nil {
			t.Errorf("Remove returned %v", err)
		}
	}
	if err := g.Remove(t.Ctx, unknownID); err != nil {
		t.Errorf("Remove of a connection that is over returned %v", err)
	}
	send(t, g, "hi", 1)
	clients[1].Expect("hi")
	expectNothing(clients...)
	add(t, g, clients[0])
	send(t, g, "again", 2)
	clients[0].Expect("again")
}

func checkEnd(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(3)
	tea, coffee := t.App.Group("tea"), t.App.Group("coffee")
	add(t, tea, clients...)
	add(t, coffee, clients...)
	clients[0].Disconnect()
	if err := clients[1].Drop(); err != nil {
		t.Fatalf("drop: %v", err)
	}
	clients[1].WaitDisconnect()
	expectCount(t, tea, 1)
	expectCount(t, coffee, 1)
	send(t, tea, "hi", 1)
	clients[2].Expect("hi")
}

func checkEveryone(t *suite.T) {
	t.Start()
	g := t.App.Everyone()
	expectCount(t, g, 0)
	clients := t.ConnectMany(5)
	expectCount(t, g, 5)
	send(t, g, "all", 5)
	send(t, g, "others", 4, tyg.Except(clients[4].ID()))
	for i, p := range clients {
		p.Expect("all")
		if i < 4 {
			p.Expect("others")
		}
	}
	list := members(t, g)
	for _, p := range clients {
		if m := list[p.ID()]; m.ID != p.ID() || m.Info != nil || m.JoinedAt.IsZero() {
			t.Errorf("the member %s is %+v", p.ID(), m)
		}
	}
	for name, err := range map[string]error{
		"Add": g.Add(t.Ctx, clients[0].ID()), "Remove": g.Remove(t.Ctx, clients[0].ID()),
	} {
		if !isInvalidGroup(err) {
			t.Errorf("%s returned %v, want ErrInvalidGroup", name, err)
		}
	}
	clients[0].Disconnect()
	expectCount(t, g, 4)
}

func checkNames(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	names := []string{
		"a", "A", "room:42", "a b", "a/b", "a%2Fb", "/", "..", ".", "*", ">", "#", "?x=1", "\n", "\x00",
		"é", "e\u0301", "日本語", "🫖", "@connections", "$default", strings.Repeat("n", tyg.MaxGroupName),
	}
	for _, name := range names {
		add(t, t.App.Group(name), p)
	}
	for _, name := range names {
		send(t, t.App.Group(name), name, 1)
		if len(members(t, t.App.Group(name))) != 1 {
			t.Errorf("group %q does not have one member", name)
		}
		p.Expect(name)
	}
}

func checkInvalidNames(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	for _, name := range []string{"", "\xff", strings.Repeat("n", tyg.MaxGroupName+1)} {
		g := t.App.Group(name)
		_, count := g.Count(t.Ctx)
		var walk error
		for _, walk = range g.Members(t.Ctx) {
		}
		for call, err := range map[string]error{
			"Add": g.Add(t.Ctx, p.ID()), "Remove": g.Remove(t.Ctx, p.ID()), "Count": count,
			"Send": g.Send(t.Ctx, []byte("x")), "Members": walk,
		} {
			if !isInvalidGroup(err) {
				t.Errorf("%s with the name %q returned %v", call, name, err)
			}
		}
	}
	expectNothing(p)
}

func checkMembers(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(150) // more than a page of some hosts
	g := t.App.Group("tea")
	type info struct{ Number int }
	for i, p := range clients {
		if err := g.AddAs(t.Ctx, p.ID(), info{i}); err != nil {
			t.Fatalf("AddAs returned %v", err)
		}
	}
	list := members(t, g)
	for i, p := range clients {
		var got info
		if err := list[p.ID()].Decode(&got); err != nil || got.Number != i {
			t.Errorf("the info of %s is %+v, %v, want %d", p.ID(), got, err, i)
		}
	}
	if len(list) != len(clients) {
		t.Errorf("there are %d members, want %d", len(list), len(clients))
	}
	n := 0
	for range g.Members(t.Ctx) {
		if n++; n == 3 {
			break
		}
	}
	tooLarge := json.RawMessage(`"` + strings.Repeat("x", tyg.MaxMemberInfo) + `"`)
	if err := g.AddAs(t.Ctx, clients[0].ID(), tooLarge); !isTooLarge(err) {
		t.Errorf("AddAs with much info returned %v, want ErrTooLarge", err)
	}
}

func checkAddGone(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	p.Disconnect()
	expectCount(t, t.App.Everyone(), 0)
	g := t.App.Group("tea")
	for id, want := range map[tyg.ConnID]error{
		p.ID(): tyg.ErrGone, unknownID: tyg.ErrGone, "nonsense": tyg.ErrInvalidID,
	} {
		t.ExpectConnError("Add", g.Add(t.Ctx, id), id, want)
	}
	expectCount(t, g, 0)
}

func checkEmpty(t *suite.T) {
	t.Start()
	send(t, t.App.Group("tea"), "hi", 0)
	send(t, t.App.Everyone(), "hi", 0)
	expectCount(t, t.App.Group("tea"), 0)
	if list := members(t, t.App.Group("tea")); len(list) > 0 {
		t.Errorf("a group without members has %v", list)
	}
}

func checkRefusedMessages(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	g := t.App.Group("tea")
	add(t, g, p)
	large := strings.Repeat("x", suite.MaxMessage)
	if err := g.Send(t.Ctx, []byte(large+"x")); !isTooLarge(err) {
		t.Errorf("Send of too much returned %v", err)
	}
	if err := g.Send(t.Ctx, []byte("\xff")); !is(err, tyg.ErrNotText) {
		t.Errorf("Send of no text returned %v", err)
	}
	err := g.Send(t.Ctx, []byte("\xff\x00"), tyg.Binary)
	if !t.Binary && !is(err, tyg.ErrBinary) || t.Binary && err != nil {
		t.Errorf("Send of binary data returned %v", err)
	}
	if t.Binary {
		p.ExpectAs(tyg.Binary, "\xff\x00")
	}
	send(t, g, large, 1)
	p.Expect(large)
}

func checkHandlerSends(t *suite.T) {
	t.OnMessage = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		g := t.App.Group("tea")
		for _, text := range []string{"1", "2", "3"} {
			if err := g.Send(ctx, append(slices.Clone(m.Data), text...)); err != nil {
				return err
			}
		}
		return nil
	}
	t.Start()
	clients := t.ConnectMany(12)
	add(t, t.App.Group("tea"), clients...)
	for _, p := range clients[:3] {
		p.WriteText("a")
		for _, q := range clients {
			q.Expect("a1")
			q.Expect("a2")
			q.Expect("a3")
		}
	}
}
