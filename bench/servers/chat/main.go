// chat is the application of examples/chat, with its store in memory, and without its limit on the
// rate of a client: one client talks as fast as it can.
package main

import (
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/bench/internal/serve"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/rooms"
)

func main() {
	o := serve.Parse()
	app := tyg.New("chat")
	chat := &chatlib.Chat{
		Store:  rooms.NewMemory(),
		Sender: app.Sender(),
		Limits: chatlib.Limits{Burst: 1e6, Refill: time.Nanosecond, Members: 1e6},
	}
	app.OnConnect(chat.Connect)
	app.OnMessage(chat.Message)
	app.OnDisconnect(chat.Disconnect)
	g := &gateway.Server{Handler: app, TLS: o.Secure()}
	serve.Check(g.Serve(o.ListenPlain()))
}
