// coder is coder/websocket on net/http. The room is the library's chat example: a queue and a
// writing goroutine for each member.
package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

type message struct {
	kind websocket.MessageType
	data []byte
}

type queue chan message

type server struct {
	room bool

	mu      sync.Mutex
	members map[queue]bool
}

func main() {
	o := serve.Parse()
	s := &server{room: o.Room, members: make(map[queue]bool)}
	serve.Check((&http.Server{Handler: s}).Serve(o.Listen()))
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer c.CloseNow()
	ctx := context.Background()
	if !s.room {
		echo(ctx, c)
		return
	}
	q := s.join(ctx, c)
	defer s.leave(q)
	for {
		kind, b, err := c.Read(ctx)
		if err != nil {
			return
		}
		s.publish(message{kind, b})
	}
}

func echo(ctx context.Context, c *websocket.Conn) {
	for {
		kind, b, err := c.Read(ctx)
		if err != nil || c.Write(ctx, kind, b) != nil {
			return
		}
	}
}

func (s *server) join(ctx context.Context, c *websocket.Conn) queue {
	q := make(queue, 16)
	s.mu.Lock()
	s.members[q] = true
	s.mu.Unlock()
	go func() { // ends when leave closes q
		for m := range q {
			if c.Write(ctx, m.kind, m.data) != nil {
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

func (s *server) publish(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for q := range s.members {
		select {
		case q <- m:
		default: // where the example drops the subscriber
		}
	}
}
