package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestHandshakeMayComeInPieces says a handshake and frames in pieces of random size.
func TestHandshakeMayComeInPieces(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: echo(), Portable: portable})
		for seed := range uint64(30) {
			rng := rand.New(rand.NewPCG(seed, 1))
			all := r.handshake("Cookie: " + strings.Repeat("c", rng.IntN(6000)))
			frames := rng.IntN(50)
			for i := range frames {
				all += string(clientFrame(ws.OpText, true, fmt.Sprint("message ", i)))
			}
			w := r.connect(t)
			most := 1 + rng.IntN(len(all))
			for rest := all; rest != ""; {
				n := min(1+rng.IntN(most), len(rest))
				w.write(t, rest[:n])
				rest = rest[n:]
			}
			if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("status %d", res.StatusCode)
			}
			for i := range frames {
				w.expect(t, fmt.Sprint("message ", i))
			}
			_ = w.Close()
		}
	})
}

// TestManyEarlyFrames sends more frames behind the handshake than are read with it, over a request
// that an http.Server has to read as over one that Serve reads.
func TestManyEarlyFrames(t *testing.T) {
	r := start(t, &gateway.Server{Handler: echo()})
	for name, field := range map[string]string{"plain": "X: y", "strange": "X:\ty"} {
		t.Run(name, func(t *testing.T) {
			const frames = 2000
			w := r.connect(t)
			all := r.handshake(field)
			for i := range frames {
				all += string(clientFrame(ws.OpText, true, fmt.Sprint("message ", i)))
			}
			wrote := make(chan error, 1)
			go func() { _, err := io.WriteString(w, all); wrote <- err }() // the test waits for it
			if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("status %d", res.StatusCode)
			}
			for i := range frames {
				w.expect(t, fmt.Sprint("message ", i))
			}
			if err := next(t, wrote); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOtherRequestsGoToTheHTTPServer asks for what is no WebSocket on the port of those that are.
func TestOtherRequestsGoToTheHTTPServer(t *testing.T) {
	t.Parallel() // it mostly waits
	long := "X: " + strings.Repeat("x", 24<<10)
	tests := []struct {
		name, request string
		want          []int // the status of each answer
	}{
		{"GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", []int{426}},
		{"two", strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 2), []int{426, 426}},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", []int{405}},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", []int{505}},
		{"HTTP/1.0 with LF", "GET / HTTP/1.0\n\n", []int{505}},
		{"LF", "GET / HTTP/1.1\nHost: x\n\n", []int{426}},
		{"CR LF and LF", "GET / HTTP/1.1\nHost: x\r\n\n", []int{426}},
		{"other path", "GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n", []int{403}},
		{
			"body",
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\nHost: x\r\n\r\n",
			[]int{405, 426},
		},
		{"no HTTP", "hello\r\n\r\n", []int{400}},
		{"no host", "GET / HTTP/1.1\r\n\r\n", []int{400}},
		{"space before colon", "GET / HTTP/1.1\r\nHost: x\r\nUpgrade : websocket\r\n\r\n", []int{400}},
		{"too long", "GET / HTTP/1.1\r\nHost: x\r\n" + long + "\r\n\r\n", []int{431}},
		{"endless", "GET / HTTP/1.1\r\nHost: x\r\n" + long, []int{431}},
	}
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: echo(), Portable: portable})
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				w := r.connect(t)
				w.write(t, tt.request)
				method, _, _ := strings.Cut(tt.request, " ")
				for _, want := range tt.want {
					res, err := http.ReadResponse(w.in, &http.Request{Method: method})
					if err != nil {
						t.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, res.Body)
					if _ = res.Body.Close(); res.StatusCode != want {
						t.Errorf("status %d, want %d", res.StatusCode, want)
					}
				}
			})
		}
	})
}

// TestKeepAlive asks on one connection for several things, the last of which is a WebSocket.
func TestKeepAlive(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		first := r.wire(t)
		path := "/api/@connections/" + url.PathEscape(string(next(t, l.connects).ID))
		w := r.connect(t)
		for i := range 3 {
			text := fmt.Sprint("call ", i)
			req := httptest.NewRequest(http.MethodPost, "http://"+r.host()+path, strings.NewReader(text))
			sign(t, req, text, unknownKey)
			head := fmt.Sprintf(
				"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", path, r.host(), len(text),
			)
			for name := range req.Header {
				head += name + ": " + req.Header.Get(name) + "\r\n"
			}
			for _, b := range []byte(head + "\r\n" + text) { // a byte at a time
				w.write(t, string(b))
			}
			res := w.response(t)
			_, _ = io.Copy(io.Discard, res.Body)
			if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
				t.Fatalf("status %d", res.StatusCode)
			}
			first.expect(t, text)
		}
		w.write(t, r.handshake())
		if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("handshake: status %d", res.StatusCode)
		}
		w.write(t, string(clientFrame(ws.OpText, true, "hello")))
		w.expect(t, "hello")
	})
}

