package gateway

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// The pace of Shutdown unless Server.DrainWindow says another. So few connections connect to other
// servers without harm, so few a second are not worth the wait, and more than so many a second are
// a storm.
const (
	endsAtOnce = 100
	slowEnds   = 50
	fastEnds   = 1000
	usualDrain = 30 * time.Second
)

// progressEvery is how often Shutdown logs how many connections are left.
const progressEvery = 5 * time.Second

// endsTogether is how many connections run their leave and disconnect handlers at the same time
// during Shutdown: what these handlers write to may be shared with servers that go on.
const endsTogether = 1000

// drainWindow returns how long Shutdown, which must end after left, takes to close n connections.
// A left of 0 is no limit. It leaves the second half of the time to the handlers.
func (s *Server) drainWindow(n int, left time.Duration) time.Duration {
	window := s.DrainWindow
	if window == 0 && n > endsAtOnce {
		n := time.Duration(n)
		window = max(min(n*time.Second/slowEnds, usualDrain), n*time.Second/fastEnds)
	}
	if left != 0 {
		window = min(window, left/2)
	}
	return max(window, 0)
}

// drain closes all connections once their handlers have returned, in random order and evenly over
// the window, until ctx ends: then the rest at once. Until its turn comes, a connection is served
// as ever.
func (s *Server) drain(ctx context.Context) {
	all := slices.Clone(s.hub.all())
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	start, left := time.Now(), time.Duration(0)
	if deadline, ok := ctx.Deadline(); ok {
		left = max(deadline.Sub(start), 1)
	}
	window := s.drainWindow(len(all), left)
	if window > 0 {
		s.log.Info("draining", "connections", len(all), "over", window)
	}
	for i, c := range all {
		all[i] = nil // frees it when it is over
		if window > 0 && !sleepUntil(ctx, start.Add(slot(window, i, len(all)))) {
			window = 0
		}
		c.closeAfterHandlers(ws.CloseServiceRestart, "Service restart", atShutdown, time.Now())
	}
}

// slot returns when to close number i of n: at random within its part of the window.
func slot(window time.Duration, i, n int) time.Duration {
	return time.Duration((float64(i) + rand.Float64()) * float64(window) / float64(n))
}

// sleepUntil sleeps until t. It reports false if ctx has ended.
func sleepUntil(ctx context.Context, t time.Time) bool {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// logProgress logs how many connections are left, again and again until stop is called.
func (s *Server) logProgress() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() { // ends with stop, which waits for it
		defer close(done)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				s.log.Info("draining", "left", s.limiter.count())
			}
		}
	}()
	return func() { close(quit); <-done }
}

// An endGate bounds how many connections run their last handlers at the same time.
type endGate struct {
	slots chan struct{} // as many tokens as may run
	over  chan struct{} // closed when the rest need not wait
	once  sync.Once
}

func (g *endGate) init() {
	g.slots, g.over = make(chan struct{}, endsTogether), make(chan struct{})
}

// enter waits for a slot. It reports false if there is none to leave, because open was called.
func (g *endGate) enter() bool {
	select {
	case g.slots <- struct{}{}:
		return true
	case <-g.over:
		return false
	}
}

func (g *endGate) leave() { <-g.slots }

// open lets all through that wait, and all that come.
func (g *endGate) open() { g.once.Do(func() { close(g.over) }) }
