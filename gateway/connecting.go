package gateway

import (
	"sync"

	"github.com/tyg-dev/tyg"
)

// connecting finds sessions whose connect handler runs. Nothing can be sent to them, but they may
// be added to groups and have a state.
type connecting struct {
	mu       sync.Mutex
	sessions map[tyg.ConnID]*session
}

func (p *connecting) add(c *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions == nil {
		p.sessions = make(map[tyg.ConnID]*session)
	}
	p.sessions[c.conn.ID] = c
}

// remove removes c, if it was added.
func (p *connecting) remove(c *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, c.conn.ID)
}

// get returns the session of id, or nil.
func (p *connecting) get(id tyg.ConnID) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[id]
}
