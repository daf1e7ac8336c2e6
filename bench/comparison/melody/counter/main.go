// Command counter counts how often all clients together sent a message, with melody.
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/olahol/melody"
)

var clicks atomic.Int64

func main() {
	m := melody.New()
	m.HandleConnect(func(s *melody.Session) {
		s.Write(strconv.AppendInt(nil, clicks.Load(), 10))
	})
	m.HandleMessage(func(*melody.Session, []byte) {
		m.Broadcast(strconv.AppendInt(nil, clicks.Add(1), 10))
	})
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		m.HandleRequest(w, r)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
