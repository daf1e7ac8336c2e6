//go:build unix

package osproc

import (
	"errors"
	"syscall"
)

// drainReads is how often drain reads at most: what was in the pipe when it began fits in so many
// buffers, as a pipe holds 64 KB (pipe(7)).
const drainReads = 5

// pump reads the pipe until it ends.
func (p *pipe) pump() {
	for !p.hasEnded() {
		if p.raw.Read(p.readOnce) != nil {
			return // the deadline has passed
		}
	}
}

func (p *pipe) hasEnded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// drain reads what is there, and does not wait for more.
func (p *pipe) drain() {
	_ = p.raw.Control(func(fd uintptr) { // it fails if the pipe is closed, and so read to its end
		for n := 0; n < drainReads && p.readOnce(fd) && !p.hasEnded(); n++ {
		}
	})
}

// readOnce reads what is there, and reports false if there is nothing yet.
func (p *pipe) readOnce(fd uintptr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.buf == nil {
		p.buf = make([]byte, readSize)
	}
	n, err := syscall.Read(int(fd), p.buf)
	for errors.Is(err, syscall.EINTR) {
		n, err = syscall.Read(int(fd), p.buf)
	}
	if errors.Is(err, syscall.EAGAIN) {
		return false
	}
	p.deliver(p.buf[:max(n, 0)], n <= 0)
	return true
}
