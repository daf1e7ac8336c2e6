package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A peer is a connection of the recording, played again.
type peer struct {
	number int
	id     string // in the recording

	conn *wsclient.Conn
	done chan struct{} // closed when nothing more can come

	// guarded by the player's mu
	expected []expected
	next     int // the first of expected that has not come
	got      int // messages
	forgiven int // messages that did not come in time
	extra    []frame
	held     int // bytes of extra
	dropped  int // messages that came beside what extra has room for
	code     int // with which the server has closed; 0: it has not
	over     bool
}

// An expected is a message that was sent to a peer in the recording.
type expected struct {
	data   []byte
	binary bool
	cut    bool // only its beginning is known
	step   int  // it came before this step
	after  int  // so many messages of clients
	came   bool
}

// A frame is a message that came and was not expected.
type frame struct {
	data   []byte
	binary bool
	after  int
}

// due returns how many messages a peer should have got before a step.
func (p *peer) due(step int) int {
	n, _ := slices.BinarySearchFunc(p.expected, step+1, func(e expected, step int) int {
		return e.step - step
	})
	return n
}

// read takes what the server sends until the connection ends.
func (p *peer) read(pl *player) {
	defer close(p.done)
	for {
		op, data, err := p.conn.Read(context.Background())
		if err == nil {
			pl.received(p, data, op == ws.OpBinary)
			continue
		}
		code := ws.CloseAbnormal
		if bad, ok := errors.AsType[*ws.CloseError](err); ok {
			code = bad.Code
		}
		pl.ended(p, code)
		return
	}
}

// A player plays a session.
type player struct {
	cfg     Config
	session *session
	matcher *matcher
	sent    int

	mu     sync.Mutex
	news   chan struct{} // closed and made anew when something has come
	report Report
}

// maxHeld is how much of what a server should not have sent is kept of a connection, in bytes.
const maxHeld = 4 << 20

// frameOverhead is what a frame takes beside its data.
const frameOverhead = 64

// lookahead is how many messages may come before one that was recorded before them.
const lookahead = 64

// received compares a message with those that are expected.
func (pl *player) received(p *peer, data []byte, binary bool) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	if p.got++; p.got <= len(p.expected) {
		defer pl.tell() // more is no news: a server that does not stop would be awaited for ever
	}
	for p.next < len(p.expected) && p.expected[p.next].came {
		p.next++
	}
	for i, tried := p.next, 0; i < len(p.expected) && tried < lookahead; i++ {
		e := &p.expected[i]
		if e.came {
			continue
		}
		tried++
		if e.binary == binary && pl.same(e, data) {
			e.came = true
			pl.report.Same++
			if i != p.next && pl.cfg.Order {
				pl.report.add(p, Difference{Kind: "order", After: e.after, Recorded: show(string(e.data))})
			}
			return
		}
	}
	if p.next < len(p.expected) {
		pl.matcher.learn(p.expected[p.next].data, data)
	}
	if p.held += len(data) + frameOverhead; p.held > maxHeld {
		p.dropped++
		return
	}
	p.extra = append(p.extra, frame{data, binary, pl.sent})
}

func (pl *player) same(e *expected, data []byte) bool {
	if e.cut {
		return len(data) >= len(e.data) // its rest is not known
	}
	return pl.matcher.compare(e.data, data, e.binary) == nil
}

func (pl *player) ended(p *peer, code int) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	p.code, p.over = code, true
	pl.tell()
}

// tell wakes those that await something.
func (pl *player) tell() {
	close(pl.news)
	pl.news = make(chan struct{})
}

// await waits until a condition holds, for at most the time for an answer after the last news, and
// reports whether it does.
func (pl *player) await(ctx context.Context, holds func() bool) bool {
	for {
		pl.mu.Lock()
		if holds() {
			pl.mu.Unlock()
			return true
		}
		news := pl.news
		pl.mu.Unlock()
		if !pl.waitFor(ctx, news) {
			return false
		}
	}
}

// String names a peer.
func (p *peer) String() string { return fmt.Sprintf("connection %d (%s)", p.number, p.id) }
