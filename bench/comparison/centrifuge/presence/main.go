// Command presence tells clients who is connected, by name, with centrifuge. A client sends its
// name when it connects, subscribes to the channel "here" and asks for the presence of the channel.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/centrifugal/centrifuge"
)

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(welcome)
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{
				EmitPresence: true, EmitJoinLeave: true, PushJoinLeave: true,
			}}, nil)
		})
		c.OnPresence(func(_ centrifuge.PresenceEvent, done centrifuge.PresenceCallback) {
			done(centrifuge.PresenceReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	http.Handle("/ws", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

func welcome(_ context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	var name string
	if err := json.Unmarshal(e.Data, &name); err != nil {
		return centrifuge.ConnectReply{}, centrifuge.ErrorBadRequest
	}
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 120 {
		return centrifuge.ConnectReply{}, centrifuge.ErrorBadRequest
	}
	info, err := json.Marshal(name)
	return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{Info: info}}, err
}
