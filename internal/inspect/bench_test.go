//go:build unix

package inspect_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wstest"
)

// BenchmarkMessage is an echo from socket to socket, as it is, with a page open, and while it is
// recorded. Run it with -cpu 1: then what the page and the recording do elsewhere counts, too.
func BenchmarkMessage(b *testing.B) {
	for _, mode := range []string{"unobserved", "page", "recording"} {
		b.Run(mode, func(b *testing.B) { benchmarkMessage(b, mode) })
	}
}

// echoed is the message of the benchmarks.
const echoed = `{"action":"say","text":"good evening"}`

// serveEcho serves an echo until the benchmark ends.
func serveEcho(b *testing.B) (srv *gateway.Server, addr string) {
	b.Helper()
	app := tyg.New("echo")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	srv = &gateway.Server{Handler: app, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }() // Shutdown ends it
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	return srv, l.Addr().String()
}

func benchmarkMessage(b *testing.B, mode string) {
	srv, addr := serveEcho(b)
	i := inspect.New(inspect.Config{Gateway: srv, Token: token, URL: "ws://" + addr + "/api/"})
	defer i.Close()
	switch mode {
	case "page":
		defer i.Begin()()
	case "recording":
		r := i.Record(recording.DefaultRules())
		go func() { _ = r.Run(context.Background(), io.Discard) }() // Close ends it
	}
	nc := dialRaw(b, addr)
	defer nc.Close()
	message := wstest.Frame(ws.OpText, true, echoed)
	answer := make([]byte, len(message)-4) // without the mask
	b.ReportAllocs()
	before, n := cpu(b), 0
	for b.Loop() {
		n++
		if _, err := nc.Write(message); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(nc, answer); err != nil {
			b.Fatal(err)
		}
	} // The time of all processors: the wall clock would count other programs.
	b.ReportMetric(float64(cpu(b)-before)/float64(n), "cpu-ns/op")
}

// cpu returns the processor time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// dialRaw opens a WebSocket and returns its socket, so that a client costs as little as it can.
func dialRaw(b *testing.B, addr string) net.Conn {
	b.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.WriteString(nc, "GET /api/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		b.Fatal(err)
	}
	var head []byte
	one := make([]byte, 1)
	for ; !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one...) {
		if _, err := io.ReadFull(nc, one); err != nil {
			b.Fatal(err)
		}
	}
	return nc
}
