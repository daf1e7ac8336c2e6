package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/test/internal/victim"
)

// A member is one session.
type member struct {
	*soak
	conn  *wsclient.Conn
	group int
	id    int64
	last  map[int64]int // by id of the other: its last number
	heard chan struct{} // closed with end
	end   error         // of the connection

	mu     sync.Mutex
	calls  []string        // guarded by mu: that the function has not answered
	failed map[string]bool // guarded by mu: that got an error frame
}

// maxCalls is how many calls of a member may be unanswered: a member that went on calling would
// wait for longer and longer on a machine that is too slow for all of them.
const maxCalls = 5

// live joins, talks for a while, and leaves.
func (m *member) live(ctx context.Context, rng *rand.Rand) {
	if err := m.say(ctx, fmt.Sprint("join g", m.group)); err != nil {
		m.fault("join: %v", err)
	}
	m.heard = make(chan struct{})
	m.last = make(map[int64]int)
	m.failed = make(map[string]bool)
	go func() { // ends with the connection
		defer close(m.heard)
		m.listen(ctx)
	}()
	n := 1 + rng.IntN(50)
	for i := 1; i <= n && !m.over(); i++ {
		if err := m.say(ctx, fmt.Sprintf("say g%d %d %d", m.group, m.id, i)); err != nil {
			m.fault("say: %v", err)
			break
		}
		m.said.Add(1)
		if call := fmt.Sprintf("%d.%d", m.id, i); rng.IntN(10) == 0 && m.begin(call) {
			if err := m.say(ctx, victim.Call+call); err != nil {
				m.fault("call: %v", err)
				break
			}
		}
		time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
	}
	if rng.IntN(2) == 0 {
		m.awaitAnswers(ctx)
		_ = m.conn.Close(ws.CloseNormal, "") // else it just goes
	}
	_ = m.conn.CloseNow()
	<-m.heard
}

// begin adds a call, unless there are too many.
func (m *member) begin(call string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.calls) == maxCalls {
		return false
	}
	m.calls = append(m.calls, call)
	return true
}

// open returns the calls that were not answered.
func (m *member) open() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

// answered judges an answer of the function.
func (m *member) answered(call string) {
	m.called.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.failed[call]: // it came too late, which is a fault already
	case len(m.calls) == 0:
		m.fault("the function answered %q, which was not asked", call)
	case m.calls[0] != call:
		m.fault("the function answered %q, want %q", call, m.calls[0])
	default:
		m.calls = m.calls[1:]
	}
}

// awaitAnswers waits until the function has answered all calls, and asks the server about those
// that it has not answered in time.
func (m *member) awaitAnswers(ctx context.Context) {
	for len(m.open()) > 0 {
		select {
		case <-ctx.Done():
			m.explainCalls("not answered in time")
			return
		case <-m.heard:
			m.explainCalls(fmt.Sprintf("not answered before the end of the connection (%v)", m.end))
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// explainCalls makes each call that was not answered a fault, of the kind that the server says.
func (m *member) explainCalls(what string) {
	for _, call := range m.open() {
		m.unanswered(what, m.server.Fate(call, ""))
	}
}

func (m *member) say(ctx context.Context, text string) error {
	return m.conn.Write(ctx, ws.OpText, []byte(text))
}

// listen judges what comes.
func (m *member) listen(ctx context.Context) {
	joined := fmt.Sprint("joined g", m.group)
	for {
		_, data, err := m.conn.Read(ctx)
		if err != nil {
			m.end = err
			return
		}
		if string(data) == joined {
			joined = "" // once
			continue
		}
		if answer, ok := strings.CutPrefix(string(data), victim.Called); ok {
			m.answered(answer)
			continue
		}
		if !m.fail(data) {
			m.heardOf(data)
		}
	}
}

// fail reports whether data is an error frame in place of an answer, which it counts with what the
// server knows of the call.
func (m *member) fail(data []byte) bool {
	var frame struct{ Message, RequestID string }
	if json.Unmarshal(data, &frame) != nil || frame.RequestID == "" {
		return false
	}
	f := m.server.Fate("", frame.RequestID)
	m.mu.Lock()
	m.failed[f.Text] = true
	m.calls = slices.DeleteFunc(m.calls, func(call string) bool { return call == f.Text })
	m.mu.Unlock()
	m.unanswered("answered with "+frame.Message, f)
	return true
}

// heardOf judges what a member of a group has said.
func (m *member) heardOf(data []byte) {
	var group, number int
	var from int64
	if _, err := fmt.Sscanf(string(data), "say g%d %d %d", &group, &from, &number); err != nil ||
		group != m.group {
		m.fault("a member of g%d received %q", m.group, data)
		return
	}
	m.delivered.Add(1)
	if last, known := m.last[from]; known && number != last+1 {
		m.fault("after %d of %d came %d", last, from, number)
	}
	m.last[from] = number
}
