// melody is olahol/melody, which stands on gorilla/websocket.
package main

import (
	"net/http"

	"github.com/olahol/melody"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

func main() {
	o := serve.Parse()
	m := melody.New()
	m.Config.MaxMessageSize = 1 << 20
	m.HandleMessage(func(s *melody.Session, b []byte) {
		if o.Room {
			_ = m.Broadcast(b) // fails only when melody is closed
			return
		}
		_ = s.Write(b)
	})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = m.HandleRequest(w, r) })
	serve.Check((&http.Server{Handler: h}).Serve(o.Listen()))
}
