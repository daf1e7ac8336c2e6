package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// unknownCallCases ask what nobody knows of the @connections API.
func unknownCallCases() []Case {
	posts := func(body string) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			a := t.post(p.id(), body)
			t.sawAnswer(a)
			if a.status == 200 {
				op, got, err := p.read()
				t.check("read message", err)
				t.saw("200; the client gets opcode %d and %q", op, got)
			}
		}
	}
	return []Case{
		noted("unknown/post-binary", sectionConnections, "a POST that is not UTF-8", posts("\xff\xfe")),
		noted("unknown/post-empty", sectionConnections, "a POST without a body", posts("")),
		noted("unknown/post-413", sectionConnections, "the body of 413",
			posts(strings.Repeat("x", maxMessage+1))),
		noted("unknown/post-frames", sectionConnections, "the frames of a POST of 100 KB", sawFrames),
		noted("unknown/post-order", "7", "the order of 20 POSTs, one after the other", func(t *trial) {
			p := t.dial()
			id := p.id()
			var want, got []string
			for i := range 20 {
				want = append(want, fmt.Sprint(i))
				t.post(id, fmt.Sprint(i))
			}
			for range want {
				got = append(got, p.text())
			}
			t.saw("%s", choose(slices.Equal(got, want), "kept", "not kept"))
		}),
		noted("unknown/post-together", "7", "20 POSTs at the same time", sawTogether),
		noted("unknown/delete-code", "6.2", "what the client sees of a DELETE", func(t *trial) {
			p := t.dial()
			t.delete(p.id())
			p.sawEnd()
		}),
		noted("unknown/mapped", sectionConnections, "the path without the stage, as on a custom domain",
			func(t *trial) {
				id := t.dial().id()
				base := t.endpoint.Management
				if i := strings.LastIndex(base, "/"); i > len("https://") {
					t.endpoint.Management = base[:i]
				}
				t.saw("%d", t.get(id).status)
			}),
		noted("unknown/put", sectionConnections, "a method that there is not", func(t *trial) {
			t.sawAnswer(t.call(call{method: "PUT", path: connection(t.dial().id()), body: "hello"}))
		}),
		noted("unknown/unknown-id", sectionConnections, "an id that could be and never was",
			func(t *trial) {
				t.sawAnswer(t.get("AAAAAAAAAAAAAAA="))
			}),
	}
}

// sawFrames looks at the socket itself.
func sawFrames(t *trial) {
	watcher := t.dial()
	a := t.handshake(nil, "notify="+watcher.id())
	t.equal("status", a.status, 101)
	id := watcher.event("CONNECT").Event.text("connectionId")
	const size = 100 << 10
	t.equal("status of the POST", t.post(id, strings.Repeat("x", size)).status, 200)
	var lengths []int64
	for sum := int64(0); sum < size; {
		h, err := readHeader(a)
		t.check("read frame", err)
		_, err = a.rest.Discard(int(h.Length))
		t.check("read frame", err)
		lengths = append(lengths, h.Length)
		sum += h.Length
	}
	t.saw("%d of %v bytes", len(lengths), lengths)
}

// readHeader reads the header of a frame, and leaves its payload.
func readHeader(a *answer) (ws.Header, error) {
	for n := 2; ; n++ {
		b, err := a.rest.Peek(n)
		if err != nil {
			return ws.Header{}, err
		}
		h, size, err := ws.ParseHeader(b)
		if err != nil {
			return ws.Header{}, err
		}
		if size > 0 {
			_, err = a.rest.Discard(size)
			return h, err
		}
	}
}

func sawTogether(t *trial) {
	p := t.dial()
	id := p.id()
	const calls = 20
	statuses := make(chan int, calls) // none waits for the others
	var running sync.WaitGroup
	for i := range calls {
		running.Go(func() { // ends with the call, which has a deadline
			statuses <- t.aside().post(id, fmt.Sprint(i)).status
		})
	}
	running.Wait()
	close(statuses)
	count := make(map[int]int)
	for status := range statuses {
		count[status]++
	}
	arrived := 0
	for range count[200] {
		p.text()
		arrived++
	}
	t.saw("statuses %v; %d arrived", count, arrived)
}

// unknownTimeCases ask what nobody knows of time.
func unknownTimeCases() []Case {
	return []Case{
		noted("unknown/idle-code", "6.2", "what the client sees when it was silent for 10 minutes",
			func(t *trial) {
				t.saw("%s", sawClose(t.readToEnd(t.dial(), 2*idleTime)))
			}).taking(idleTime),
		noted("unknown/life-code", "6.2", "what the client sees after 2 hours", func(t *trial) {
			closed, _ := errors.AsType[*ws.CloseError](t.liveLong(t.dial()))
			t.saw("%s", sawClose(closed))
		}).taking(lifeTime),
		noted("unknown/idle-ping", "6.3", "whether a client's ping ends its silence", func(t *trial) {
			p := t.dial()
			start := time.Now()
			t.wait(t.scaled(idleTime) / 2)
			p.raw(frame{op: ws.OpPing}.bytes())
			closed := t.readToEnd(p, 2*idleTime)
			silent := float64(time.Since(start)) / float64(t.scaled(idleTime))
			t.saw("%s; %s", choose(silent > 1.4, "yes", "no"), sawClose(closed))
		}).taking(2 * idleTime),
	}
}

func sawClose(c *ws.CloseError) string {
	if c == nil {
		return "the socket is cut"
	}
	return fmt.Sprintf("close %d %q", c.Code, c.Reason)
}
