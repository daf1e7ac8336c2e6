package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// dialForeign connects with a WebSocket library that shares no code with this module.
func (r *rig) dialForeign(t *testing.T, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	if o == nil {
		o = new(websocket.DialOptions)
	}
	transport := &http.Transport{TLSClientConfig: r.tls}
	t.Cleanup(transport.CloseIdleConnections)
	o.HTTPClient = &http.Client{Transport: transport}
	c, _, err := websocket.Dial(t.Context(), r.url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	c.SetReadLimit(1 << 20)
	return c
}

// limited returns the context of one step, which must not take long.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func wantEcho(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	kind, got, err := c.Read(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	if kind != websocket.MessageText || string(got) != text {
		t.Fatalf("%d bytes of kind %v came back, want %d of text", len(got), kind, len(text))
	}
}

// onAll runs a test over raw, portable and TLS sockets.
func onAll(t *testing.T, h tyg.Handler, f func(t *testing.T, r *rig)) {
	t.Helper()
	t.Run("raw", func(t *testing.T) { f(t, start(t, &gateway.Server{Handler: h})) })
	t.Run(
		"portable", func(t *testing.T) { f(t, start(t, &gateway.Server{Handler: h, Portable: true})) },
	)
	t.Run("TLS", func(t *testing.T) { f(t, startServeTLS(t, &gateway.Server{Handler: h})) })
	t.Run(
		"TLS of net/http",
		func(t *testing.T) { f(t, startHTTPServerTLS(t, &gateway.Server{Handler: h})) },
	)
}

func TestForeignClientGetsItsEcho(t *testing.T) {
	modes := map[string]websocket.CompressionMode{
		"plain":    websocket.CompressionDisabled,
		"takeover": websocket.CompressionContextTakeover,
		"none":     websocket.CompressionNoContextTakeover,
	}
	onAll(t, echo(), func(t *testing.T, r *rig) {
		for name, mode := range modes {
			t.Run(name, func(t *testing.T) {
				c := r.dialForeign(t, &websocket.DialOptions{CompressionMode: mode})
				for _, n := range []int{0, 1, 125, 126, 127, 512, 4096, 32 << 10} {
					if err := c.Write(limited(t), websocket.MessageText, []byte(prose(n))); err != nil {
						t.Fatal(err)
					}
					wantEcho(t, c, prose(n))
				}
				if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// TestForeignClientMayFragment sends messages in many frames, and as a stream.
func TestForeignClientMayFragment(t *testing.T) {
	onAll(t, echo(), func(t *testing.T, r *rig) {
		c := r.dialForeign(t, nil)
		w, err := c.Writer(limited(t), websocket.MessageText)
		if err != nil {
			t.Fatal(err)
		}
		text := prose(128 << 10)
		for part := text; part != ""; {
			n := min(len(part), 5000)
			if _, err := io.WriteString(w, part[:n]); err != nil {
				t.Fatal(err)
			}
			part = part[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		wantEcho(t, c, text)

		stream := websocket.NetConn(limited(t), c, websocket.MessageText)
		for range 20 {
			if _, err := io.WriteString(stream, text[:20_000]); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 20_000)
			if _, err := io.ReadFull(stream, got); err != nil || string(got) != text[:20_000] {
				t.Fatalf("the stream came back as %.80q, %v", got, err)
			}
		}
	})
}

func TestForeignClientGetsPongs(t *testing.T) {
	onAll(t, echo(), func(t *testing.T, r *rig) {
		c := r.dialForeign(t, nil)
		ctx := c.CloseRead(limited(t))
		for range 10 {
			if err := c.Ping(ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestForeignClientGetsItsSubprotocol(t *testing.T) {
	app := echo()
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		q.SelectSubprotocol("chat.v2")
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	for offer, want := range map[string]string{"chat.v1 chat.v2": "chat.v2", "chat.v1": ""} {
		c := r.dialForeign(t, &websocket.DialOptions{Subprotocols: strings.Fields(offer)})
		if got := c.Subprotocol(); got != want {
			t.Errorf("offer %s: subprotocol %q, want %q", offer, got, want)
		}
	}
}

func TestForeignClientClosesWithItsCode(t *testing.T) {
	app := echo()
	l := follow(app)
	onAll(t, app, func(t *testing.T, r *rig) {
		for _, code := range []int{1000, 1001, 3000, 4999} {
			c := r.dialForeign(t, nil)
			next(t, l.connects)
			if err := c.Close(websocket.StatusCode(code), "so long"); err != nil {
				t.Errorf("%d: %v", code, err)
			}
			l.wantEnd(t, tyg.CloseCode(code), "so long")
		}
	})
}

func TestForeignClientIsClosedWith1000(t *testing.T) {
	app := echo()
	l := follow(app)
	onAll(t, app, func(t *testing.T, r *rig) {
		c := r.dialForeign(t, nil)
		if err := r.Close(t.Context(), next(t, l.connects).ID); err != nil {
			t.Fatal(err)
		}
		_, _, err := c.Read(limited(t))
		closed, ok := errors.AsType[websocket.CloseError](err)
		if !ok || closed.Code != 1000 || closed.Reason != "Connection Closed Normally" {
			t.Errorf("ended with %v", err)
		}
		l.wantEnd(t, 1000, "Connection Closed Normally")
	})
}

func TestForeignClientLearnsWhichRuleItBroke(t *testing.T) {
	tests := map[string]struct {
		kind websocket.MessageType
		text string
		want websocket.StatusCode
	}{
		"binary":       {websocket.MessageBinary, "x", 1003},
		"no text":      {websocket.MessageText, "\xff", 1007},
		"large frame":  {websocket.MessageText, strings.Repeat("x", 32<<10+1), 1009},
		"larger frame": {websocket.MessageText, strings.Repeat("x", 1<<20), 1009},
	}
	app := echo()
	l := follow(app)
	onAll(t, app, func(t *testing.T, r *rig) {
		for name, tt := range tests {
			c := r.dialForeign(t, nil)
			next(t, l.connects)
			err := c.Write(limited(t), tt.kind, []byte(tt.text))
			if err != nil && !errors.Is(err, net.ErrClosed) && tt.want != 1009 {
				t.Errorf("%s: %v", name, err)
			}
			_, _, err = c.Read(limited(t))
			if got := websocket.CloseStatus(err); got != tt.want {
				t.Errorf("%s: ended with %v, want %d", name, err, tt.want)
			}
			if got := next(t, l.disconnects); int(got.Code) != int(tt.want) {
				t.Errorf("%s: disconnect %+v, want %d", name, got, tt.want)
			}
		}
	})
}
