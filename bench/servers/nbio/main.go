// nbio is lesismal/nbio with its non-blocking engine: event loops, and a pool of goroutines for
// handlers.
package main

import (
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

type room struct {
	mu      sync.RWMutex
	members []*websocket.Conn
}

func main() {
	o := serve.Parse()
	logging.SetLevel(logging.LevelNone)
	var r room
	u := websocket.NewUpgrader()
	u.KeepaliveTime = 0
	u.OnOpen(func(c *websocket.Conn) {
		_ = c.SetReadDeadline(time.Time{})
		r.join(c)
	})
	u.OnMessage(func(c *websocket.Conn, op websocket.MessageType, b []byte) {
		if o.Room {
			r.publish(op, b)
			return
		}
		_ = c.WriteMessage(op, b) // OnClose would tell
	})
	e := nbhttp.NewEngine(nbhttp.Config{
		Network:                 "tcp4",
		Addrs:                   []string{o.Addr},
		MaxLoad:                 1 << 20,
		NPoller:                 runtime.GOMAXPROCS(0),
		ReleaseWebsocketPayload: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = u.Upgrade(w, r, nil) // it has answered the client
		}),
	})
	serve.Check(e.Start())
	select {}
}

func (r *room) join(c *websocket.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, c)
}

func (r *room) publish(op websocket.MessageType, b []byte) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, c := range r.members {
		_ = c.WriteMessage(op, b)
	}
}
