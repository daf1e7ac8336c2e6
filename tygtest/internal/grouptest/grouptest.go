// Package grouptest has the cases of tygtest.TestGroups.
package grouptest

import (
	"errors"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

// Run runs the suite; see tygtest.TestGroups.
func Run(t *testing.T, start suite.Start) {
	t.Helper()
	t.Run("group", func(t *testing.T) { suite.Run(t, start, groupCases()) })
	t.Run("presence", func(t *testing.T) { suite.Run(t, start, presenceCases()) })
	t.Run("race", func(t *testing.T) { suite.Run(t, start, raceCases()) })
	t.Run("value", func(t *testing.T) { suite.Run(t, start, valueCases()) })
	t.Run("state", func(t *testing.T) { suite.Run(t, start, stateCases()) })
}

// unknownID has the form of a connection id and was never given out.
const unknownID tyg.ConnID = "AAAAAAAAAAAAAAA="

// expectNothing checks that clients were sent nothing that they have not read.
func expectNothing(clients ...*suite.Client) {
	for _, p := range clients {
		p.RoundTrip()
	}
}

func add(t *suite.T, g *tyg.Group, clients ...*suite.Client) {
	t.Helper()
	for _, p := range clients {
		if err := g.Add(t.Ctx, p.ID()); err != nil {
			t.Fatalf("Add returned %v", err)
		}
	}
}

// send sends a text to a group and checks how many it reached.
func send(
	t *suite.T, g *tyg.Group, text string, reached int, opts ...tyg.GroupOption,
) tyg.Delivery {
	t.Helper()
	var d tyg.Delivery
	if err := g.Send(t.Ctx, []byte(text), append(opts, tyg.Report(&d))...); err != nil {
		t.Fatalf("Send returned %v", err)
	}
	if d.Reached != reached || len(d.Slow)+len(d.Failed)+d.Pending > 0 {
		t.Errorf("Send reported %+v, want %d reached", d, reached)
	}
	return d
}

// expectCount waits until a group has n members: a connection that ends leaves it soon after.
func expectCount(t *suite.T, g *tyg.Group, n int) {
	t.Helper()
	for {
		got, err := g.Count(t.Ctx)
		if err == nil && got == n {
			return
		}
		if err != nil || t.Ctx.Err() != nil {
			t.Fatalf("Count returned %d, %v, want %d", got, err, n)
		}
		time.Sleep(time.Millisecond)
	}
}

func members(t *suite.T, g *tyg.Group) map[tyg.ConnID]tyg.Member {
	t.Helper()
	list := make(map[tyg.ConnID]tyg.Member)
	for m, err := range g.Members(t.Ctx) {
		if err != nil {
			t.Fatalf("Members returned %v", err)
		}
		if _, ok := list[m.ID]; ok {
			t.Errorf("Members yielded %s twice", m.ID)
		}
		list[m.ID] = m
	}
	return list
}

func is(err, target error) bool { return errors.Is(err, target) }

func isInvalidGroup(err error) bool { return is(err, tyg.ErrInvalidGroup) }

func isTooLarge(err error) bool { return is(err, tyg.ErrTooLarge) }
