package cases

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
)

// unknownCallCases note what is not known of the @connections API at API Gateway.
func unknownCallCases() []harness.Case {
	posts := func(body string) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			a := t.Post(p.ID(), body)
			noteResponse(t, a)
			if a.Status == 200 {
				op, got, err := p.Read()
				t.Check("read message", err)
				t.Note("200; the client gets opcode %d and %q", op, got)
			}
		}
	}
	return []harness.Case{
		noted("unknown/post-binary", sectionConnections, "a POST that is not UTF-8", posts("\xff\xfe")),
		noted("unknown/post-empty", sectionConnections, "a POST without a body", posts("")),
		noted("unknown/post-413", sectionConnections, "the body of 413",
			posts(strings.Repeat("x", maxMessage+1))),
		noted("unknown/post-frames", sectionConnections, "the frames of a POST of 100 KB", noteFrames),
		noted("unknown/post-order", "7", "the order of 20 POSTs, one after the other",
			func(t *harness.T) {
				p := t.Dial()
				id := p.ID()
				var want, got []string
				for i := range 20 {
					want = append(want, fmt.Sprint(i))
					t.Post(id, fmt.Sprint(i))
				}
				for range want {
					got = append(got, p.Text())
				}
				t.Note("%s", choose(slices.Equal(got, want), "kept", "not kept"))
			}),
		noted("unknown/post-together", "7", "20 POSTs at the same time", noteConcurrentPosts),
		noted("unknown/delete-code", "6.2", "what the client sees of a DELETE", func(t *harness.T) {
			p := t.Dial()
			t.Delete(p.ID())
			noteEnd(t, p)
		}),
		noted("unknown/mapped", sectionConnections, "the path without the stage, as on a custom domain",
			func(t *harness.T) {
				id := t.Dial().ID()
				base := t.Endpoint.Management
				if i := strings.LastIndex(base, "/"); i > len("https://") {
					t.Endpoint.Management = base[:i]
				}
				t.Note("%d", t.Get(id).Status)
			}),
		noted("unknown/put", sectionConnections, "an unsupported method", func(t *harness.T) {
			path := harness.ConnectionPath(t.Dial().ID())
			noteResponse(t, t.Call(harness.Call{Method: "PUT", Path: path, Body: "hello"}))
		}),
		noted("unknown/unknown-id", sectionConnections, "a well-formed id that never existed",
			func(t *harness.T) {
				noteResponse(t, t.Get("AAAAAAAAAAAAAAA="))
			}),
	}
}

// noteFrames reads the socket itself, because a client joins frames.
func noteFrames(t *harness.T) {
	watcher := t.Dial()
	a := t.Handshake(nil, "notify="+watcher.ID())
	t.Equal("status", a.Status, 101)
	id := watcher.Event("CONNECT").Event.Text("connectionId")
	const size = 100 << 10
	t.Equal("status of the POST", t.Post(id, strings.Repeat("x", size)).Status, 200)
	var lengths []int64
	for sum := int64(0); sum < size; {
		h, err := readHeader(a)
		t.Check("read frame", err)
		_, err = a.Rest.Discard(int(h.Length))
		t.Check("read frame", err)
		lengths = append(lengths, h.Length)
		sum += h.Length
	}
	t.Note("%d of %v bytes", len(lengths), lengths)
}

// readHeader reads the header of a frame, and leaves its payload.
func readHeader(a *harness.Response) (ws.Header, error) {
	for n := 2; ; n++ {
		b, err := a.Rest.Peek(n)
		if err != nil {
			return ws.Header{}, err
		}
		h, size, err := ws.ParseHeader(b)
		if err != nil {
			return ws.Header{}, err
		}
		if size > 0 {
			_, err = a.Rest.Discard(size)
			return h, err
		}
	}
}

func noteConcurrentPosts(t *harness.T) {
	p := t.Dial()
	id := p.ID()
	const calls = 20
	statuses := make(chan int, calls) // as many as calls, so that no call waits
	var running sync.WaitGroup
	for i := range calls {
		running.Go(func() { // ends with the call, which has a deadline
			statuses <- t.Fork().Post(id, fmt.Sprint(i)).Status
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
		p.Text()
		arrived++
	}
	t.Note("statuses %v; %d arrived", count, arrived)
}

// unknownTimeCases note what is not known of time at API Gateway.
func unknownTimeCases() []harness.Case {
	return []harness.Case{
		noted("unknown/idle-code", "6.2", "what the client sees after 10 idle minutes",
			func(t *harness.T) {
				t.Note("%s", noteClose(readToEnd(t, t.Dial(), 2*idleTime)))
			}).Taking(idleTime),
		noted("unknown/life-code", "6.2", "what the client sees after 2 hours", func(t *harness.T) {
			closed, _ := errors.AsType[*ws.CloseError](stayActive(t, t.Dial()))
			t.Note("%s", noteClose(closed))
		}).Taking(lifeTime),
		noted("unknown/idle-ping", "6.3", "whether a client's ping resets the idle time",
			func(t *harness.T) {
				p := t.Dial()
				start := time.Now()
				t.Wait(t.Scaled(idleTime) / 2)
				p.WriteRaw(harness.Frame{Op: ws.OpPing}.Bytes())
				closed := readToEnd(t, p, 2*idleTime)
				silent := float64(time.Since(start)) / float64(t.Scaled(idleTime))
				t.Note("%s; %s", choose(silent > 1.4, "yes", "no"), noteClose(closed))
			}).Taking(2 * idleTime),
	}
}

func noteClose(c *ws.CloseError) string {
	if c == nil {
		return "the socket is cut"
	}
	return fmt.Sprintf("close %d %q", c.Code, c.Reason)
}
