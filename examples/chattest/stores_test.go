package chattest

import (
	"context"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/rooms/storage"
)

// The transcripts are the same with every Store, also when several processes handle the events,
// each with a Store of its own.
func TestTranscriptsOverOtherStores(t *testing.T) {
	t.Setenv("TABLE", "")
	t.Setenv("TYG_NATS_URL", "")
	for name, set := range map[string]func(*testing.T){"NATS": setNATS, "DynamoDB": setTable} {
		t.Run(name, func(t *testing.T) {
			set(t)
			testTranscripts(t, serveApp(t, roundRobin(t, 3)))
		})
	}
}

func setNATS(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
	})
	t.Setenv("TYG_NATS_URL", server.URL())
}

func setTable(t *testing.T) {
	tables := new(dynamotest.Server)
	tables.CreateTable("Chat")
	server := httptest.NewServer(tables)
	t.Cleanup(server.Close)
	t.Setenv("TABLE", "Chat")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", server.URL)
}

// roundRobin returns an application whose events are handled by n chats in turn.
func roundRobin(t *testing.T, n int) *tyg.App {
	t.Helper()
	app := tyg.New("chat")
	chats := make([]*chatlib.Chat, n)
	for i := range chats {
		store, err := storage.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		chats[i] = &chatlib.Chat{Store: store, Sender: app.Sender()}
	}
	var events atomic.Int64
	next := func() *chatlib.Chat { return chats[int(events.Add(1))%n] }
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
		return next().Connect(ctx, c, r)
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return next().Message(ctx, c, m)
	})
	app.OnDisconnect(func(ctx context.Context, c *tyg.Conn, d tyg.Disconnect) error {
		return next().Disconnect(ctx, c, d)
	})
	return app
}
