// Command chat is a chat with nicknames and rooms, and with a web page. The chat itself is package
// chatlib, its page is package page; main gives them a store and a host. A build tag chooses the
// store, see package storage; without one, the members are in the memory of this process.
package main

import (
	"context"
	"log"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/examples/chat/page"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/storage"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	store, err := storage.Open(context.Background())
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // every change is made when its call returns
	return host.Run(newApp(store))
}

func newApp(store rooms.Store) *tyg.App {
	app := tyg.New("chat")
	chat := &chatlib.Chat{Store: store, Sender: app.Sender()}
	app.Pages(page.Files())
	app.OnConnect(chat.Connect)
	app.OnMessage(chat.Message)
	app.OnDisconnect(chat.Disconnect)
	return app
}
