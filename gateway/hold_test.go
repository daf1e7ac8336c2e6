package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/holdtest"
)

const (
	anyRequest = "GET /x HTTP/1.1\r\nHost: x\r\n"
	anyUpgrade = "GET /api/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	anyCall = "POST /api/@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	hello   = "Content-Length: 5\r\n\r\nhello"
	end     = "\r\n"
)

// servePipes serves srv itself without a network, to be called in a bubble. shutdown ends that.
func servePipes(
	t *testing.T, srv *gateway.Server,
) (dial func() net.Conn, shutdown func() (time.Duration, error)) {
	t.Helper()
	l := holdtest.Listen()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }() // shutdown ends it and waits for it
	return l.Dialer(t), func() (time.Duration, error) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err := srv.Shutdown(ctx)
		<-served
		return time.Since(start), err
	}
}

// overTLS returns the client's end of TLS over nc, if config is not nil.
func overTLS(nc net.Conn, config *tls.Config) net.Conn {
	if config == nil {
		return nc
	}
	config = config.Clone()
	config.ServerName = "example.com"
	config.Time = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	return tls.Client(nc, config)
}

// tlsConfigs returns configurations of a server and a client.
func tlsConfigs() (server, client *tls.Config) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	return web.TLS, web.Client().Transport.(*http.Transport).TLSClientConfig
}

// onBothInBubble runs f with and without TLS, in a bubble.
func onBothInBubble(
	t *testing.T, f func(t *testing.T, dial func() net.Conn, shutdown func() (time.Duration, error)),
) {
	server, client := tlsConfigs()
	t.Run("plain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			dial, shutdown := servePipes(t, &gateway.Server{Handler: echo(), Logger: quiet})
			f(t, dial, shutdown)
		})
	})
	t.Run("TLS", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			dial, shutdown := servePipes(t, &gateway.Server{Handler: echo(), Logger: quiet, TLS: server})
			f(t, func() net.Conn { return overTLS(dial(), client) }, shutdown)
		})
	})
}

// TestSilentClientsAreCut has clients fall silent in each phase of a request of each kind.
func TestSilentClientsAreCut(t *testing.T) {
	t.Parallel() // it mostly waits
	const (
		head = 6 * time.Second  // Limits.Handshake, and the pace of the sweep
		body = 2 * time.Second  // of requests that are refused
		call = 32 * time.Second // Limits.Read
	)
	onBothInBubble(t, func(
		t *testing.T, dial func() net.Conn, shutdown func() (time.Duration, error),
	) {
		holdtest.Run(t, dial, anyRequest, holdtest.Limits{Head: head, Body: body, Idle: time.Minute})
		holdtest.Run(t, dial, anyUpgrade, holdtest.Limits{Head: head, Body: body, Idle: time.Minute})
		holdtest.Run(t, dial, anyCall, holdtest.Limits{Head: head, Body: call, Idle: time.Minute})
		if _, err := shutdown(); err != nil {
			t.Error(err)
		}
	})
}

// TestSilentClientsAreCutOnEachPath has clients with real sockets fall silent. All wait at once;
// how long, the tests in a bubble check.
func TestSilentClientsAreCutOnEachPath(t *testing.T) {
	limits := gateway.Limits{Handshake: 500 * time.Millisecond, Read: 500 * time.Millisecond}
	for name, path := range map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "portable": startPortable, "TLS": startServeTLS, "other listener": startStrange,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			r := path(t, &gateway.Server{Handler: echo(), Logger: quiet, Limits: limits})
			silent := make(map[string]*wire)
			for _, text := range silences() {
				silent[text] = r.connect(t)
				silent[text].write(t, text)
			}
			for text, w := range silent {
				_ = w.SetReadDeadline(time.Now().Add(patience))
				if _, err := io.Copy(io.Discard, w.in); isTimeout(err) {
					t.Errorf("a client that says %q is never cut", text)
				}
			}
		})
	}
}

