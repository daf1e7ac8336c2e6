package main

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// inspectToken is the token of the inspector of newInspector.
const inspectToken = "token-of-the-tests"

// newInspector serves the inspector of a gateway that echoes, and has a client that sends it a
// secret again and again. It returns the URL of the page.
func newInspector(t *testing.T) string {
	t.Helper()
	app := tyg.New("echo")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	srv := &gateway.Server{Handler: app, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	web := httptest.NewServer(srv)
	i := inspect.New(inspect.Config{Gateway: srv, Token: inspectToken, URL: web.URL, Local: true})
	page := httptest.NewServer(i)
	c, _, err := wsclient.Dial(t.Context(), web.URL+"/api/", nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends with the connection
		defer close(done)
		for c.Write(context.Background(), ws.OpText, []byte(`{"password":"sesame","pet":"cat"}`)) == nil {
			if _, _, err := c.Read(context.Background()); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	t.Cleanup(func() {
		_ = c.CloseNow()
		<-done
		i.Close()
		page.Close()
		web.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	return strings.TrimSuffix(page.URL, "/") + "/"
}
