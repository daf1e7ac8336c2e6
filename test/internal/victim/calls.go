package victim

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
)

// A Fate is what the server knows of a call of the function.
type Fate struct {
	Text   string // of the call, without the verb
	Stage  string // one of those below
	Detail string
	Busy   bool // it waited for a process, of which there are two, for much of its 29 seconds
}

// The stages of a call.
const (
	NotReceived  = "the server has not handled it"
	Waits        = "it waits for a process"
	Given        = "a process has it"
	EndedWithout = "its handler has ended without an answer"
	Answered     = "it was answered"
)

// calls are those of the last minutes. It observes a gateway to see the answers. Of calls that have
// ended well it keeps little, in memory that it has from the start: soak judges that of the server.
type calls struct {
	host *functions.Host
	seed maphash.Seed

	mu        sync.Mutex
	all       map[string]*call // by text, that have not ended well
	byRequest map[string]*call // as all
	failed    []*call          // that have ended without an answer, in the order of their end
	answered  []answered       // a ring of those that have ended well
	next      int              // in answered
	given     int64
	lastGiven time.Time
}

// An answered is a call that has ended well.
type answered struct {
	hash uint64 // of the text
	at   time.Time
}

// keptAnswered is how many of them are known: those of the last minutes.
const keptAnswered = 1 << 17

// A call is one of them. The zero times have not come.
type call struct {
	text, request                    string
	received, given, answered, ended time.Time
	err                              string
	busy                             bool
}

// waited returns for how long the call waited for a process until now.
func (c *call) waited(now time.Time) time.Duration {
	for _, end := range []time.Time{c.given, c.ended} {
		if !end.IsZero() {
			now = end
			break
		}
	}
	return now.Sub(c.received)
}

// kept is for how long a call without an answer is known after its end: longer than clients wait.
const kept = 150 * time.Second

var _ gateway.Observer = (*calls)(nil)

func newCalls(host *functions.Host) *calls {
	return &calls{
		host: host, seed: maphash.MakeSeed(), answered: make([]answered, keptAnswered),
		all: make(map[string]*call), byRequest: make(map[string]*call),
	}
}

// handle has a function handle the call that e is.
func (l *calls) handle(ctx context.Context, function tyg.Handler, e tyg.Event) (tyg.Reply, error) {
	c := &call{
		text:     strings.TrimPrefix(string(e.Message.Data), Call),
		request:  strings.Clone(e.RequestID), // see tyg.Event: it holds the ids of other events
		received: time.Now(),
	}
	l.mu.Lock()
	l.all[c.text], l.byRequest[c.request] = c, c
	l.mu.Unlock()
	reply, err := function.Handle(ctx, e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.ended = time.Now(); err != nil {
		c.err, c.busy = err.Error(), errors.Is(err, functions.ErrThrottled)
	}
	l.endedLocked(c)
	return reply, err
}

// endedLocked keeps what is to be known of a call that has ended.
func (l *calls) endedLocked(c *call) {
	if c.answered.IsZero() || c.err != "" {
		l.failed = append(l.failed, c)
	} else {
		l.answered[l.next] = answered{maphash.String(l.seed, c.text), c.answered}
		l.next = (l.next + 1) % len(l.answered)
		l.forgetLocked(c)
	}
	n := 0
	for ; n < len(l.failed) && l.failed[n].ended.Before(c.ended.Add(-kept)); n++ {
		l.forgetLocked(l.failed[n])
	}
	clear(l.failed[:n]) // frees the calls; the next append that needs room frees the rest
	l.failed = l.failed[n:]
}

func (l *calls) forgetLocked(c *call) {
	delete(l.byRequest, c.request)
	if l.all[c.text] == c {
		delete(l.all, c.text)
	}
}

// started notes that a process gets the event of ctx.
func (l *calls) started(ctx context.Context, _ functions.Start) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.given++
	l.lastGiven = time.Now()
	if c := l.byRequest[gateway.RequestID(ctx)]; c != nil {
		c.given = l.lastGiven
	}
}

// Sent notes an answer.
func (l *calls) Sent(m gateway.SentMessage) {
	text, ok := strings.CutPrefix(string(m.Data[:min(len(m.Data), 100)]), Called)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.all[text]; c != nil {
		if c.answered = time.Now(); m.One.Err != nil {
			c.err = m.One.Err.Error()
		}
	}
}

// fate returns what is known of the call with a text, or of the event with an id.
func (l *calls) fate(text, request string) Fate {
	stats, _ := l.host.Stats("call")
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.all[text]
	if request != "" {
		c = l.byRequest[request]
	}
	now := time.Now()
	if c == nil {
		return l.oldFateLocked(text, now)
	}
	f := Fate{Text: c.text, Busy: c.busy || c.waited(now) > 10*time.Second}
	switch {
	case !c.answered.IsZero():
		f.Stage, f.Detail = Answered, fmt.Sprintf("%v ago %s", now.Sub(c.answered), c.err)
	case !c.ended.IsZero():
		f.Stage, f.Detail = EndedWithout, fmt.Sprintf("%v ago: %s", now.Sub(c.ended), c.err)
	case !c.given.IsZero():
		f.Stage, f.Detail = Given, fmt.Sprintf("for %v", now.Sub(c.given))
	default:
		f.Stage = Waits
	}
	f.Detail += fmt.Sprintf("; received %v ago; %+v, %d given so far, the last %v ago",
		now.Sub(c.received), stats, l.given, now.Sub(l.lastGiven))
	return f
}

// oldFateLocked is fate of a call that has ended well, or that is not known.
func (l *calls) oldFateLocked(text string, now time.Time) Fate {
	hash := maphash.String(l.seed, text)
	for _, a := range l.answered {
		if a.hash == hash {
			return Fate{Text: text, Stage: Answered, Detail: fmt.Sprintf("%v ago", now.Sub(a.at))}
		}
	}
	return Fate{Text: text, Stage: NotReceived}
}

// Opened and the others do nothing.
func (*calls) Opened(*tyg.Conn, *tyg.Request) {}

func (*calls) Received(tyg.Event) gateway.Mark { return gateway.Mark{} }

func (*calls) Handled(tyg.Event, gateway.Mark, error) {}

func (*calls) Sending(time.Time) gateway.Mark { return gateway.Mark{} }

func (*calls) Closed(*tyg.Conn, tyg.Disconnect, gateway.Closer) {}

func (*calls) Refused(*tyg.Conn, int, string) {}
