//go:build !unix

package functions

// pump reads the stream until it ends.
func (s *stream) pump() {
	b := make([]byte, readSize)
	for {
		n, err := s.file.Read(b)
		s.journal.mu.Lock()
		s.add(b[:n])
		if err != nil {
			s.flush()
		}
		s.journal.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// drain does nothing: pipes cannot be read here without waiting. A line may be counted to the event
// after its own.
func (s *stream) drain() {}
