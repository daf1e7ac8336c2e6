package inspect

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// Config is what an Inspector shows, and to whom.
type Config struct {
	// Gateway is the gateway. It must not be nil.
	Gateway *gateway.Server

	// Name is the name of the application or project.
	Name string

	// URL is the address of the WebSocket, ws or wss. Clients of the page connect to it.
	URL string

	// Stage is that of the gateway, for recordings.
	Stage string

	// Token is what a viewer has to know. It must not be empty; see NewToken.
	Token string

	// Local refuses requests that name a host other than this machine: other web pages make a browser
	// send such (DNS rebinding). Set it where the listener is on loopback.
	Local bool

	// Functions means that handlers are functions in other processes, so that what they log is known.
	Functions bool
}

// NewToken returns a new token, which cannot be guessed.
func NewToken() string { return rand.Text() }

// CheckToken reports a token that is too easy to guess, or that no URL can have as it is.
func CheckToken(token string) error {
	if len(token) < minToken || strings.ContainsFunc(token, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"<>%#`, r)
	}) {
		return fmt.Errorf("a token has at least %d letters, digits and signs, such as that of "+
			"openssl rand -hex 16", minToken)
	}
	return nil
}

const minToken = 16

// An Inspector is an http.Handler for the page and its API. Make it with [New], and end it with
// Close. All methods may be called at the same time.
type Inspector struct {
	cfg      Config
	mux      *http.ServeMux
	tap      tap
	timeline *timeline
	clients  clients
	applied  atomic.Uint64 // the number up to which all notes were made sense of

	watch sync.Mutex // held while watching begins or ends

	mu         sync.Mutex
	viewers    int // pages and recordings
	pages      int
	stop       func()
	recordings map[*recorder]bool
	samples    []sample // oldest first
	closed     chan struct{}
	isClosed   bool
}

var _ http.Handler = (*Inspector)(nil)

// New returns an Inspector. It does nothing until a page or a recording wants to know.
func New(cfg Config) *Inspector {
	i := &Inspector{
		cfg: cfg, timeline: newTimeline(), recordings: make(map[*recorder]bool),
		closed: make(chan struct{}),
	}
	i.tap.init()
	i.routes()
	return i
}

// Close ends all pages, recordings and clients.
func (i *Inspector) Close() {
	i.mu.Lock()
	if !i.isClosed {
		i.isClosed = true
		close(i.closed)
	}
	i.mu.Unlock()
	i.clients.closeAll()
	i.watch.Lock()
	defer i.watch.Unlock()
	i.end()
}

const (
	tick        = 50 * time.Millisecond
	samplesKept = 300 // seconds
)

// begin has the gateway observed, for a page or a recording, until the function that it returns is
// called.
func (i *Inspector) begin(page bool) (done func()) {
	i.watch.Lock()
	defer i.watch.Unlock()
	i.mu.Lock()
	i.viewers++
	i.countPage(page, 1)
	first := i.viewers == 1 && !i.isClosed
	i.mu.Unlock()
	if first {
		ctx, cancel := context.WithCancel(context.Background())
		over := make(chan struct{})
		i.stop = func() { cancel(); <-over }
		i.tap.take(new(batch)) // what a goroutine has still added after the last end
		from := newOrder(&i.tap)
		_ = i.cfg.Gateway.Start() // its owner has the error; Stats and the like must not come before
		i.cfg.Gateway.Observe(&i.tap)
		i.tap.on.Store(true)
		go func() { // i.stop ends it and waits
			defer close(over)
			i.run(ctx, from)
		}()
	}
	return sync.OnceFunc(func() {
		i.watch.Lock()
		defer i.watch.Unlock()
		i.mu.Lock()
		i.viewers--
		i.countPage(page, -1)
		last := i.viewers == 0
		i.mu.Unlock()
		if last {
			i.end()
		}
	})
}

// countPage counts a page that was opened or closed. i.mu is held.
func (i *Inspector) countPage(page bool, n int) {
	if !page {
		return
	}
	i.pages += n
	if i.pages == 1 && n == 1 {
		i.timeline.resume()
		i.tap.handlers.forget()
	}
	i.tap.page.Store(i.pages > 0)
}

// end ends the observation, if there is one. i.watch is held.
func (i *Inspector) end() {
	if i.stop == nil {
		return
	}
	i.tap.on.Store(false)
	i.cfg.Gateway.Observe(nil)
	i.stop()
	i.stop = nil
}

// run makes lines, samples and recordings of what the tap notes, until ctx ends.
func (i *Inspector) run(ctx context.Context, o *order) {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	empty := new(batch)
	before, at := i.cfg.Gateway.Stats(), time.Now()
	for {
		stop := false
		select {
		case <-ctx.Done():
			stop = true
		case <-ticks.C:
		case <-i.tap.some:
		}
		full, now := i.tap.take(empty), time.Now()
		i.tap.coarse.Store(i.tap.since(now))
		i.apply(o.take(full, now))
		empty = full
		if stop {
			i.apply(o.rest())
			return
		}
		i.applied.Store(o.next - 1)
		if took := time.Since(at); took >= time.Second {
			now := i.cfg.Gateway.Stats()
			i.addSample(i.timeline.sample(now, before, took))
			before, at = now, time.Now()
		}
	}
}

// apply adds notes, in their order, to the recordings and to the page.
func (i *Inspector) apply(b *batch) {
	i.record(b)
	if i.tap.page.Load() {
		i.timeline.apply(b)
	}
}

func (i *Inspector) addSample(s sample) {
	s.At = time.Now().UnixMilli()
	_, s.Queued = i.cfg.Gateway.ConnStates(0)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.samples = append(i.samples, s)
	if n := len(i.samples) - samplesKept; n > 0 {
		i.samples = append(i.samples[:0], i.samples[n:]...)
	}
}

// samplesSince returns the samples after a moment.
func (i *Inspector) samplesSince(at int64) []sample {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := range i.samples {
		if i.samples[n].At > at {
			return append([]sample(nil), i.samples[n:]...)
		}
	}
	return nil
}

// Routed tells the route of an event where only the Handler knows it.
func (i *Inspector) Routed(e tyg.Event) {
	if i.tap.on.Load() {
		i.tap.add(&record{kind: routed, at: time.Now(), request: e.RequestID, name: e.Route}, nil)
	}
}

// Started tells that a function gets an event, with ids of its own. If ctx is the context of the
// gateway's Handler, it is an event of the gateway, else an invocation by another program or by the
// function itself.
func (i *Inspector) Started(ctx context.Context, function, requestID, traceID string) {
	if !i.tap.on.Load() {
		return
	}
	i.tap.add(&record{
		kind: started, at: time.Now(), request: gateway.RequestID(ctx), name: function,
		rare: &rare{other: requestID, text: traceID},
	}, nil)
}

// Printed tells of a line that a function has written for an event.
func (i *Inspector) Printed(function, requestID, stream, text string) {
	if i.tap.on.Load() && requestID != "" {
		i.tap.add(&record{
			kind: printed, at: time.Now(), name: function, rare: &rare{other: requestID, text: text},
		}, []byte(stream))
	}
}
