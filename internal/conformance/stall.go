package conformance

import "time"

// A watch finds out for how long this program was kept from running. Where time limits pass much
// faster than at API Gateway, a busy machine breaks them before the endpoint has a chance.
type watch struct {
	stop chan struct{}      // closed by end
	held chan time.Duration // the longest hold-up, sent once at the end
}

func startWatch() *watch {
	w := &watch{stop: make(chan struct{}), held: make(chan time.Duration)}
	go w.run() // end stops it and waits for it
	return w
}

func (w *watch) run() {
	const every = 5 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	var longest time.Duration
	for last := time.Now(); ; {
		select {
		case <-tick.C:
			now := time.Now()
			longest = max(longest, now.Sub(last)-every)
			last = now
		case <-w.stop:
			w.held <- longest
			return
		}
	}
}

func (w *watch) end() time.Duration {
	close(w.stop)
	return <-w.held
}
