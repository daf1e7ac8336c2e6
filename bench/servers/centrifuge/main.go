// centrifuge is centrifugal/centrifuge with its JSON protocol: an RPC is the echo, a channel the
// room.
package main

import (
	"context"
	"flag"
	"net/http"

	"github.com/centrifugal/centrifuge"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

func main() {
	ping := flag.Duration("ping", -1, "time between pings; negative: none")
	o := serve.Parse()
	node, err := centrifuge.New(centrifuge.Config{
		LogLevel:           centrifuge.LogLevelNone,
		ClientQueueMaxSize: 16 << 20,
	})
	serve.Check(err)
	node.OnConnecting(welcome)
	node.OnConnect(connected)
	serve.Check(node.Run())
	h := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		CheckOrigin:        func(*http.Request) bool { return true },
		PingPongConfig:     centrifuge.PingPongConfig{PingInterval: *ping},
		UseWriteBufferPool: true,
		ReadBufferSize:     1024,
	})
	serve.Check((&http.Server{Handler: h}).Serve(o.Listen()))
}

func welcome(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	return centrifuge.ConnectReply{Credentials: new(centrifuge.Credentials)}, nil
}

func connected(c *centrifuge.Client) {
	c.OnRPC(func(e centrifuge.RPCEvent, done centrifuge.RPCCallback) {
		done(centrifuge.RPCReply{Data: e.Data}, nil)
	})
	c.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
		done(centrifuge.SubscribeReply{}, nil)
	})
	c.OnPublish(func(_ centrifuge.PublishEvent, done centrifuge.PublishCallback) {
		done(centrifuge.PublishReply{}, nil)
	})
}
