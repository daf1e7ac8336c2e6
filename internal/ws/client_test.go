package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

func TestClientAndServerUnderstandEachOther(t *testing.T) {
	for _, deflate := range []bool{false, true} {
		address := serve(t, echo)
		for _, n := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20} {
			t.Run(fmt.Sprintf("deflate=%v/%d", deflate, n), func(t *testing.T) {
				c := dial(t, address, &ws.DialOptions{Deflate: deflate})
				want := strings.Repeat("tyg, passed round. ", n/19+1)[:n]
				for _, op := range []ws.Opcode{ws.OpText, ws.OpBinary} {
					if err := c.Write(t.Context(), op, []byte(want)); err != nil {
						t.Fatal(err)
					}
					got, data, err := c.Read(t.Context())
					if err != nil || got != op || string(data) != want {
						t.Errorf("got %d, %d bytes, %v; want %d, %d bytes",
							got, len(data), err, op, n)
					}
				}
				if err := c.Close(ws.CloseNormal, "done"); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestFragmentsFromClientToServer(t *testing.T) {
	for _, deflated := range []bool{false, true} {
		c := dial(t, serve(t, echo), &ws.DialOptions{Deflate: deflated})
		want := strings.Repeat("0123456789", 7000)
		payload, first := want, byte(1)
		if deflated {
			payload, first = deflate(want), rsv1|1
		}
		var raw string
		for piece := range slices.Chunk([]byte(payload), len(payload)/5) {
			raw += frame(first, string(piece)) + frame(fin|9, "")
			first = 0
		}
		if err := c.WriteRaw(t.Context(), []byte(raw+frame(fin, ""))); err != nil {
			t.Fatal(err)
		}
		expectText(t, c, want)
	}
}

func TestFragmentsFromServerToClient(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) {
		p.write(plain(1, "Hel") + plain(fin|9, "x") + plain(0, "lo"))
		p.expect(show(ws.OpPong, "x"))
		p.write(plain(fin, "!") + plain(fin|8, ""))
		p.expect(show(ws.OpClose, ""))
	}), nil)
	expectText(t, c, "Hello!")
	_, _, err := c.Read(t.Context())
	if e, ok := err.(*ws.CloseError); !ok || e.Code != ws.CloseNoStatus {
		t.Errorf("got %v, want 1005", err)
	}
}

func TestFramesRightBehindTheHandshake(t *testing.T) {
	s, conn := net.Pipe()
	go func() { // ends with the client
		defer s.Close()
		p := make([]byte, 4096)
		n, _ := s.Read(p)
		_, key, _ := strings.Cut(string(p[:n]), "Sec-WebSocket-Key: ")
		_, _ = s.Write(ws.Upgrade{Key: key[:24]}.AppendResponse(nil, "", false))
		_, _ = io.WriteString(s, plain(fin|1, "a")+plain(fin|1, "b"))
		_, _ = io.Copy(io.Discard, s)
	}()
	c := dial(t, "ws://a.example", through(&joined{Conn: conn}))
	expectText(t, c, "a")
	expectText(t, c, "b")
}

// joined reads the response to a handshake and what the server writes next in one go.
type joined struct{ net.Conn }

func (j *joined) Read(b []byte) (int, error) {
	n, err := j.Conn.Read(b)
	if n > 4 && string(b[n-4:n]) == "\r\n\r\n" {
		more, err := j.Conn.Read(b[n:])
		return n + more, err
	}
	return n, err
}

func TestPongIsReported(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) {
		p.expect(show(ws.OpPing, ""))
		p.write(plain(fin|10, "here") + plain(fin|1, "end"))
		p.expectEnd()
	}), nil)
	var got []string
	c.OnPong = func(payload []byte) { got = append(got, string(payload)) }
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectText(t, c, "end")
	if !slices.Equal(got, []string{"here"}) {
		t.Errorf("got pongs %q, want here", got)
	}
	_ = c.CloseNow()
}