// TestRefusalReachesClientThatStillSends has a client that goes on sending while it is refused. It
// gets the whole answer and is not cut off: a socket that is closed with unread bytes is reset.
func TestRefusalReachesClientThatStillSends(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: echo(), Portable: portable})
		for range 20 {
			w := r.connect(t)
			w.write(t, r.handshake("Origin: http://elsewhere.example")+strings.Repeat("x", 100_000))
			res := w.response(t)
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != http.StatusForbidden ||
				int64(len(body)) != res.ContentLength {
				t.Fatalf("status %d, %q, %v", res.StatusCode, body, err)
			}
			if _, err := w.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Fatalf("behind the answer: %v", err)
			}
			for range 10 { // to a closed socket, one of them would fail
				w.write(t, "more")
			}
			_ = w.Close()
		}
	})
}

// TestSlowHeadIsCut has clients that send their request too slowly; others are not affected.
func TestSlowHeadIsCut(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{
			Handler: echo(), Portable: portable, Limits: gateway.Limits{Handshake: 200 * time.Millisecond},
		})
		quick := r.wire(t)
		for _, half := range []string{
			"", "G", "GET /api/ HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost:",
		} {
			w := r.connect(t)
			w.write(t, half)
			_ = w.SetDeadline(time.Now().Add(patience))
			if _, err := io.Copy(io.Discard, w.in); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("a client that says %q is never cut", half)
			}
		}
		quick.write(t, string(clientFrame(ws.OpText, true, "still there")))
		quick.expect(t, "still there")
	})
}

// refuser refuses as the path of the handshake says.
func refuser() *gateway.Server {
	app := echo()
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		var status int
		_, _ = fmt.Sscan(r.Query.Get("status"), &status)
		switch {
		case status == -1:
			return errors.New("broken")
		case status == -2:
			panic("broken")
		}
		return tyg.Reject(status, r.Query.Get("reason"))
	})
	return &gateway.Server{Handler: app, Logger: quiet}
}

// TestRefusalsAreThoseOfAnHTTPServer compares the refusals of handshakes that Serve has read itself
// with those of an http.Server.
func TestRefusalsAreThoseOfAnHTTPServer(t *testing.T) {
	served, mounted := start(t, refuser()), startMounted(t, refuser())
	replace := func(old, by string) func(string) string {
		return func(good string) string { return strings.Replace(good, old, by, 1) }
	}
	tests := map[string]func(good string) string{
		"no key":      replace("Sec-WebSocket-Key", "X-Key"),
		"bad key":     replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhl"),
		"old version": replace(": 13", ": 8"),
		"no upgrade":  replace("Connection: Upgrade", "Connection: x"),
		"origin":      replace("\r\n\r\n", "\r\nOrigin: http://evil.example\r\n\r\n"),
		"long URL":    replace("/api/", "/api/?"+strings.Repeat("q", 5000)),
		"broken":      replace("/api/", "/api/?status=-1"),
		"panic":       replace("/api/", "/api/?status=-2"),
	}
	for _, status := range []int{300, 302, 304, 400, 401, 403, 404, 418, 429, 500, 503, 599} {
		for _, reason := range []string{"", "because"} {
			path := fmt.Sprintf("/api/?status=%d&reason=%s", status, reason)
			tests[fmt.Sprint(status, reason)] = replace("/api/", path)
		}
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			got, want := served.refusal(t, change), mounted.refusal(t, change)
			if got != want {
				t.Errorf("answer\n%s\nbut of an http.Server\n%s", got, want)
			}
		})
	}
}

