// Command broadcast sends every message to all clients, with melody.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/olahol/melody"
)

func main() {
	m := melody.New()
	m.HandleMessage(func(_ *melody.Session, msg []byte) {
		m.Broadcast(msg)
	})
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		m.HandleRequest(w, r)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