func TestServerCloses(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) {
		p.write(plain(fin|8, "\x03\xe9going") + plain(fin|1, "too late"))
		p.expect(show(ws.OpClose, "\x03\xe9"))
		p.expectEnd()
	}), nil)
	want := ws.CloseError{Code: ws.CloseGoingAway, Reason: "going"}
	for range 2 {
		_, _, err := c.Read(t.Context())
		if e, ok := err.(*ws.CloseError); !ok || *e != want {
			t.Errorf("got %v, want 1001 going", err)
		}
	}
	if err := c.Write(t.Context(), ws.OpText, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write: got %v, want %v", err, net.ErrClosed)
	}
	if err := c.Close(ws.CloseNormal, ""); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestServerBreaksTheProtocol(t *testing.T) {
	for _, test := range []struct {
		name string
		sent string
		code int
	}{
		{"masked", frame(fin|1, "a"), 1002},
		{"close code", plain(fin|8, "\x00\x00"), 1002},
		{"text", plain(fin|1, "\xff"), 1007},
		{"too big", plain(fin|1, nul(11)), 1009},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.write(test.sent)
				m := p.read()
				if code, _, err := ws.ParseClose(m.Data); m.Op != ws.OpClose || code != test.code {
					t.Errorf("server got %d, %d, %v; want close %d", m.Op, code, err, test.code)
				}
			}), &ws.DialOptions{MaxMessage: 10})
			_, _, err := c.Read(t.Context())
			if _, bare := err.(*ws.CloseError); bare || closeCode(err) != test.code {
				t.Errorf("got %v, want a wrapped %d", err, test.code)
			}
			if _, _, again := c.Read(t.Context()); again != err {
				t.Errorf("the next Read: got %v, want %v", again, err)
			}
		})
	}
}

func TestServerIsLost(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) { p.write(plain(fin|1, "Hello")[:4]) }), nil)
	for range 2 {
		if _, _, err := c.Read(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Read: got %v, want %v", err, io.ErrUnexpectedEOF)
		}
	}
	if err := c.Close(ws.CloseNormal, ""); err == nil {
		t.Error("Close found nothing wrong")
	}
}

func TestReadGoesOnAfterItsContext(t *testing.T) {
	half, rest := plain(fin|1, "Hello")[:4], plain(fin|1, "Hello")[4:]
	cancelled := make(chan struct{})
	c := dial(t, serve(t, func(p *peer) {
		p.write(half)
		<-cancelled
		p.write(rest)
		p.expectEnd()
	}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel() // before or during Read
	if _, _, err := c.Read(ctx); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	close(cancelled)
	expectText(t, c, "Hello")
	_ = c.CloseNow()
}

func TestWriteEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- c.Write(ctx, ws.OpText, []byte("nobody reads this")) }()
		synctest.Wait()
		short, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		if err := c.Ping(short); err != context.DeadlineExceeded {
			t.Errorf("Ping, waiting for its turn: got %v, want %v", err, context.DeadlineExceeded)
		}
		if err := <-done; err != context.DeadlineExceeded {
			t.Errorf("Write: got %v, want %v", err, context.DeadlineExceeded)
		}
		if _, err := s.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the socket was not closed: %v", err)
		}
	})
}

// pipe returns a client and the server's end of its connection, which nobody reads.
func pipe(t *testing.T) (*ws.Client, net.Conn) {
	s, conn := net.Pipe()
	go func() { // ends with the handshake
		p := make([]byte, 4096)
		n, _ := s.Read(p)
		_, key, _ := strings.Cut(string(p[:n]), "Sec-WebSocket-Key: ")
		_, _ = s.Write(ws.Upgrade{Key: key[:24]}.AppendResponse(nil, "", false))
	}()
	t.Cleanup(func() { _ = s.Close() })
	return dial(t, "ws://a.example", through(conn)), s
}

