package conformance

import "time"

// A stallDetector measures for how long this program was kept from running. Where time limits pass
// much faster than at API Gateway, a busy machine breaks them before the endpoint has a chance.
type stallDetector struct {
	done    chan struct{}      // closed by stop
	longest chan time.Duration // the longest stall, sent once at the end
}

func startStallDetector() *stallDetector {
	d := &stallDetector{done: make(chan struct{}), longest: make(chan time.Duration)}
	go d.run() // stop ends it and waits for it
	return d
}

func (d *stallDetector) run() {
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
		case <-d.done:
			d.longest <- longest
			return
		}
	}
}

// stop returns the longest stall.
func (d *stallDetector) stop() time.Duration {
	close(d.done)
	return <-d.longest
}
