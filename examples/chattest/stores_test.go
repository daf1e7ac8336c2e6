package chattest

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/dynamo"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// The transcripts are the same with every Store, also when several processes handle the events,
// each with a Store of its own.
func TestTranscriptsOverOtherStores(t *testing.T) {
	for name, start := range map[string]func(*testing.T) func() rooms.Store{
		"NATS": startNATS, "DynamoDB": startDynamoDB,
	} {
		t.Run(name, func(t *testing.T) {
			url := serveApp(t, roundRobin(t, 3, start(t)))
			testTranscripts(t, url, url)
		})
	}
}

// startNATS returns a function that opens a Store on a new server.
func startNATS(t *testing.T) func() rooms.Store {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
	})
	return func() rooms.Store {
		store, err := natskv.Open(t.Context(), natskv.Config{URL: server.URL(), Bucket: "chat"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		return store
	}
}

// startDynamoDB returns a function that opens a Store on a new table.
func startDynamoDB(t *testing.T) func() rooms.Store {
	endpoint := dynamotest.Start(t, "Chat")
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
	})
	return func() rooms.Store {
		store, err := dynamo.Open(dynamo.Config{
			Table: "Chat", Region: "local", Endpoint: endpoint, Credentials: keys,
		})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
}

// roundRobin returns an application whose events are handled by n chats in turn.
func roundRobin(t *testing.T, n int, open func() rooms.Store) *tyg.App {
	t.Helper()
	app := tyg.New("chat")
	chats := make([]*chatlib.Chat, n)
	for i := range chats {
		chats[i] = &chatlib.Chat{Store: open(), Sender: app.Sender()}
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
