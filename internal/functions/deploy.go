package functions

import (
	"context"
	"errors"
	"fmt"
)

// Deploy adds functions, or replaces functions of the same name with new versions. It starts one
// process of each function and returns when all of them have asked for their first event and have
// taken over. If one of them does not, no function changes, and the error says which and why.
//
// The context bounds the waiting. Events go to the old versions until the new ones take over, so
// Deploy may be called at any time. Several calls are done one after the other.
func (h *Host) Deploy(ctx context.Context, fns ...Function) error {
	h.setup()
	if err := checkAll(fns); err != nil {
		return err
	}
	select {
	case h.deploying <- struct{}{}:
		defer func() { <-h.deploying }()
	case <-ctx.Done():
		return fmt.Errorf("wait for another deploy: %w", ctx.Err())
	}
	procs, err := h.startCandidates(fns)
	if err == nil {
		err = h.waitReady(ctx, procs)
	}
	if err == nil {
		err = h.promoteAll(procs)
	}
	if err != nil {
		abortAll(procs)
	}
	return err
}

// checkAll reports all mistakes at once.
func checkAll(fns []Function) error {
	var errs []error
	seen := make(map[string]bool)
	for i := range fns {
		errs = append(errs, fns[i].check())
		if name := fns[i].Name; seen[name] {
			errs = append(errs, fmt.Errorf("function %q is listed twice", name))
		}
		seen[fns[i].Name] = true
	}
	return errors.Join(errs...)
}

// startCandidates starts the first process of each new version.
func (h *Host) startCandidates(fns []Function) (procs []*process, err error) {
	for _, fn := range fns {
		h.mu.Lock()
		p := h.pools[fn.Name]
		h.mu.Unlock()
		if p == nil {
			p = newPool(h, fn.Name)
		}
		proc := newProcess(p, fn.withDefaults(), p.version+1)
		proc.candidate = true
		if !h.runProcess(proc) {
			return procs, ErrShutdown
		}
		procs = append(procs, proc)
	}
	return procs, nil
}

// waitReady waits until all processes have asked for an event, or one has exited.
func (h *Host) waitReady(ctx context.Context, procs []*process) error {
	for _, proc := range procs {
		select {
		case <-proc.ready:
		case <-proc.exited:
			return proc.failure // it names the function
		case <-ctx.Done():
			return fmt.Errorf("start function %q: %w", proc.fn.Name, ctx.Err())
		case <-h.lifetime.Done():
			return ErrShutdown
		}
	}
	return nil
}

// promoteAll lets the new versions take over.
func (h *Host) promoteAll(procs []*process) error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return ErrShutdown
	}
	for _, proc := range procs {
		h.pools[proc.fn.Name] = proc.pool
	}
	h.mu.Unlock()
	for _, proc := range procs {
		proc.pool.promote(proc)
	}
	return nil
}

// promote makes the version of proc, which is its first process, the one that takes events. It
// stops the processes of the version before, each when it has no event any more.
func (p *pool) promote(proc *process) {
	p.mu.Lock()
	done := p.retire()
	p.fn, p.version = proc.fn, proc.version
	p.starts++
	proc.candidate = false
	var c *call
	if proc.state != ended { // it may have died since it asked for an event
		p.procs[proc] = struct{}{}
	}
	if proc.state == idle {
		c = p.nextCall(proc)
	}
	p.grow()
	p.mu.Unlock()
	if c != nil {
		proc.writeEvent(c)
	}
	stopAll(done)
}

// abortAll kills the processes of a Deploy that failed, and waits until they have exited.
func abortAll(procs []*process) {
	for _, proc := range procs {
		proc.abort(ErrShutdown)
		<-proc.exited
	}
}

// Remove removes a function. Processes finish their events; events that wait fail with
// [ErrNotFound]. Remove does not wait for the processes, but for a Deploy under way. It does
// nothing if there is no such function.
func (h *Host) Remove(name string) {
	h.setup()
	h.deploying <- struct{}{}
	defer func() { <-h.deploying }()
	h.mu.Lock()
	p := h.pools[name]
	delete(h.pools, name)
	h.mu.Unlock()
	if p != nil {
		p.close(ErrNotFound)
	}
}
