// gobwas is gobwas/ws with its own handshake on bare connections, a goroutine for each, and no
// buffer between wsutil and the socket.
package main

import (
	"net"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

type server struct {
	room bool

	mu      sync.RWMutex
	members []net.Conn
}

func main() {
	o := serve.Parse()
	s := &server{room: o.Room}
	l := o.Listen()
	for {
		c, err := l.Accept()
		serve.Check(err)
		go s.serve(c) // ends with its client
	}
}

func (s *server) serve(c net.Conn) {
	defer c.Close()
	if _, err := ws.Upgrade(c); err != nil {
		return
	}
	if s.room {
		s.join(c)
	}
	for {
		b, op, err := wsutil.ReadClientData(c)
		if err != nil {
			return
		}
		if s.room {
			err = s.publish(op, b)
		} else {
			err = wsutil.WriteServerMessage(c, op, b)
		}
		if err != nil {
			return
		}
	}
}

func (s *server) join(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = append(s.members, c)
}

func (s *server) publish(op ws.OpCode, b []byte) error {
	frame, err := ws.CompileFrame(ws.NewFrame(op, true, b))
	if err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.members {
		_, _ = c.Write(frame) // its own goroutine sees the end
	}
	return nil
}
