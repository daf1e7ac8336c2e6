package victim

import (
	"context"
	"errors"
	"fmt"
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

// calls are those of the last minutes. It observes a gateway to see the answers.
type calls struct {
	host *functions.Host

	mu        sync.Mutex
	all       map[string]*call // by text
	byRequest map[string]*call
	ended     []*call // in the order of their end
	given     int64
	lastGiven time.Time
}

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

// kept is for how long a call is known after its end: longer than clients wait.
const kept = 150 * time.Second

var _ gateway.Observer = (*calls)(nil)

func newCalls(host *functions.Host) *calls {
	return &calls{host: host, all: make(map[string]*call), byRequest: make(map[string]*call)}
}

// handle has a function handle the call that e is.
func (l *calls) handle(ctx context.Context, function tyg.Handler, e tyg.Event) (tyg.Reply, error) {
	c := &call{
		text: strings.TrimPrefix(string(e.Message.Data), Call), request: e.RequestID,
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
	l.ended = append(l.ended, c)
	l.forgetLocked(c.ended.Add(-kept))
	return reply, err
}

// forgetLocked forgets what ended before t.
func (l *calls) forgetLocked(t time.Time) {
	n := 0
	for ; n < len(l.ended) && l.ended[n].ended.Before(t); n++ {
		c := l.ended[n]
		delete(l.byRequest, c.request)
		if l.all[c.text] == c {
			delete(l.all, c.text)
		}
	}
	clear(l.ended[:n]) // frees the calls; the next append that needs room frees the rest
	l.ended = l.ended[n:]
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
	if c == nil {
		return Fate{Text: text, Stage: NotReceived}
	}
	now := time.Now()
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

// Opened and the others do nothing.
func (*calls) Opened(*tyg.Conn, *tyg.Request) {}

func (*calls) Received(tyg.Event) gateway.Mark { return gateway.Mark{} }

func (*calls) Handled(tyg.Event, gateway.Mark, error) {}

func (*calls) Sending(time.Time) gateway.Mark { return gateway.Mark{} }

func (*calls) Closed(*tyg.Conn, tyg.Disconnect, gateway.Closer) {}

func (*calls) Refused(*tyg.Conn, int, string) {}
