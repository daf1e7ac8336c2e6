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
)

// A phase is a point at which a client falls silent, and how long the gateway may hold the
// connection then.
type phase struct {
	name, sent string
	most       time.Duration
}

const (
	anyRequest = "GET /x HTTP/1.1\r\nHost: x\r\n"
	anyUpgrade = "GET /api/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	anyCall = "POST /api/@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	length  = "Content-Length: 5\r\n"
	chunked = "Transfer-Encoding: chunked\r\n"
	end     = "\r\n"
)

// phases are all phases in which a request can stop.
func phases() []phase {
	const (
		head = 6 * time.Second // Limits.Handshake, and the pace of the sweep
		body = 2 * time.Second
		call = 32 * time.Second // Limits.Read
		idle = time.Minute
	)
	return []phase{
		{"nothing", "", head},
		{"half a line", "GET /api", head},
		{"half a head", anyRequest, head},
		{"half a handshake", anyUpgrade, head},
		{"no body", anyRequest + length + end, body},
		{"half a body", anyRequest + length + end + "he", body},
		{"no chunk", anyRequest + chunked + end, body},
		{"half a chunk", anyRequest + chunked + end + "5\r\nhe", body},
		{"no last chunk", anyRequest + chunked + end + "2\r\nhe\r\n", body},
		{"no trailer", anyRequest + chunked + end + "0\r\n", body},
		{"a body that is expected", anyRequest + length + "Expect: 100-continue\r\n" + end, body},
		{"a large body", anyRequest + "Content-Length: 9000000000\r\n" + end, body},
		{"a handshake with a length", anyUpgrade + length + end, body},
		{"a handshake with half a body", anyUpgrade + length + end + "he", body},
		{"a handshake with chunks", anyUpgrade + chunked + end, body},
		{"a call without its body", anyCall + length + end, call},
		{"a call with half a body", anyCall + length + end + "he", call},
		{"a call with no chunk", anyCall + chunked + end, call},
		{"a call whose body is expected", anyCall + length + "Expect: 100-continue\r\n" + end, call},
		{"after an answer", anyRequest + end, idle},
		{"a byte after an answer", anyRequest + end + "G", idle},
		{"half a line after an answer", anyRequest + end + "GET /", head},
		{"half a head after an answer", anyRequest + end + anyRequest, head},
		{"no body after an answer", anyRequest + end + anyRequest + length + end, body},
	}
}

// servePipes serves srv itself over pipes, to be called in a bubble. shutdown ends that.
func servePipes(
	t *testing.T, srv *gateway.Server,
) (dial func() net.Conn, shutdown func() (time.Duration, error)) {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), wrap: local}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(p) }() // shutdown ends it and waits for it
	dial = func() net.Conn {
		nc, err := p.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		return nc
	}
	return dial, func() (time.Duration, error) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err := srv.Shutdown(ctx)
		<-served
		return time.Since(start), err
	}
}

// local returns nc a connection from this machine.
func local(nc net.Conn) net.Conn { return localConn{nc} }

type localConn struct{ net.Conn }

func (localConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

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

// TestSilentClientsAreCut has a client fall silent in each phase of a request, while it reads.
func TestSilentClientsAreCut(t *testing.T) {
	server, client := tlsConfigs()
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": client} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &gateway.Server{Handler: echo(), Logger: quiet}
				if config != nil {
					srv.TLS = server
				}
				dial, shutdown := servePipes(t, srv)
				for _, p := range phases() {
					nc := overTLS(dial(), config)
					start := time.Now()
					if d := untilCut(nc, p.sent); d > p.most {
						t.Errorf("%s: the connection was held for %v, want %v at most", p.name, d, p.most)
					}
					if p.name == "after an answer" && time.Since(start) < 30*time.Second {
						t.Error("a connection is not kept after an answer")
					}
				}
				if _, err := shutdown(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// untilCut sends text and returns how long it takes until the connection is cut.
func untilCut(nc net.Conn, text string) time.Duration {
	start := time.Now()
	defer nc.Close()
	go func() { _, _ = io.WriteString(nc, text) }() // ends with nc
	_ = nc.SetReadDeadline(start.Add(time.Hour))
	_, _ = io.Copy(io.Discard, nc)
	return time.Since(start)
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
				hello := anyRequest + end
				if config != nil {
					hello = "\x16\x03\x01\x00\x80" // the head of a record that does not come
				}
				if _, err := io.WriteString(nc, hello); err != nil {
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
	server, client := tlsConfigs()
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": client} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &gateway.Server{Handler: echo(), Logger: quiet}
				if config != nil {
					srv.TLS = server
				}
				dial, shutdown := servePipes(t, srv)
				for _, p := range phases() {
					go untilCut(overTLS(dial(), config), p.sent) // ends with the server
				}
				nc := dial() // silent in the handshake of TLS, if there is one
				defer nc.Close()
				time.Sleep(100 * time.Millisecond) // in the bubble
				if took, err := shutdown(); took > 2*time.Second || err != nil {
					t.Errorf("Shutdown took %v and returned %v, want 2 s at most", took, err)
				}
			})
		})
	}
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
			r := startPipes(t, srv, local)
			return func() net.Conn {
				nc, err := r.net(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				return nc
			}, func() {}
		},
	}
	for name, start := range serve {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial, stop := start(t, &gateway.Server{
					Handler: echo(), Logger: quiet, Sender: slowSender{},
				})
				defer stop()
				nc := dial()
				defer nc.Close()
				in := bufio.NewReader(nc)
				for range 2 {
					_, err := io.WriteString(nc, anyCall+shaped+length+end+"hello")
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
			Handler: app, Logger: quiet, Sender: tenSeconds{},
		})
		answers := make(chan string, 2)
		for _, request := range []string{anyUpgrade + end, anyCall + shaped + length + end + "hello"} {
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

// tenSeconds takes as long for a message, whatever its context says.
type tenSeconds struct{ tyg.Sender }

func (tenSeconds) Send(ctx context.Context, _ tyg.ConnID, _ []byte, _ ...tyg.SendOption) error {
	time.Sleep(10 * time.Second)
	return ctx.Err()
}
