package cases

import (
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
)

// API Gateway's quotas.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const (
	maxFrame    = 32 << 10
	maxMessage  = 128 << 10
	idleTime    = 10 * time.Minute
	lifeTime    = 2 * time.Hour
	integration = harness.IntegrationTimeout
)

// sizeCases check the sizes of frames and messages.
func sizeCases() []harness.Case {
	const section = "6.1"
	fits := func(size, fragment int) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			message := strings.Repeat("x", size)
			p.WriteRaw(harness.Encode(harness.Fragments(message, fragment)...))
			n := p.Notice()
			t.Equal("bytes", n.Bytes, size)
			t.Equal("SHA-256", n.SHA256, harness.HexSum([]byte(message)))
			p.ExpectQuiet() // one event, not several
		}
	}
	tooBig := func(size, fragment int) func(*harness.T) {
		return func(t *harness.T) {
			watcher, p, _ := t.DialWatched()
			p.WriteRaw(harness.Encode(harness.Fragments(strings.Repeat("x", size), fragment)...))
			p.ExpectClose(ws.CloseMessageTooBig)
			e := watcher.Event("DISCONNECT").Event
			t.Equal("disconnectStatusCode", e.Number("disconnectStatusCode"), int64(ws.CloseMessageTooBig))
		}
	}
	return []harness.Case{
		judged("size/frame", section, "a frame of 32 KB is one event", fits(maxFrame, maxFrame)),
		judged("size/frame-over", section, "a frame of 32 KB and a byte: 1009",
			tooBig(maxFrame+1, maxFrame+1)),
		judged("size/second-frame-over", section, "a later frame of 32 KB and a byte: 1009",
			func(t *harness.T) {
				p := t.Dial()
				p.WriteRaw(harness.Encode(harness.Frame{Op: ws.OpText, More: true, Payload: "x"},
					harness.Frame{Op: ws.OpContinuation, Payload: strings.Repeat("x", maxFrame+1)}))
				p.ExpectClose(ws.CloseMessageTooBig)
			}),
		judged("size/message", section, "four frames of 32 KB are one event", fits(maxMessage, maxFrame)),
		judged("size/small-frames", section, "128 frames of 1 KB are one event", fits(maxMessage, 1<<10)),
		judged("size/message-over", section, "a message of 128 KB and a byte: 1009",
			tooBig(maxMessage+1, maxFrame)),
	}
}

// timeCases check the time limits.
func timeCases() []harness.Case {
	const section = "6.1"
	return []harness.Case{
		judged("time/integration", section, "a handler over 29 s: Endpoint request timed out", timedOut).
			Taking(integration),
		judged("time/integration-stays", "3.2", "a handler that times out does not close the connection",
			func(t *harness.T) {
				p := t.Dial()
				p.Do("sleep", "for", t.Scaled(integration+10*time.Second).String())
				waitFrame(t, p, "Endpoint request timed out")
				p.ExpectQuiet()
			}).Taking(integration),
		judged("time/idle", "6.2", "10 idle minutes: $disconnect with 1001 Going away",
			func(t *harness.T) {
				watcher, _, _ := t.DialWatched()
				e := awaitEnd(t, watcher, t.Scaled(idleTime)/4, t.Scaled(idleTime)*2+t.Target.Patience)
				t.Equal("disconnectStatusCode", e.Number("disconnectStatusCode"), int64(ws.CloseGoingAway))
				t.Equal("disconnectReason", e.Text("disconnectReason"), "Going away")
			}).Taking(idleTime),
		judged("time/idle-after", section, "an idle connection ends after 10 minutes, not earlier",
			func(t *harness.T) {
				p := t.Dial()
				endsAfter(t, p, time.Now(), idleTime)
			}).Taking(idleTime),
		judged("time/idle-post", section, "a POST resets the idle time", func(t *harness.T) {
			p := t.Dial()
			id := p.ID()
			t.Wait(t.Scaled(idleTime) / 2)
			start := time.Now()
			t.Equal("status", t.Post(id, "hello").Status, 200)
			endsAfter(t, p, start, idleTime)
		}).Taking(2 * idleTime),
		judged("time/idle-message", section, "a message resets the idle time", func(t *harness.T) {
			p := t.Dial()
			t.Wait(t.Scaled(idleTime) / 2)
			start := time.Now()
			p.Do("quiet")
			endsAfter(t, p, start, idleTime)
		}).Taking(2 * idleTime),
		judged("time/life", section, "an active connection ends after 2 hours, not earlier",
			func(t *harness.T) {
				start := time.Now()
				stayActive(t, t.Dial())
				tookAbout(t, start, lifeTime)
			}).Taking(lifeTime),
	}
}

func timedOut(t *harness.T) {
	p := t.Dial()
	p.ID()
	start := time.Now()
	p.Do("sleep", "for", t.Scaled(integration+10*time.Second).String())
	waitFrame(t, p, "Endpoint request timed out")
	if took, want := time.Since(start), t.Scaled(integration); took < want*9/10 {
		t.Failf("timed out after %v, want %v", took, want)
	}
}

// waitFrame waits for an error frame that comes late.
func waitFrame(t *harness.T, p *harness.Client, message string) {
	p.WithPatience(t.Scaled(2 * integration)).ErrorFrame(message)
}

// awaitEnd keeps a watcher's connection active until it gets the notice of a disconnect.
func awaitEnd(t *harness.T, watcher *harness.Client, every, most time.Duration) harness.Event {
	for limit := time.Now().Add(most); time.Now().Before(limit); t.Wait(every) {
		for n := watcher.Ask("report"); ; n = watcher.Notice() {
			if n.Event.Text("eventType") == "DISCONNECT" {
				return n.Event
			}
			if n.Event.Text("routeKey") == "report" {
				break
			}
		}
	}
	t.Failf("there is no $disconnect after %v", most)
	return harness.Event{}
}

// endsAfter waits for the end of a connection that should come d after start.
func endsAfter(t *harness.T, p *harness.Client, start time.Time, d time.Duration) {
	readToEnd(t, p, 2*d)
	tookAbout(t, start, d)
}

// readToEnd waits up to about d, as time passes at API Gateway, for the end of a connection.
func readToEnd(t *harness.T, p *harness.Client, d time.Duration) *ws.CloseError {
	return p.WithPatience(t.Scaled(d)).ReadUntilClosed()
}

// tookAbout allows a twentieth less, a tenth more, and 5 seconds for a busy machine: API Gateway is
// late by seconds, too.
func tookAbout(t *harness.T, start time.Time, d time.Duration) {
	want := t.Scaled(d)
	took := time.Since(start)
	if took < want*19/20 || took > want*11/10+5*time.Second {
		t.Failf("the connection ended after %v, want %v", took.Round(time.Millisecond), want)
	}
}

// stayActive sends messages until the connection ends, and returns the error that ended it.
func stayActive(t *harness.T, p *harness.Client) error {
	for {
		if err := p.Conn.Write(t.Context(), ws.OpText, []byte(`{"action":"report"}`)); err != nil {
			return err
		}
		if _, _, err := p.Read(); err != nil {
			return err
		}
		t.Wait(t.Scaled(idleTime) / 5)
	}
}
