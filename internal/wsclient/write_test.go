package wsclient_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

func TestWriteEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- c.Write(ctx, ws.OpText, []byte("not read")) }()
		synctest.Wait()
		short, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		if err := c.Ping(short); err != context.DeadlineExceeded {
			t.Errorf("Ping while Write waits: got %v, want %v", err, context.DeadlineExceeded)
		}
		if err := <-done; err != context.DeadlineExceeded {
			t.Errorf("Write: got %v, want %v", err, context.DeadlineExceeded)
		}
		if _, err := s.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the socket was not closed: %v", err)
		}
	})
}

// pipe returns a client and the server's end of its connection, which the caller may read.
func pipe(t *testing.T) (*wsclient.Conn, net.Conn) {
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

// A server that takes short frames only gets long messages, in several frames, and control frames
// as they are.
func TestMaxFrame(t *testing.T) {
	const longest = 10
	for _, deflated := range []bool{false, true} {
		address := serve(t, func(p *peer) {
			p.r.Config = &ws.Config{MaxFrame: longest}
			echo(p)
		})
		c := dial(t, address, &wsclient.Options{Deflate: deflated, MaxFrame: longest})
		for _, n := range []int{0, 1, longest, longest + 1, 3 * longest, 1000} {
			want := strings.Repeat("tyg, passed round. ", n/19+1)[:n]
			if err := c.Write(t.Context(), ws.OpText, []byte(want)); err != nil {
				t.Fatal(err)
			}
			expectText(t, c, want)
		}
		if err := c.Close(ws.CloseNormal, strings.Repeat("x", 2*longest)); err != nil {
			t.Error(err)
		}
	}
}

func TestManyWriters(t *testing.T) {
	const writers, each = 8, 50
	c := dial(t, serve(t, echo), &wsclient.Options{Deflate: true, Header: http.Header{}})
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
