package gateway

import (
	"net/http"

	"github.com/tyg-dev/tyg"
)

// ReadHead is readHead.
func (s *Server) ReadHead(b []byte) (*http.Request, int) { return s.readHead(b) }

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

// RunOpen does what happens between the answer to a handshake and the first message.
func (s *Server) RunOpen(id tyg.ConnID) { s.hub.get(id).runOpen() }

// Hub is a hub of sessions that are nothing but an id.
type Hub struct{ hub }

// NewHub returns an empty one.
func NewHub() *Hub {
	h := new(Hub)
	h.init()
	return h
}

// Add adds a session, and returns what removes it.
func (h *Hub) Add(id tyg.ConnID) (remove func()) {
	c := new(session)
	c.conn.ID = id
	h.add(c)
	return func() { h.remove(c) }
}

// Has reports whether there is a session of id.
func (h *Hub) Has(id tyg.ConnID) bool {
	c := h.get(id)
	return c != nil && c.conn.ID == id
}

// Count counts the sessions in two ways.
func (h *Hub) Count() (size, seen int) {
	h.each(func(*session) { seen++ })
	return int(h.size.Load()), seen
}
