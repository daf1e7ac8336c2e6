package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/nats-io/nats.go"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

// centrifugeNode is centrifuge with a broker on NATS, at most once and without history, as that of
// Centrifugo: its own library has brokers in memory and on Redis only.
type centrifugeNode struct {
	node *centrifuge.Node
	ping time.Duration
}

func newCentrifuge(nc *nats.Conn, name string, ping time.Duration) (*centrifugeNode, error) {
	n, err := centrifuge.New(centrifuge.Config{
		Name: name, LogLevel: centrifuge.LogLevelNone, ClientQueueMaxSize: 16 << 20,
	})
	if err != nil {
		return nil, err
	}
	n.SetBroker(&natsBroker{nc: nc, subs: make(map[string]*nats.Subscription)})
	n.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: new(centrifuge.Credentials)}, nil
	})
	n.OnConnect(func(c *centrifuge.Client) {
		c.OnPublish(func(_ centrifuge.PublishEvent, done centrifuge.PublishCallback) {
			done(centrifuge.PublishReply{}, nil)
		})
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
	})
	return &centrifugeNode{n, ping}, n.Run()
}

func (n *centrifugeNode) serve(o serve.Options) error {
	h := centrifuge.NewWebsocketHandler(n.node, centrifuge.WebsocketConfig{
		CheckOrigin:        func(*http.Request) bool { return true },
		PingPongConfig:     centrifuge.PingPongConfig{PingInterval: n.ping},
		UseWriteBufferPool: true,
		ReadBufferSize:     1024,
	})
	return (&http.Server{Handler: h}).Serve(o.Listen())
}

func (n *centrifugeNode) send(to string, data []byte) error {
	_, err := n.node.Publish(to, data)
	return err
}

// natsBroker is a centrifuge.Broker: a subject for each channel.
type natsBroker struct {
	nc      *nats.Conn
	handler centrifuge.BrokerEventHandler

	mu   sync.Mutex
	subs map[string]*nats.Subscription // guarded by mu
}

const channels = "bench.channel."

func (b *natsBroker) RegisterBrokerEventHandler(h centrifuge.BrokerEventHandler) error {
	b.handler = h
	return nil
}

func (b *natsBroker) Subscribe(ch string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs[ch] != nil {
		return nil
	}
	sub, err := b.nc.Subscribe(channels+ch, func(m *nats.Msg) {
		_ = b.handler.HandlePublication(ch, &centrifuge.Publication{Data: m.Data},
			centrifuge.StreamPosition{}, false, nil)
	})
	b.subs[ch] = sub
	return err
}

func (b *natsBroker) Unsubscribe(ch string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := b.subs[ch]
	delete(b.subs, ch)
	if sub == nil {
		return nil
	}
	return sub.Unsubscribe()
}

func (b *natsBroker) Publish(
	ch string, data []byte, _ centrifuge.PublishOptions,
) (centrifuge.StreamPosition, bool, error) {
	return centrifuge.StreamPosition{}, false, b.nc.Publish(channels+ch, data)
}

func (b *natsBroker) PublishJoin(string, *centrifuge.ClientInfo) error  { return nil }
func (b *natsBroker) PublishLeave(string, *centrifuge.ClientInfo) error { return nil }

func (b *natsBroker) History(
	string, centrifuge.HistoryOptions,
) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	return nil, centrifuge.StreamPosition{}, centrifuge.ErrorNotAvailable
}

func (b *natsBroker) RemoveHistory(string) error { return nil }
