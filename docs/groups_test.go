package docs_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

// containsIndented reports whether the lines of a block are in a file, all indented by the same
// number of tabs.
func containsIndented(source, block []string) bool {
	text := "\n" + strings.Join(source, "\n") + "\n"
	for tabs := range 4 {
		var b strings.Builder
		for _, line := range block {
			if line != "" {
				line = strings.Repeat("\t", tabs) + line
			}
			b.WriteString(line + "\n")
		}
		if strings.Contains(text, "\n"+b.String()) {
			return true
		}
	}
	return false
}

func TestContainsIndented(t *testing.T) {
	source := []string{"func f() {", "\tif a {", "\t\tb()", "\t}", "", "\tc()", "}"}
	for _, row := range []struct {
		block []string
		want  bool
	}{
		{[]string{"if a {", "\tb()", "}", "", "c()"}, true},
		{[]string{"\tc()", "}"}, true},
		{[]string{"if a {", "b()", "}"}, false},
		{[]string{"if a"}, false},
		{[]string{"b()", "}"}, false},
	} {
		if got := containsIndented(source, row.block); got != row.want {
			t.Errorf("%q is in the file: %t, want %t", row.block, got, row.want)
		}
	}
}

// newTown is the first program of the page.
func newTown() *tyg.App {
	app := tyg.New("town")
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})
	return app
}

func TestTown(t *testing.T) {
	host := tygtest.NewHost(t, newTown())
	john, jenny := host.Dial(), host.Dial()
	john.Send("hello")
	john.Expect("hello")
	jenny.Expect("hello")

	jenny.Drop() // without a close frame, like a phone in a tunnel
	john.Send("are you there?")
	john.Expect("are you there?")
}

// newPagedTown is the first program with a page.
func newPagedTown() *tyg.App {
	app := newTown()
	files := os.DirFS("testdata/groups")
	app.Pages(files)
	return app
}

func TestTownHasPage(t *testing.T) {
	page, err := fs.ReadFile(newPagedTown().Describe().Pages, "index.html")
	if err != nil || !strings.Contains(string(page), "new WebSocket(") {
		t.Errorf("the page is %q, %v", page, err)
	}
}

func TestGroupsRooms(t *testing.T) {
	app := tyg.New("rooms")
	app.OnRoute("join", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var in struct{ Room string }
		if err := m.JSON(&in); err != nil {
			return err
		}
		return app.Group("room:"+in.Room).Add(ctx, c.ID)
	})
	app.OnRoute("leave", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var in struct{ Room string }
		if err := m.JSON(&in); err != nil {
			return err
		}
		return app.Group("room:"+in.Room).Remove(ctx, c.ID)
	})
	app.OnRoute("say", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var in struct{ Room, Text string }
		if err := m.JSON(&in); err != nil {
			return err
		}
		return app.Group("room:"+in.Room).SendString(ctx, in.Text, tyg.Except(c.ID))
	})

	host := tygtest.NewHost(t, app)
	john, jenny := host.Dial(), host.Dial()
	john.Send(`{"action":"join","room":"tea"}`)
	jenny.Send(`{"action":"join","room":"tea"}`)
	john.Send(`{"action":"say","room":"tea","text":"hello"}`)
	jenny.Expect("hello")
	john.ExpectNone()
	jenny.Send(`{"action":"leave","room":"tea"}`)
	john.Send(`{"action":"say","room":"tea","text":"hello?"}`)
	jenny.ExpectNone()
}

func TestGroupsReport(t *testing.T) {
	app := tyg.New("news")
	host := tygtest.NewHost(t, app)
	host.Dial()
	if err := announce(t.Context(), app); err != nil {
		t.Error(err)
	}
}

func announce(ctx context.Context, app *tyg.App) error {
	var d tyg.Delivery
	err := app.Everyone().SendString(ctx, "maintenance at noon", tyg.Report(&d))
	if err != nil {
		return err // the message was not sent
	}
	log.Printf("reached %d, gone %d, slow %d", d.Reached, len(d.Gone), len(d.Slow))
	return nil
}

func TestGroupsMembers(t *testing.T) {
	app := tyg.New("rooms")
	room := app.Group("room:tea")
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error {
		return room.AddAs(ctx, c.ID, "John")
	})
	tygtest.NewHost(t, app).Dial()
	names, err := names(t.Context(), room)
	if err != nil || !slices.Equal(names, []string{"John"}) {
		t.Errorf("names are %q, %v", names, err)
	}
}

func names(ctx context.Context, room *tyg.Group) ([]string, error) {
	var names []string
	for m, err := range room.Members(ctx) {
		if err != nil {
			return nil, err
		}
		names = append(names, m.Name())
	}
	return names, nil
}

type gamer struct {
	Name  string
	Score int
}

func TestGroupsState(t *testing.T) {
	app := tyg.New("game")
	gamers := tyg.NewState[gamer](app)
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error {
		return gamers.Set(ctx, c.ID, gamer{Name: "Jenny"})
	})
	app.OnRoute("hit", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		g, err := gamers.Update(ctx, c.ID, func(g gamer) (gamer, error) {
			g.Score++
			return g, nil
		})
		if err != nil {
			return err
		}
		return c.SendString(ctx, fmt.Sprintf("%s has %d points", g.Name, g.Score))
	})
	client := tygtest.NewHost(t, app).Dial()
	client.Send(`{"action":"hit"}`)
	client.Send(`{"action":"hit"}`)
	client.Expect("Jenny has 1 points", "Jenny has 2 points")
}

func TestGroupsValue(t *testing.T) {
	app := tyg.New("notes")
	note := tyg.NewValue[string](app, "note")
	type edit struct {
		Revision tyg.Revision
		Text     string
	}
	app.OnRoute("edit", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var in edit // Revision is the one that the client has seen
		if err := m.JSON(&in); err != nil {
			return err
		}
		rev, err := note.CompareAndSet(ctx, in.Revision, in.Text)
		if errors.Is(err, tyg.ErrConflict) {
			return c.SendString(ctx, "the note has changed; load it again")
		}
		if err != nil {
			return err
		}
		return app.Everyone().SendJSON(ctx, edit{rev, in.Text})
	})
	host := tygtest.NewHost(t, app)
	john, jenny := host.Dial(), host.Dial()
	john.Send(`{"action":"edit","revision":0,"text":"tea at five"}`)
	if got := john.Receive(); got != jenny.Receive() || !strings.Contains(got, "tea at five") {
		t.Errorf("John received %s", got)
	}
	jenny.Send(`{"action":"edit","revision":0,"text":"tea at four"}`)
	jenny.Expect("the note has changed; load it again")
}