// TestShutdownDoesNotWaitForSilentClientsOnEachPath shuts down while clients are silent, which may
// be so for longer than the test lasts.
func TestShutdownDoesNotWaitForSilentClientsOnEachPath(t *testing.T) {
	limits := gateway.Limits{Handshake: time.Hour, Read: time.Hour}
	for name, path := range map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "portable": startPortable, "TLS": startServeTLS, "other listener": startStrange,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			r := path(t, &gateway.Server{Handler: echo(), Logger: quiet, Limits: limits})
			for _, text := range silences() {
				r.connect(t).write(t, text)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := r.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}

// silences are what clients say before they fall silent.
func silences() []string {
	const length, chunked = "Content-Length: 5\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"
	return []string{
		"", "GET", anyRequest, anyUpgrade, anyRequest + length, anyRequest + length + "he",
		anyRequest + chunked, anyUpgrade + length, anyUpgrade + chunked, anyCall + length,
		anyCall + chunked, anyRequest + end + anyRequest + length,
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// TestClientThatReadsNothingIsCut never reads an answer, nor the server's half of a handshake of
// TLS.
func TestClientThatReadsNothingIsCut(t *testing.T) {
	server, _ := tlsConfigs()
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": server} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial, shutdown := servePipes(t, &gateway.Server{Handler: echo(), Logger: quiet, TLS: config})
				nc := dial()
				defer nc.Close()
				first := anyRequest + end
				if config != nil {
					first = "\x16\x03\x01\x00\x80" // the head of a record that does not come
				}
				if _, err := io.WriteString(nc, first); err != nil {
					t.Fatal(err)
				}
				time.Sleep(15 * time.Second) // in the bubble
				if b, err := io.ReadAll(nc); len(b) > 0 || err != nil {
					t.Errorf("read %q, %v: the connection is still there", b, err)
				}
				if _, err := shutdown(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestShutdownDoesNotWaitForSilentClients shuts down while clients are silent in all phases.
func TestShutdownDoesNotWaitForSilentClients(t *testing.T) {
	onBothInBubble(t, func(
		t *testing.T, dial func() net.Conn, shutdown func() (time.Duration, error),
	) {
		for _, head := range []string{anyRequest, anyUpgrade, anyCall} {
			holdtest.Hold(dial, head)
		}
		nc := dial() // silent in the handshake of TLS, if there is one
		defer nc.Close()
		if took, err := shutdown(); took > 2*time.Second || err != nil {
			t.Errorf("Shutdown took %v and returned %v, want 2 s at most", took, err)
		}
	})
}

// slowSender takes a minute for a message, unless its context ends.
type slowSender struct{ tyg.Sender }

func (slowSender) Send(ctx context.Context, _ tyg.ConnID, _ []byte, _ ...tyg.SendOption) error {
	select {
	case <-time.After(time.Minute):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shaped has the shape of a signature, which is enough from this machine without Secrets.
const shaped = "Authorization: AWS4-HMAC-SHA256 " +
	"Credential=AKID/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, " +
	"Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n" +
	"X-Amz-Date: 20260101T000000Z\r\n"

// TestSlowCallIsServed makes calls that take longer than a body and an answer may take: the context
// of a call that has arrived ends with neither.
func TestSlowCallIsServed(t *testing.T) {
	serve := map[string]func(*testing.T, *gateway.Server) (func() net.Conn, func()){
		"Serve": func(t *testing.T, srv *gateway.Server) (func() net.Conn, func()) {
			dial, shutdown := servePipes(t, srv)
			return dial, func() { _, _ = shutdown() }
		},
		"http.Server": func(t *testing.T, srv *gateway.Server) (func() net.Conn, func()) {
			l, web := holdtest.Listen(), &http.Server{Handler: srv}
			served := make(chan error, 1)
			go func() { served <- web.Serve(l) }() // stopped by what is returned, which waits for it
			return l.Dialer(t), func() { _ = web.Close(); <-served }
		},
	}
	for name, start := range serve {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial, stop := start(t, &gateway.Server{
					Handler: echo(), Logger: quiet, Host: onlySender{Sender: slowSender{}},
				})
				defer stop()
				nc := dial()
				defer nc.Close()
				in := bufio.NewReader(nc)
				for range 2 {
					_, err := io.WriteString(nc, anyCall+shaped+hello)
					if err != nil {
						t.Fatal(err)
					}
					res, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Fatal(err)
					}
					body, _ := io.ReadAll(res.Body)
					if res.StatusCode != http.StatusOK {
						t.Errorf("status %d %s, want 200", res.StatusCode, body)
					}
				}
			})
		})
	}
}

// TestShutdownWaitsForRequestsThatArrived shuts down while a call and a handshake are handled, and
// expects them to be answered.
func TestShutdownWaitsForRequestsThatArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := echo()
		app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
			time.Sleep(5 * time.Second) // in the bubble
			return tyg.Reject(http.StatusTeapot, strings.Repeat("x", 10<<10))
		})
		dial, shutdown := servePipes(t, &gateway.Server{
			Handler: app, Logger: quiet, Host: onlySender{Sender: tenSeconds{}},
		})
		answers := make(chan string, 2)
		for _, request := range []string{anyUpgrade + end, anyCall + shaped + hello} {
			nc := dial()
			defer nc.Close()
			go func() { // ends with the answer
				_, _ = io.WriteString(nc, request)
				res, err := http.ReadResponse(bufio.NewReader(nc), nil)
				if err != nil {
					answers <- err.Error()
					return
				}
				n, err := io.Copy(io.Discard, res.Body)
				answers <- fmt.Sprint(res.StatusCode, " ", n, " ", err)
			}()
		}
		time.Sleep(time.Second) // in the bubble
		took, err := shutdown()
		if err != nil || took < 8*time.Second || took > 11*time.Second {
			t.Errorf("Shutdown took %v and returned %v, want the 9 s of the call", took, err)
		}
		for _, want := range []string{"418 10240 <nil>", "200 0 <nil>"} {
			if got := <-answers; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

// An onlySender is a Host whose groups and values are not used.
type onlySender struct {
	tyg.Sender
	tyg.Groups
	tyg.Values
}

// tenSeconds takes as long for a message, whatever its context says.
type tenSeconds struct{ tyg.Sender }

func (tenSeconds) Send(ctx context.Context, _ tyg.ConnID, _ []byte, _ ...tyg.SendOption) error {
	time.Sleep(10 * time.Second)
	return ctx.Err()
}