func TestClose(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) {
		p.expect(show(ws.OpClose, "\x0f\xa0bye"))
		p.write(plain(fin|1, "late") + plain(fin|9, "late") + plain(fin|8, "\x0f\xa0"))
		p.expectEnd()
	}), nil)
	if err := c.Close(4000, "bye"); err != nil {
		t.Error(err)
	}
	if err := c.Write(t.Context(), ws.OpText, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write: got %v, want %v", err, net.ErrClosed)
	}
	if err := c.CloseNow(); err != nil {
		t.Errorf("CloseNow after Close: %v", err)
	}
}

func TestCloseWithoutStatus(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) {
		p.expect(show(ws.OpClose, ""))
		p.write(plain(fin|8, ""))
	}), nil)
	if err := c.Close(ws.CloseNoStatus, ""); err != nil {
		t.Error(err)
	}
}

func TestCloseBesideRead(t *testing.T) {
	c := dial(t, serve(t, echo), nil)
	done := make(chan error)
	go func() {
		_, _, err := c.Read(t.Context())
		done <- err
	}()
	if err := c.Close(ws.CloseGoingAway, ""); err != nil {
		t.Error(err)
	}
	if err := <-done; closeCode(err) != ws.CloseGoingAway {
		t.Errorf("Read: got %v, want 1001", err)
	}
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe(t)
		go func() { _, _ = io.Copy(io.Discard, s) }() // ends with the pipe; answers nothing
		start := time.Now()
		err := c.Close(ws.CloseNormal, "")
		if took := time.Since(start); err == nil || took != 5*time.Second {
			t.Errorf("got %v after %v, want an error after 5 s", err, took)
		}
	})
}

func TestCloseOutlivesTheContextOfARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe(t)
		go func() { _, _ = io.Copy(io.Discard, s) }() // ends with the pipe; answers nothing
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() {
			_, _, err := c.Read(ctx)
			done <- err
		}()
		synctest.Wait()
		start := time.Now()
		err := c.Close(ws.CloseNormal, "")
		if took := time.Since(start); err == nil || took != 5*time.Second {
			t.Errorf("got %v after %v, want an error after 5 s", err, took)
		}
		if err := <-done; err != context.DeadlineExceeded {
			t.Errorf("Read: got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

func TestReadWaitsForItsTurn(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) { p.expectEnd() }), nil)
	done := make(chan error, 1)
	go func() {
		_, _, err := c.Read(t.Context())
		done <- err
	}()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel() // before or during Read, which may or may not have the turn
	if _, _, err := c.Read(ctx); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	_ = c.CloseNow()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the other Read: got %v, want %v", err, net.ErrClosed)
	}
}

func TestCloseNowEndsRead(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) { p.expectEnd() }), nil)
	go func() { _ = c.CloseNow() }()
	if _, _, err := c.Read(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

func TestWriteRawKeepsTheCallersBytes(t *testing.T) {
	c := dial(t, serve(t, echo), nil)
	raw := []byte(frame(fin|1, "raw"))
	if err := c.WriteRaw(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	if err := c.Write(t.Context(), ws.OpText, []byte("cooked")); err != nil {
		t.Fatal(err)
	}
	if string(raw) != frame(fin|1, "raw") {
		t.Error("Write wrote into the bytes that were given to WriteRaw")
	}
	expectText(t, c, "raw")
	expectText(t, c, "cooked")
}

func TestManyWriters(t *testing.T) {
	const writers, each = 8, 50
	c := dial(t, serve(t, echo), &ws.DialOptions{Deflate: true, Header: http.Header{}})
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for j := range each {
				data := fmt.Appendf(nil, "%d/%d", i, j)
				if err := c.Write(t.Context(), ws.OpText, data); err != nil {
					t.Error(err)
				}
			}
		})
	}
	next := [writers]int{}
	for range writers * each {
		_, data, err := c.Read(t.Context())
		var i, j int
		if _, scan := fmt.Sscanf(string(data), "%d/%d", &i, &j); err != nil || scan != nil {
			t.Fatalf("got %q, %v", data, err)
		}
		if j != next[i] {
			t.Errorf("writer %d: got message %d, want %d", i, j, next[i])
		}
		next[i]++
	}
	wg.Wait()
}
