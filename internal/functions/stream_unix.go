//go:build unix

package functions

import (
	"errors"
	"syscall"
)

// drainReads is how often drain reads at most: what was in the pipe when it began fits in so many
// buffers, as a pipe holds 64 KB (pipe(7)).
const drainReads = 5

// pump reads the stream until it ends.
func (s *stream) pump() {
	for !s.ended() {
		if s.raw.Read(s.readOnce) != nil {
			return // nobody writes any more who should
		}
	}
}

func (s *stream) ended() bool {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.over
}

// drain reads what is there, and does not wait for more.
func (s *stream) drain() {
	_ = s.raw.Control(func(fd uintptr) { // it fails if the stream is closed, and so read to its end
		for n := 0; n < drainReads && s.readOnce(fd) && !s.ended(); n++ {
		}
	})
}

// readOnce reads what is there, and reports false if there is nothing yet.
func (s *stream) readOnce(fd uintptr) bool {
	j := s.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.buf == nil {
		j.buf = make([]byte, readSize)
	}
	n, err := syscall.Read(int(fd), j.buf)
	for errors.Is(err, syscall.EINTR) {
		n, err = syscall.Read(int(fd), j.buf)
	}
	if errors.Is(err, syscall.EAGAIN) {
		return false
	}
	if n <= 0 {
		s.over = true
		s.flush()
		return true
	}
	s.add(j.buf[:n])
	return true
}
