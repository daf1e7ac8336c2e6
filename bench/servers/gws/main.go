// gws is lxzan/gws: a goroutine for each connection, and its own handshake.
package main

import (
	"bytes"
	"sync"

	"github.com/lxzan/gws"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

type handler struct {
	gws.BuiltinEventHandler
	room bool

	mu      sync.RWMutex
	members []*gws.Conn
}

func (h *handler) OnOpen(c *gws.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.room {
		h.members = append(h.members, c)
	}
}

func (h *handler) OnPing(c *gws.Conn, p []byte) { _ = c.WritePong(p) }

func (h *handler) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	if !h.room {
		_ = c.WriteMessage(m.Opcode, m.Bytes()) // the read loop sees the same end
		return
	}
	b := gws.NewBroadcaster(m.Opcode, bytes.Clone(m.Bytes()))
	defer b.Close()
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, c := range h.members {
		_ = b.Broadcast(c)
	}
}

func main() {
	o := serve.Parse()
	s := gws.NewServer(&handler{room: o.Room}, nil)
	serve.Check(s.RunListener(o.Listen()))
}
