// Command chat is a chat with nicknames and rooms. The chat itself is package chatlib; here it is
// given a memory and a host.
package main

import (
	"log"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/rooms"
)

func main() {
	if err := host.Run(newApp(rooms.NewMemory())); err != nil {
		log.Fatal(err)
	}
}

func newApp(store rooms.Store) *tyg.App {
	app := tyg.New("chat")
	chat := &chatlib.Chat{Store: store, Sender: app.Sender()}
	app.OnConnect(chat.Connect)
	app.OnMessage(chat.Message)
	app.OnDisconnect(chat.Disconnect)
	return app
}