// refusal is the answer to a handshake, without what differs from answer to answer.
func (r *rig) refusal(t *testing.T, change func(string) string) string {
	t.Helper()
	w := r.connect(t)
	w.write(t, change(r.handshake()))
	_ = w.Conn.(*net.TCPConn).CloseWrite() // an http.Server hangs up then
	all, err := io.ReadAll(w.in)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(all))), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Date", "Connection", "X-Amzn-Requestid"} {
		res.Header.Del(name)
	}
	var b strings.Builder
	fmt.Fprintln(&b, res.Proto, res.Status, res.ContentLength, res.TransferEncoding)
	_ = res.Header.Write(&b)
	fmt.Fprintf(&b, "%s", body)
	return b.String()
}

// TestServeTakesManyListeners serves several at a time, of several kinds.
func TestServeTakesManyListeners(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		srv := &gateway.Server{Handler: echo(), Portable: portable}
		r := start(t, srv)
		other, unix := listen(t, "tcp", "127.0.0.1:0"), listen(t, "unix", t.TempDir()+"/s")
		web := httptest.NewTLSServer(nil) // for its certificate
		defer web.Close()
		secure := tls.NewListener(
			listen(t, "tcp", "127.0.0.1:0"), &tls.Config{Certificates: web.TLS.Certificates},
		)
		served := make(chan error, 3)
		dialers := map[string]func() (net.Conn, error){
			"other": func() (net.Conn, error) { return net.Dial("tcp", other.Addr().String()) },
			"unix":  func() (net.Conn, error) { return net.Dial("unix", unix.Addr().String()) },
			"TLS": func() (net.Conn, error) {
				return tls.Dial("tcp", secure.Addr().String(), &tls.Config{InsecureSkipVerify: true})
			},
		}
		for _, l := range []net.Listener{other, unix, secure} {
			go func() { served <- srv.Serve(l) }() // Shutdown ends it
		}
		first := r.wire(t)
		for name, dial := range dialers {
			nc, err := dial()
			if err != nil {
				t.Fatal(name, err)
			}
			defer nc.Close()
			_ = nc.SetDeadline(time.Now().Add(patience))
			w := &wire{nc, bufio.NewReader(nc)}
			w.write(t, r.handshake()+string(clientFrame(ws.OpText, true, name)))
			if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%s: status %d", name, res.StatusCode)
			}
			w.expect(t, name)
			_ = nc.Close()
		}
		_ = first.Close()
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for range cap(served) {
			if err := next(t, served); !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("Serve ended with %v", err)
			}
		}
		late := listen(t, "tcp", "127.0.0.1:0")
		if err := srv.Serve(late); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve after Shutdown: %v", err)
		}
		if _, err := late.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("its listener: %v", err)
		}
	})
}

func listen(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestServeReportsErrors serves what cannot work.
func TestServeReportsErrors(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0")
	if err := new(gateway.Server).Serve(l); err == nil || errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve without a Handler: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("its listener: %v", err)
	}
}

// TestShutdownCutsSilentClients shuts down a server with clients that have sent nothing, half a
// head, or one request, and with some that are just connecting. All of them are cut.
func TestShutdownCutsSilentClients(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		rounds, limits := 20, gateway.Limits{}
		if portable { // Shutdown of an http.Server waits for silent clients
			rounds, limits.Handshake = 2, 200*time.Millisecond
		}
		for range rounds {
			r := start(t, &gateway.Server{Handler: echo(), Portable: portable, Limits: limits})
			var all []*wire
			for _, text := range []string{
				"", "G", "GET /api/ HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
			} {
				w := r.connect(t)
				w.write(t, text)
				all = append(all, w)
			}
			res := all[len(all)-1].response(t)
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			coming := make(chan net.Conn)
			go func() { // ends when the listener is closed
				defer close(coming)
				for {
					nc, err := net.Dial("tcp", r.host())
					if err != nil {
						return
					}
					coming <- nc
				}
			}()
			down := make(chan error, 1)
			all = append(all, wrap(<-coming))
			go func() { down <- r.Shutdown(context.Background()) }() // the test waits for it
			for nc := range coming {
				all = append(all, wrap(nc))
			}
			if err := next(t, down); err != nil {
				t.Error(err)
			}
			for i, w := range all {
				// Linux drops a client that connects while a listener closes, and sends the reset only
				// when the client writes.
				_, _ = io.WriteString(w, "x")
				_ = w.SetReadDeadline(time.Now().Add(patience))
				if _, err := io.Copy(io.Discard, w.in); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Fatalf("client %d of %d was not cut", i, len(all))
				}
				_ = w.Close()
			}
		}
	})
}

func wrap(nc net.Conn) *wire { return &wire{nc, bufio.NewReader(nc)} }
