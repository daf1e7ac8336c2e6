package lambda

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// firstWindow is how many requests a Sender makes at once before it knows the service. A call
	// takes API Gateway some 5 to 30 ms, so that is 1,000 calls a second at least.
	firstWindow = 32

	// defaultParallel is the most requests at once: more than the 10,000 calls a second of an account
	// need at 20 ms each, and a quarter of the file descriptors of a function, which are 1,024.
	// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html,
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
	defaultParallel = 256

	// storm is how many calls in a row are throttled before a Sender pauses. Fewer may be so many
	// single clients that do not read.
	storm = 128
)

// A window bounds how many requests the broadcasts of a Sender make at once, and finds the bound:
// additive increase, multiplicative decrease, as TCP does it. It doubles with each round trip at
// first. After a call that was throttled, it is half as wide, and grows by one with each round
// trip. It does not grow where the round trips have become long, because the processor or the
// network is then the limit, and more connections would only wait for each other.
//
// It lives as long as its Sender, so a function that is warm begins where it ended.
type window struct {
	most int // static

	mu      sync.Mutex // guards the rest
	width   float64
	slow    bool // it grows by one with each round trip
	active  int
	credit  int             // how many answers may still widen it, since it was last full
	waiting []chan struct{} // in their order; a channel is closed to let its owner go on

	fastest, usual time.Duration // round trips
	cutAt          time.Time     // of the last decrease
	refused        int           // calls that were throttled since the last that was not
	pause          time.Duration // how long the next pause is
	paused         bool
}

func newWindow(most int) *window {
	return &window{most: most, width: float64(min(firstWindow, most)), pause: firstPause}
}

// enter waits until another request may be made. The caller calls leave after it.
func (w *window) enter(ctx context.Context) error {
	w.mu.Lock()
	if len(w.waiting) == 0 && w.mayEnter() {
		w.start()
		w.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	w.waiting = append(w.waiting, turn)
	w.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.waiting {
		if other == turn {
			w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	w.active-- // its turn has come meanwhile
	w.admit()
	return ctx.Err()
}

func (w *window) mayEnter() bool { return !w.paused && w.active < max(int(w.width), 1) }

// start counts one more request. A window that is not full does not get wider.
func (w *window) start() {
	if w.active++; w.active >= int(w.width) {
		w.credit = w.active
	}
}

// admit lets those go on who may. The caller holds mu.
func (w *window) admit() {
	for len(w.waiting) > 0 && w.mayEnter() {
		close(w.waiting[0])
		w.waiting = w.waiting[1:]
		w.start()
	}
}

// leave ends a request that began at some time. What came of it changes the width.
func (w *window) leave(began time.Time, out outcome) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active--
	switch {
	case out.throttled:
		w.narrow(began, now)
	case out.answered:
		w.refused, w.pause = 0, firstPause
		w.measure(cmp.Or(out.took, now.Sub(began)))
		if w.credit > 0 {
			w.credit--
			w.widen()
		}
	}
	w.admit()
}

// narrow halves the width, once for all requests that were under way together.
func (w *window) narrow(began, now time.Time) {
	if !began.Before(w.cutAt) {
		w.width, w.slow, w.cutAt = max(1, w.width/2), true, now
	}
	if w.refused++; w.refused < storm || w.paused {
		return
	}
	w.refused, w.paused = 0, true
	time.AfterFunc(w.pause/2+rand.N(w.pause/2), w.resume)
	w.pause = min(2*w.pause, longestPause)
}

func (w *window) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paused = false
	w.admit()
}

// measure notes a round trip. What was the fastest is forgotten after some thousand.
func (w *window) measure(d time.Duration) {
	if w.usual == 0 {
		w.fastest, w.usual = d, d
	}
	w.fastest = min(d, w.fastest+w.fastest/1024)
	w.usual += (d - w.usual) / 16
}

// slack is what a round trip may be longer without any meaning.
const slack = 5 * time.Millisecond

func (w *window) widen() {
	switch {
	case w.usual > 2*w.fastest+slack: // wait until it is shorter
	case w.slow:
		w.width += 1 / w.width
	default:
		w.width++
	}
	w.width = min(w.width, float64(w.most))
}
