package sock

import "sync"

// stacks are goroutines that run turns for others. A goroutine that waits for a socket and runs
// its turns keeps what their stack has grown to, twice as much and more as one that only waits.
type stacks struct {
	mu     sync.Mutex
	idle   []*stack
	closed bool
}

// A stack is a goroutine that runs one function after the other, until work is closed.
type stack struct {
	work chan func()
	done chan bool // whether the function has returned
}

// maxIdleStacks is how many goroutines wait for work at most.
const maxIdleStacks = 64

// call runs f on another goroutine and waits for its end. It reports false if f has ended that
// goroutine.
func (s *stacks) call(f func()) bool {
	k := s.take()
	k.work <- f
	returned := <-k.done
	if returned {
		s.put(k)
	}
	return returned
}

func (s *stacks) take() *stack {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		k := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return k
	}
	k := &stack{make(chan func()), make(chan bool)}
	go k.loop() // ends when put or close have no more work for it
	return k
}

func (s *stacks) put(k *stack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) == maxIdleStacks {
		close(k.work)
		return
	}
	s.idle = append(s.idle, k)
}

func (k *stack) loop() {
	for f := range k.work {
		k.run(f)
	}
}

func (k *stack) run(f func()) {
	returned := false
	defer func() { k.done <- returned }() // also if f ends the goroutine
	f()
	returned = true
}

// close ends the idle goroutines now, and the busy ones when their function returns.
func (s *stacks) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, k := range s.idle {
		close(k.work)
	}
	s.idle = nil
}
