// Command counter counts how often all clients together pressed a button, with centrifuge. A press
// is an RPC; the server subscribes each client to the channel of the count.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/centrifugal/centrifuge"
)

var clicks atomic.Int64

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(welcome)
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnRPC(func(_ centrifuge.RPCEvent, done centrifuge.RPCCallback) {
			_, err := node.Publish("clicks", strconv.AppendInt(nil, clicks.Add(1), 10))
			done(centrifuge.RPCReply{}, err)
		})
		c.Send(strconv.AppendInt(nil, clicks.Load(), 10))
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	http.Handle("/ws", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

func welcome(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	return centrifuge.ConnectReply{
		Credentials:   &centrifuge.Credentials{},
		Subscriptions: map[string]centrifuge.SubscribeOptions{"clicks": {}},
	}, nil
}
