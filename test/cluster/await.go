//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// await waits until holds, with the history locked, returns "". Else its error says what holds
// returned. Time in which a process did not run is not patience that was spent.
func (f *fleet) await(what string, patience time.Duration, holds func() string) error {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		f.h.mu.Lock()
		missing := holds()
		end := began.Add(patience + f.h.waited("", began, time.Now()))
		f.h.mu.Unlock()
		if missing == "" {
			return nil
		}
		if err := f.crashed(); err != nil {
			return err
		}
		if f.ctx.Err() != nil {
			return errStopped
		}
		if time.Now().After(end) {
			return fmt.Errorf("waited %v for %s: %s", patience, what, missing)
		}
	}
}

// crashed returns an error if a process has ended by itself.
func (f *fleet) crashed() error {
	for _, m := range f.live() {
		if m.crashed() {
			return fmt.Errorf("%s has ended by itself: %v; its log is %s", m.name, m.err, m.log.Name())
		}
	}
	for _, n := range f.nats.list {
		if n.process != nil && n.crashed() {
			return fmt.Errorf("%s has ended by itself: %v; its log is %s", n.name, n.err, n.log.Name())
		}
	}
	return nil
}

var errStopped = errors.New("stopped")

// healPatience is how long after a repair some node may not reach another one.
const healPatience = time.Minute

// heal waits until all nodes reach each other, and each message to all reaches each client.
func (f *fleet) heal() error {
	healed := time.Now()
	f.h.mu.Lock()
	f.h.healed = healed
	f.h.mu.Unlock()
	return f.await("the nodes to reach all clients", healPatience, func() string {
		live := f.live()
		owners := make(map[string]bool)
		for _, c := range f.h.conns {
			if !c.ended.IsZero() || c.crowd {
				continue
			}
			owners[c.node] = true
			for _, m := range live {
				if name := fmt.Sprint("node-", m.number); c.casts[name].Before(healed) {
					return fmt.Sprintf("messages of %s to all do not reach %s", name, c.node)
				}
			}
		}
		for _, from := range live {
			for _, to := range live {
				if owners[to.generation] &&
					f.h.reached[[2]string{from.generation, to.generation}].Before(healed) {
					return fmt.Sprintf("%s does not reach %s", from.generation, to.generation)
				}
			}
		}
		return ""
	})
}

// awaitGone waits until all nodes say that the connections of one are gone.
func (f *fleet) awaitGone(m *member) error {
	patience := f.h.rules.dead + 30*time.Second
	return f.await("410 of a dead node", patience, func() string {
		for _, from := range f.live() {
			if !f.h.saidGone[[2]string{from.generation, m.generation}] {
				return fmt.Sprintf("%s does not say that those of %s are gone", from.generation, m.generation)
			}
		}
		return ""
	})
}

// awaitTold waits until the disconnects of a dead node are told, or late.
func (f *fleet) awaitTold(m *member) error {
	return f.await("the disconnects of a dead node", 10*time.Minute, func() string {
		for id, c := range f.h.conns {
			if c.node == m.generation && !c.ended.IsZero() && len(f.h.told[id]) == 0 &&
				time.Now().Before(f.h.due(c)) {
				return "that of " + id
			}
		}
		return ""
	})
}

// someTold waits until so many disconnects of a dead node are told.
func (f *fleet) someTold(m *member, n int) error {
	return f.await("the first disconnects of a dead node", 10*time.Minute, func() string {
		count := 0
		for id, c := range f.h.conns {
			if c.node == m.generation && len(f.h.told[id]) > 0 {
				count++
			}
		}
		if count >= n {
			return ""
		}
		return fmt.Sprintf("%d of %d", count, n)
	})
}

// close ends everything.
func (f *fleet) close() error {
	var errs []error
	if f.stop != nil {
		f.stop()
	}
	for _, m := range f.live() {
		m.signal(contSignal)
		f.kill(m.number)
	}
	f.clients.Wait()
	if f.nats != nil {
		f.nats.close()
	}
	if f.dir != "" && !f.keep {
		errs = append(errs, os.RemoveAll(f.dir))
	}
	return errors.Join(errs...)
}
