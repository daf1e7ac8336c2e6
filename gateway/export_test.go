package gateway

import "github.com/tyg-dev/tyg"

// Waiting tells how many bytes wait for a connection, and whether a buffer is held for them.
func (s *Server) Waiting(id tyg.ConnID) (bytes int, held bool) {
	c := s.hub.get(id)
	if c == nil {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queuedLocked(), c.out != nil || c.writing
}
