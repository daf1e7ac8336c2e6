package chattest

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// A chatNode is a chat on one node of a cluster.
type chatNode struct {
	*tyg.App
	url    string
	nc     *nats.Conn
	killed atomic.Bool
}

// Handle handles no event once the node was killed.
func (n *chatNode) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	if n.killed.Load() {
		return tyg.Reply{}, errors.New("killed")
	}
	return n.App.Handle(ctx, e)
}

// kill does to the other nodes what the end of the process would.
func (n *chatNode) kill() {
	n.killed.Store(true)
	n.nc.Close()
}

// startCluster starts the chat on three nodes that are impatient.
func startCluster(t *testing.T) []*chatNode {
	t.Helper()
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() })
	var nodes []*chatNode
	for range 3 {
		nodes = append(nodes, startChatNode(t, server.URL()))
	}
	return nodes
}

func startChatNode(t *testing.T, natsURL string) *chatNode {
	t.Helper()
	store, err := natskv.Open(t.Context(), natskv.Config{URL: natsURL, Bucket: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	n := &chatNode{App: tyg.New("chat")}
	chat := &chatlib.Chat{Store: store, Sender: n.App.Sender()}
	n.OnConnect(chat.Connect)
	n.OnMessage(chat.Message)
	n.OnDisconnect(chat.Disconnect)
	if n.nc, err = nats.Connect(natsURL, cluster.Options()...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.nc.Close)
	quiet := slog.New(slog.DiscardHandler)
	srv := &gateway.Server{Handler: n, Logger: quiet}
	node, err := cluster.Join(t.Context(), srv, cluster.Config{
		Conn: n.nc, Name: "chat", Disconnects: cluster.AtLeastOnce, Logger: quiet,
		Heartbeat: 50 * time.Millisecond, Suspect: 500 * time.Millisecond, Dead: 2 * time.Second,
		Renew: 100 * time.Millisecond, Fence: 1800 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(srv)
	n.url = "ws" + strings.TrimPrefix(web.URL, "http") + "/api/"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
		_ = node.Leave(ctx) // it fails for the one that was killed
		web.Close()
	})
	return n
}

// The transcripts are the same with John on one node and Jenny on another.
func TestTranscriptsInACluster(t *testing.T) {
	nodes := startCluster(t)
	testTranscripts(t, nodes[0].url, nodes[2].url)
}

// When Jenny's node is killed, John is told once that she has left, and her nickname is free.
func TestKilledNodeLeavesTheRoom(t *testing.T) {
	nodes := startCluster(t)
	john, jenny := record(t, nodes[0].url), record(t, nodes[2].url)
	defer func() { _, _ = john.ws.CloseNow(), jenny.ws.CloseNow() }()
	for _, who := range []struct {
		*recorder
		name string
	}{{john, "John"}, {jenny, "Jenny"}} {
		who.say(who.name)
		who.receive()
		who.say("/join chalice")
		who.receive()
	}
	john.receive() // Jenny joined
	jenny.say("/room")
	jenny.receive() // the handler before has returned, and waits for no answer
	nodes[2].kill()
	john.receive()
	again := record(t, nodes[1].url)
	defer func() { _ = again.ws.CloseNow() }()
	again.say("Jenny")
	again.receive()
	again.say("/join chalice")
	again.receive()
	john.receive()
	time.Sleep(50 * time.Millisecond) // for a second leave
	john.say("/ls")
	john.receive()
	const want = "< Jenny joined room.\n< Jenny left room.\n< Jenny joined room.\n" +
		"> /ls\n< John\nJenny\n"
	if got := john.text.String(); !strings.HasSuffix(got, want) {
		t.Errorf("John saw\n%s\nwant at the end\n%s", got, want)
	}
}
