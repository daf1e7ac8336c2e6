package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// A Server is an http.Handler: mount it in a mux, beside a page.
func Example_mux() {
	app := tyg.New("echo")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data, m.Type)
	})
	sockets := &gateway.Server{Handler: app, Stage: "ws"}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<script>let s = new WebSocket('/ws')</script>")
	})
	mux.Handle("/ws", sockets)
	mux.Handle("/ws/", sockets) // with the @connections API below it

	web := httptest.NewServer(mux) // in a program: http.ListenAndServe(addr, mux)
	defer web.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(web.URL, "http")+"/ws", nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	_, data, err := c.Read(ctx)
	fmt.Println(string(data), err)
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		log.Fatal(err)
	}

	// An http.Server knows nothing of connections that became WebSockets: stop the gateway first.
	if err := sockets.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: hello <nil>
}

// The zero Limits are API Gateway's. Change single ones, or begin with a profile.
func ExampleServer_limits() {
	app := tyg.New("uploads")
	profile, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		log.Fatal(err)
	}
	profile.Limits.Message = 1 << 20
	profile.Limits.ConnsPerAddress = 50
	fmt.Println(strings.Join(profile.Differences(), "\n"))
	srv := &gateway.Server{Handler: app, Limits: profile.Limits, Extensions: profile.Extensions}
	fmt.Println(srv.Start())
	// Output:
	// binary messages
	// messages up to 1 MB
	// frames up to 16 MB
	// no idle limit
	// no age limit
	// pings after 25s
	// <nil>
}

// A broadcast is one SendMany. Its error says for each recipient what went wrong.
func ExampleServer_SendMany() {
	var mu sync.Mutex
	present := make(map[tyg.ConnID]bool)
	app := tyg.New("news")
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		mu.Lock()
		defer mu.Unlock()
		present[c.ID] = true
		return nil
	})
	app.OnDisconnect(func(_ context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		mu.Lock()
		defer mu.Unlock()
		delete(present, c.ID)
		return nil
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		mu.Lock()
		var ids []tyg.ConnID
		for id := range present {
			ids = append(ids, id)
		}
		mu.Unlock()
		err := c.Sender.SendMany(ctx, ids, m.Data)
		for id, err := range tyg.Failures(err) {
			if !errors.Is(err, tyg.ErrGone) {
				log.Printf("%s did not get the news: %v", id, err)
			}
		}
		return nil
	})
	http.Handle("/", &gateway.Server{Handler: app})
}
