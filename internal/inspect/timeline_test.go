package inspect

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

func newTestTap() *tap {
	t := new(tap)
	t.init()
	t.page.Store(true)
	return t
}

func event(n int, data string) tyg.Event {
	return tyg.Event{
		Type: tyg.EventMessage, Route: "$default", RequestID: fmt.Sprint("r", n), Time: time.Now(),
		Conn: &tyg.Conn{ID: "c"}, Message: tyg.Message{Data: []byte(data)},
	}
}

// The timeline stays below its bounds however much comes, and forgets the oldest lines.
func TestTimelineIsBounded(t *testing.T) {
	tap, tl := newTestTap(), newTimeline()
	for n := range 150 {
		tap.Received(event(n, strings.Repeat("x", 40<<10)))
		for range 2 * maxSends {
			tap.Sent(gateway.SentMessage{
				RequestID: fmt.Sprint("r", n), Data: []byte(strings.Repeat("y", 1<<10)),
				To: make([]gateway.Recipient, 60), Recipients: 60,
			})
		}
		tl.apply(tap.take(new(batch)))
		tl.tokens = burst
	}
	if tl.bytes > maxBytes || len(tl.lines) > maxLines || len(tl.byRequest) > len(tl.lines) {
		t.Errorf("%d lines of %d bytes, %d requests", len(tl.lines), tl.bytes, len(tl.byRequest))
	}
	l := tl.lines[len(tl.lines)-1]
	if l.Request != "r149" || len(l.Sends) != maxSends || l.Cut != maxSends ||
		len(l.Sends[0].To) != maxLineTo || !l.Frame.Cut || l.Frame.Size != 40<<10 {
		t.Errorf("the last line is %s with %d sends, %d cut", l.Request, len(l.Sends), l.Cut)
	}
	size := 0
	for _, l := range tl.lines {
		size += l.bytes
	}
	if size != tl.bytes {
		t.Errorf("the lines have %d bytes, and it counted %d", size, tl.bytes)
	}
}

// A line that kept the id of its event would keep those of 63 others with it, which are more than
// the line.
func TestLinesKeepNoOtherIDs(t *testing.T) {
	many := strings.Repeat("0123456789abcdef", 64)
	tap, tl := newTestTap(), newTimeline()
	e := event(1, "x")
	e.RequestID = many[:16]
	tap.Received(e)
	tl.apply(tap.take(new(batch)))
	tl.starts.add("Root=1", "other", many[16:32])
	within := func(s string) bool {
		at := uintptr(unsafe.Pointer(unsafe.StringData(s)))
		from := uintptr(unsafe.Pointer(unsafe.StringData(many)))
		return at >= from && at < from+uintptr(len(many))
	}
	for id, l := range tl.byRequest {
		if within(id) || within(l.Request) || l.Request != e.RequestID {
			t.Errorf("the line of %q keeps the ids of others", l.Request)
		}
	}
	if len(tl.byRequest) != 1 || within(tl.starts.byID["other"]) {
		t.Errorf("%d lines, or the start of a function keeps the ids of others", len(tl.byRequest))
	}
}

// What is too much between two ticks is counted, and not kept.
func TestTapIsBounded(t *testing.T) {
	tap := newTestTap()
	for n := range maxNotes + 5 {
		tap.Handled(event(n, ""), gateway.Mark{At: time.Now().Add(-time.Millisecond)}, nil)
	}
	b := tap.take(new(batch))
	if len(b.records) != maxNotes || b.lost != 5 {
		t.Errorf("%d records, %d lost", len(b.records), b.lost)
	}
	for range maxData/maxFrame + 1 {
		tap.Received(event(0, strings.Repeat("x", maxFrame)))
	}
	if b = tap.take(b); len(b.data) > maxData || b.lost != 1 {
		t.Errorf("%d bytes, %d lost", len(b.data), b.lost)
	}
}

// A batch that is used again does not change what was made of it.
func TestLinesOutliveTheirBatch(t *testing.T) {
	tap, tl := newTestTap(), newTimeline()
	tap.Received(event(1, "first"))
	b := tap.take(new(batch))
	tl.apply(b)
	tap.take(b)
	tap.Received(event(2, "other"))
	if got := tl.lines[0].Frame.Text; got != "first" {
		t.Errorf("the line is %q", got)
	}
}

// Of many messages every so-manyth has a line, with what it caused.
func TestSamplesAreSpreadEvenly(t *testing.T) {
	tap, tl := newTestTap(), newTimeline()
	tl.tokens = 0
	for n := range 1000 {
		tap.Received(event(n, "x"))
		tap.Sent(gateway.SentMessage{RequestID: fmt.Sprint("r", n), Recipients: 1})
		tap.Handled(event(n, ""), gateway.Mark{At: time.Now().Add(-time.Millisecond)}, nil)
	}
	tl.apply(tap.take(new(batch)))
	if len(tl.lines) != linesPerTick || tl.seen != 1000 || tl.kept != linesPerTick ||
		tl.latency.n != 1000 {
		t.Fatalf("%d lines, seen %d, kept %d, timed %d", len(tl.lines), tl.seen, tl.kept, tl.latency.n)
	}
	for i, l := range tl.lines {
		if want := fmt.Sprint("r", 100*(i+1)-1); l.Request != want || !l.Done || len(l.Sends) != 1 {
			t.Errorf("line %d is %+v, want %s", i, l, want)
		}
	}
}
