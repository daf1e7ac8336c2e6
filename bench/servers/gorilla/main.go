// gorilla is gorilla/websocket on net/http. The room is the library's chat example, a queue and a
// writing goroutine for each member, with PreparedMessage.
//
// With -small, buffers are as the library advises for many connections: 1 KiB to read, and a pool
// to write.
package main

import (
	"flag"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

type queue chan *websocket.PreparedMessage

type server struct {
	upgrader websocket.Upgrader
	room     bool

	mu      sync.Mutex
	members map[queue]bool
}

func main() {
	small := flag.Bool("small", false, "small buffers, for many connections")
	o := serve.Parse()
	s := &server{room: o.Room, members: make(map[queue]bool)}
	s.upgrader.CheckOrigin = func(*http.Request) bool { return true }
	if *small {
		s.upgrader.ReadBufferSize, s.upgrader.WriteBufferSize = 1024, 1024
		s.upgrader.WriteBufferPool = new(sync.Pool)
	}
	serve.Check((&http.Server{Handler: s}).Serve(o.Listen()))
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	if !s.room {
		echo(c)
		return
	}
	q := s.join(c)
	defer s.leave(q)
	for {
		op, b, err := c.ReadMessage()
		if err != nil {
			return
		}
		if m, err := websocket.NewPreparedMessage(op, b); err == nil {
			s.publish(m)
		}
	}
}

func echo(c *websocket.Conn) {
	for {
		op, b, err := c.ReadMessage()
		if err != nil || c.WriteMessage(op, b) != nil {
			return
		}
	}
}

func (s *server) join(c *websocket.Conn) queue {
	q := make(queue, 256)
	s.mu.Lock()
	s.members[q] = true
	s.mu.Unlock()
	go func() { // ends when leave closes q
		for m := range q {
			if c.WritePreparedMessage(m) != nil {
				return
			}
		}
	}()
	return q
}

func (s *server) leave(q queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.members, q)
	close(q)
}

func (s *server) publish(m *websocket.PreparedMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for q := range s.members {
		select {
		case q <- m:
		default: // as the example: the slow miss messages
		}
	}
}
