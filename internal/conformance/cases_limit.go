package conformance

import (
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// API Gateway's quotas.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const (
	maxFrame    = 32 << 10
	maxMessage  = 128 << 10
	idleTime    = 10 * time.Minute
	lifeTime    = 2 * time.Hour
	integration = 29 * time.Second
)

// sizeCases are about the sizes of frames and messages.
func sizeCases() []Case {
	const section = "6.1"
	fits := func(size, fragment int) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			message := strings.Repeat("x", size)
			p.raw(wire(fragments(message, fragment)...))
			n := p.note()
			t.equal("bytes", n.Bytes, size)
			t.equal("SHA-256", n.SHA256, hexSum([]byte(message)))
			p.calm() // one event, not several
		}
	}
	tooBig := func(size, fragment int) func(*trial) {
		return func(t *trial) {
			watcher, p, _ := t.watched()
			p.raw(wire(fragments(strings.Repeat("x", size), fragment)...))
			p.closed(ws.CloseMessageTooBig)
			e := watcher.event("DISCONNECT").Event
			t.equal("disconnectStatusCode", e.number("disconnectStatusCode"), int64(ws.CloseMessageTooBig))
		}
	}
	return []Case{
		judged("size/frame", section, "a frame of 32 KB is one event", fits(maxFrame, maxFrame)),
		judged("size/frame-over", section, "a frame of 32 KB and a byte: 1009",
			tooBig(maxFrame+1, maxFrame+1)),
		judged("size/second-frame-over", section, "a later frame of 32 KB and a byte: 1009",
			func(t *trial) {
				p := t.dial()
				p.raw(wire(frame{op: ws.OpText, more: true, payload: "x"},
					frame{op: ws.OpContinuation, payload: strings.Repeat("x", maxFrame+1)}))
				p.closed(ws.CloseMessageTooBig)
			}),
		judged("size/message", section, "four frames of 32 KB are one event", fits(maxMessage, maxFrame)),
		judged("size/small-frames", section, "128 frames of 1 KB are one event", fits(maxMessage, 1<<10)),
		judged("size/message-over", section, "a message of 128 KB and a byte: 1009",
			tooBig(maxMessage+1, maxFrame)),
	}
}

// timeCases are about the limits of time.
func timeCases() []Case {
	const section = "6.1"
	return []Case{
		judged("time/integration", section, "a handler over 29 s: Endpoint request timed out", timedOut).
			taking(integration),
		judged("time/integration-stays", "3.2", "that does not close the connection", func(t *trial) {
			p := t.dial()
			p.do("sleep", "for", t.scaled(integration+10*time.Second).String())
			t.waitFrame(p, "Endpoint request timed out")
			p.calm()
		}).taking(integration),
		judged("time/idle", "6.2", "10 minutes of silence: $disconnect with 1001 Going away",
			func(t *trial) {
				watcher, _, _ := t.watched()
				e := watcher.awaitEnd(t.scaled(idleTime)/4, t.scaled(idleTime)*2+t.target.Patience)
				t.equal("disconnectStatusCode", e.number("disconnectStatusCode"), int64(ws.CloseGoingAway))
				t.equal("disconnectReason", e.text("disconnectReason"), "Going away")
			}).taking(idleTime),
		judged("time/idle-after", section, "10 minutes of silence, and not fewer, end a connection",
			func(t *trial) {
				p := t.dial()
				t.endsAfter(p, time.Now(), idleTime)
			}).taking(idleTime),
		judged("time/idle-post", section, "a POST is no silence", func(t *trial) {
			p := t.dial()
			id := p.id()
			t.wait(t.scaled(idleTime) / 2)
			start := time.Now()
			t.equal("status", t.post(id, "hello").status, 200)
			t.endsAfter(p, start, idleTime)
		}).taking(2 * idleTime),
		judged("time/idle-message", section, "a message is no silence", func(t *trial) {
			p := t.dial()
			t.wait(t.scaled(idleTime) / 2)
			start := time.Now()
			p.do("quiet")
			t.endsAfter(p, start, idleTime)
		}).taking(2 * idleTime),
		judged("time/life", section, "2 hours, and not fewer, end a connection that is not silent",
			func(t *trial) {
				start := time.Now()
				t.liveLong(t.dial())
				t.tookAbout(start, lifeTime)
			}).taking(lifeTime),
	}
}

func timedOut(t *trial) {
	p := t.dial()
	p.id()
	start := time.Now()
	p.do("sleep", "for", t.scaled(integration+10*time.Second).String())
	t.waitFrame(p, "Endpoint request timed out")
	if took, want := time.Since(start), t.scaled(integration); took < want*9/10 {
		t.failf("timed out after %v, want %v", took, want)
	}
}

// patience returns a trial that is more patient, for what takes long.
func (t *trial) patience(d time.Duration) *trial {
	target := *t.target
	target.Patience += d
	long := *t
	long.target = &target
	return &long
}

// waitFrame waits for an error frame that comes late.
func (t *trial) waitFrame(p *peer, message string) {
	long := *p
	long.t = t.patience(t.scaled(2 * integration))
	long.errorFrame(message)
}

// awaitEnd keeps a watcher alive until it is told of a disconnect.
func (p *peer) awaitEnd(every, most time.Duration) event {
	for limit := time.Now().Add(most); time.Now().Before(limit); p.t.wait(every) {
		for n := p.ask("report"); ; n = p.note() {
			if n.Event.text("eventType") == "DISCONNECT" {
				return n.Event
			}
			if n.Event.text("routeKey") == "report" {
				break
			}
		}
	}
	p.t.failf("there is no $disconnect after %v", most)
	return event{}
}

// endsAfter waits for the end of a connection that should come d after start.
func (t *trial) endsAfter(p *peer, start time.Time, d time.Duration) {
	t.readToEnd(p, 2*d)
	t.tookAbout(start, d)
}

// readToEnd waits up to about d, as time passes at API Gateway, for the end of a connection.
func (t *trial) readToEnd(p *peer, d time.Duration) *ws.CloseError {
	long := *p
	long.t = t.patience(t.scaled(d))
	return long.ended()
}

// tookAbout allows for a twentieth less, a tenth more, and a busy machine: API Gateway is seen
// to be late by seconds, too.
func (t *trial) tookAbout(start time.Time, d time.Duration) {
	want := t.scaled(d)
	took := time.Since(start)
	if took < want*19/20 || took > want*11/10+5*time.Second {
		t.failf("the connection ended after %v, want %v", took.Round(time.Millisecond), want)
	}
}

// liveLong talks until the connection ends, and returns how it ended.
func (t *trial) liveLong(p *peer) error {
	for {
		if err := p.conn.Write(t.ctx, ws.OpText, []byte(`{"action":"report"}`)); err != nil {
			return err
		}
		if _, _, err := p.read(); err != nil {
			return err
		}
		t.wait(t.scaled(idleTime) / 5)
	}
}
