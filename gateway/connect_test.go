package gateway_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestConnectDecidesTheResponse shows what a client gets, byte by byte, for what a connect handler
// says.
func TestConnectDecidesTheResponse(t *testing.T) {
	const failed = `{"message":"Internal server error"}`
	tests := []struct {
		name   string
		reply  tyg.Reply
		err    error
		status int
		body   string
	}{
		{"nothing", tyg.Reply{}, nil, 101, ""},
		{"200", tyg.Reply{Status: 200, Body: []byte("not shown")}, nil, 101, ""},
		{"299", tyg.Reply{Status: 299}, nil, 101, ""},
		{"302", tyg.Reply{Status: 302}, nil, 302, `{"message":"Found"}`},
		{"403", tyg.Reply{Status: 403, Body: []byte("no")}, nil, 403, "no"},
		{"599", tyg.Reply{Status: 599, Body: []byte("no")}, nil, 599, "no"},
		{"101", tyg.Reply{Status: 101}, nil, 502, failed},
		{"600", tyg.Reply{Status: 600}, nil, 502, failed},
		{"-1", tyg.Reply{Status: -1}, nil, 502, failed},
		{"rejection", tyg.Reply{}, tyg.Reject(401, "log in first"), 401, "log in first"},
		{"rejection without a reason", tyg.Reply{}, tyg.Reject(403, ""), 403, `{"message":"Forbidden"}`},
		{"rejection as 200", tyg.Reply{}, tyg.Reject(200, "secret"), 502, failed},
		{"rejection, wrapped", tyg.Reply{}, errors.Join(tyg.Reject(404, "who?")), 404, "who?"},
		{"error", tyg.Reply{Status: 200}, errors.New("secret"), 502, failed},
		{"error of a context", tyg.Reply{}, context.Canceled, 502, failed},
		{"panic", tyg.Reply{}, nil, 502, failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			disconnects := make(chan string, 1)
			h := func(_ context.Context, e tyg.Event) (tyg.Reply, error) {
				if e.Type == tyg.EventDisconnect {
					disconnects <- e.RequestID
					return tyg.Reply{}, nil
				}
				if tt.name == "panic" {
					panic("secret")
				}
				return tt.reply, tt.err
			}
			r := start(t, &gateway.Server{Handler: tyg.HandlerFunc(h)})
			res, body := r.ask(t, r.handshake())
			if res.StatusCode != tt.status || body != tt.body {
				t.Errorf("status %d, body %q; want %d, %q", res.StatusCode, body, tt.status, tt.body)
			}
			if tt.status == 101 {
				next(t, disconnects)
				return
			}
			if res.Header.Get("X-Amzn-Requestid") == "" {
				t.Errorf("no request id: %v", res.Header)
			}
			if err := r.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if len(disconnects) != 0 {
				t.Error("what was refused was disconnected")
			}
		})
	}
}

// TestSwitchingProtocols looks at all of the 101, which has nothing of the handler's but the
// subprotocol.
func TestSwitchingProtocols(t *testing.T) {
	app := echo()
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		q.SelectSubprotocol("v3", "v2")
		q.Header.Set("X-Secret", "1")
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	tests := map[string]string{"v1, v2": "v2", "v2,v3": "v3", "v1": "", "": ""}
	for offer, want := range tests {
		var extra []string
		if offer != "" {
			extra = []string{"Sec-WebSocket-Protocol: " + offer}
		}
		w := r.connect(t)
		w.write(t, r.handshake(extra...)+string(clientFrame(ws.OpText, true, "hi")))
		res := w.response(t)
		names := slices.Sorted(maps.Keys(res.Header))
		wantNames := []string{"Connection", "Sec-Websocket-Accept", "Upgrade"}
		if want != "" {
			wantNames = []string{"Connection", "Sec-Websocket-Accept", "Sec-Websocket-Protocol", "Upgrade"}
		}
		if !slices.Equal(names, wantNames) || res.Header.Get("Sec-Websocket-Protocol") != want {
			t.Errorf("offer %q: header %v", offer, res.Header)
		}
		// RFC 6455 section 1.3 has this very key.
		if got := res.Header.Get("Sec-Websocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			t.Errorf("accept key %q", got)
		}
		w.expect(t, "hi") // and no body before it
	}
}

// TestMessagesSentBeforeThe101AreHandled sends messages before the 101 can have arrived.
func TestMessagesSentBeforeThe101AreHandled(t *testing.T) {
	frames := string(clientFrame(ws.OpText, true, "one")) + string(clientFrame(ws.OpText, true, "two"))
	big := string(clientFrame(ws.OpText, true, strings.Repeat("x", 30_000)))
	tests := map[string]struct {
		early, later string
		want         []string
	}{
		"two messages": {frames, "", []string{"one", "two"}},
		"half a frame": {frames[:12], frames[12:], []string{"one", "two"}},
		"a byte":       {frames[:1], frames[1:], []string{"one", "two"}},
		"more than is buffered": {
			big + frames, "",
			[]string{strings.Repeat("x", 30_000), "one", "two"},
		},
		"fragments": {
			string(clientFrame(ws.OpText, false, "o")), string(clientFrame(0, true, "ne")),
			[]string{"one"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, portable := range []bool{false, true} {
				r := start(t, &gateway.Server{Handler: echo(), Portable: portable})
				w := r.connect(t)
				w.write(t, r.handshake()+tt.early)
				if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
					t.Fatalf("status %d", res.StatusCode)
				}
				w.write(t, tt.later)
				for _, want := range tt.want {
					w.expect(t, want)
				}
			}
		})
	}
}

// TestDuringConnect is about clients that do something while their connect handler runs.
func TestDuringConnect(t *testing.T) {
	tests := map[string]func(t *testing.T, w *wire){
		"send": func(t *testing.T, w *wire) {
			w.write(t, string(clientFrame(ws.OpText, true, "hasty")))
		},
		"leave": func(_ *testing.T, w *wire) { _ = w.Close() },
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			entered, release := make(chan struct{}), make(chan struct{})
			app := echo()
			app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
				close(entered)
				<-release
				return nil
			})
			ended := make(chan tyg.Disconnect, 1)
			app.OnDisconnect(func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error {
				ended <- d
				return nil
			})
			r := start(t, &gateway.Server{Handler: app})
			w := r.connect(t)
			w.write(t, r.handshake())
			next(t, entered)
			act(t, w)
			close(release)
			if name == "send" {
				w.response(t)
				w.expect(t, "hasty")
				_ = w.Close()
			}
			want := tyg.Disconnect{Code: ws.CloseAbnormal, Reason: "Connection closed abnormally"}
			if got := next(t, ended); got != want {
				t.Errorf("disconnect %+v, want %+v", got, want)
			}
		})
	}
}
