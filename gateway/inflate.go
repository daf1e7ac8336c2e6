package gateway

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

// Compressed messages are cheap to send and dear to read: 160 bytes may inflate to 128 KB, which
// takes a processor 800 µs, and 9 bytes may ask for a reply that takes 100 µs to deflate. What a
// message costs beyond what its own length pays for goes on the account of its client, and on one
// for all clients together. While one of them is overdrawn, the clients that overdraw it are not
// read from; a client that goes on is closed with 1008.
//
// JSON and prose, which deflate to a third or a tenth, pay for themselves and never wait.
const (
	paidPerMessage = 15 * time.Microsecond // inflating 58 bytes takes 9
	paidPerByte    = 100 * time.Nanosecond // on the wire; prose takes 30
	inflateCredit  = 20 * time.Millisecond // of one client
	inflateShare   = 50                    // one client may use 1/50 of one processor on credit
	allShare       = 4                     // all together 1/4 of all processors
	minRest        = time.Millisecond      // shorter ones cost more than they save
	maxRest        = time.Second           // so that a rest ends soon after its reason
	restPatience   = 10 * time.Second      // rests that add up to this end the connection
	restPardon     = 4                     // seconds without rest that make good for one
)

// An inflating is the account of one client whose messages may be compressed. Only its turns use
// it.
type inflating struct {
	*ws.Deflate
	balance  time.Duration // of processor time; negative: overdrawn
	at       int64         // when balance was right, by the clock of the Server
	overdrew bool          // the last message cost more than it paid
	rested   time.Duration // rests that are not made good
	until    int64         // when the rest ends that runs; 0: none does
	since    int64         // when the last rest ended

	replies atomic.Int64 // nanoseconds that compressing replies took and that they do not pay for
}

func newInflating(d *ws.Deflate, now int64) *inflating {
	return &inflating{Deflate: d, balance: inflateCredit / 2, at: now, since: now}
}

// addReply enters a reply to the client's own message, which has so many bytes on the wire.
func (a *inflating) addReply(wire int, took time.Duration) {
	if rest := took - time.Duration(wire)*paidPerByte; rest > 0 {
		a.replies.Add(int64(rest))
	}
}

// charge enters a message of so many bytes on the wire, which took the processor so long. It
// returns what all clients together have to bear.
func (a *inflating) charge(now int64, wire int, took time.Duration) (rest time.Duration) {
	rest = took - paidPerMessage - time.Duration(wire)*paidPerByte
	a.overdrew = rest > 0
	a.balance += time.Duration(now-a.at) / inflateShare
	a.balance, a.at = min(a.balance, inflateCredit)-max(rest, 0), now
	return max(rest, 0)
}

// rest returns for how long the client is not read from because of what it has overdrawn: its own
// account, or, if it does so still, that of all clients, which needs so long to recover.
func (a *inflating) rest(now int64, all time.Duration) time.Duration {
	own := -(a.balance + time.Duration(now-a.at)/inflateShare) * inflateShare
	d := own
	if a.overdrew {
		d = max(own, all)
	}
	if d <= 0 {
		return 0
	}
	return min(max(d, minRest), maxRest)
}

// begin begins a rest. It reports false if the client has rested too much already.
func (a *inflating) begin(now int64, d, patience time.Duration) bool {
	a.rested = max(0, a.rested-time.Duration(now-a.since)/restPardon) + d
	a.until = now + int64(d)
	a.since = a.until
	return a.rested <= patience
}

// A commonAccount is that of all clients of a Server together.
type commonAccount struct {
	mu      sync.Mutex
	balance time.Duration
	at      int64
	spent   time.Duration // in all
	most    time.Duration // by one message

	pauses   atomic.Int64  // of turns in the middle of a message
	patience time.Duration // how long a client may rest; static
}

// charge enters d, and returns how long the account needs to recover; 0 if it is not overdrawn.
func (a *commonAccount) charge(now int64, d time.Duration) time.Duration {
	procs := time.Duration(runtime.GOMAXPROCS(0))
	a.mu.Lock()
	defer a.mu.Unlock()
	if now > a.at {
		a.balance += time.Duration(now-a.at) * procs / allShare
		a.at = now
	}
	a.balance = min(a.balance, inflateCredit*procs) - d
	a.spent += d
	a.most = max(a.most, d)
	return max(0, -a.balance*allShare/procs)
}

// chargeInflated charges the message that was handled last, if it or replies to it were compressed,
// and decides whether to rest before the next. now is 0 if nothing was compressed.
func (c *session) chargeInflated() (now int64, rest time.Duration) {
	wire, inflated, took := c.reader.Inflated()
	replies := time.Duration(c.inflating.replies.Swap(0))
	if wire == 0 && replies == 0 {
		return 0, 0
	}
	// A goroutine that is interrupted takes longer than its processor.
	took = min(took, 20*time.Microsecond+time.Duration(wire)*time.Microsecond+
		time.Duration(inflated)*100*time.Nanosecond)
	took += replies
	now, a := c.srv.clock.now(), c.inflating
	all := c.srv.inflated.charge(now, a.charge(now, wire, took))
	return now, a.rest(now, all)
}

// resting reports whether a rest runs or, if the last one is over, another has to follow.
func (c *session) resting() (turn sock.Turn, rests bool) {
	a := c.inflating
	if a == nil || a.until == 0 {
		return 0, false
	}
	now := c.srv.clock.now()
	if now < a.until {
		return sock.Wait, true // something has come meanwhile
	}
	a.until = 0
	d := a.rest(now, c.srv.inflated.charge(now, 0))
	if d == 0 || c.discard {
		return 0, false
	}
	return c.rest(c.beginRest(now, d)), true
}

// beginRest begins a rest, for which rest has to be called, or closes a connection that has rested
// for too long.
func (c *session) beginRest(now int64, d time.Duration) sock.Turn {
	c.srv.count.rests.Add(1)
	if c.inflating.begin(now, d, c.srv.inflated.patience) {
		return sock.Wait
	}
	c.inflating.until = 0
	const why = "Compressed messages take too much time"
	c.close(ws.ClosePolicyViolation, why, atInflate, time.Now())
	c.discard, c.unparsed, c.backlog = true, nil, false
	return sock.Again
}

// rest returns turn, or rests if that is what it stands for.
func (c *session) rest(turn sock.Turn) sock.Turn {
	if turn != sock.Wait || c.inflating == nil || c.inflating.until == 0 {
		return turn
	}
	return c.sock.Rest(time.Duration(c.inflating.until - c.srv.clock.now()))
}
