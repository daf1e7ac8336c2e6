package wsclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

func TestClientAndServerExchangeMessages(t *testing.T) {
	for _, deflate := range []bool{false, true} {
		address := serve(t, echo)
		for _, n := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20} {
			t.Run(fmt.Sprintf("deflate=%v/%d", deflate, n), func(t *testing.T) {
				c := dial(t, address, &wsclient.Options{Deflate: deflate})
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
		c := dial(t, serve(t, echo), &wsclient.Options{Deflate: deflated})
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

// joined returns the response to a handshake and the server's next write from one Read.
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

func TestProtocolViolationOfTheServerIsClosed(t *testing.T) {
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
			}), &wsclient.Options{MaxMessage: 10})
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

func TestLostServerIsUnexpectedEOF(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) { p.write(plain(fin|1, "Hello")[:4]) }), nil)
	for range 2 {
		if _, _, err := c.Read(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Read: got %v, want %v", err, io.ErrUnexpectedEOF)
		}
	}
	if err := c.Close(ws.CloseNormal, ""); err == nil {
		t.Error("Close of a lost connection returned no error")
	}
}

func TestReadContinuesAfterACancelledRead(t *testing.T) {
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
