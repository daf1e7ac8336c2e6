//go:build unix

package inspect_test

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wstest"
)

// BenchmarkRecordingShare is by how much a recording makes a message dearer, in processor time: of
// a server whose client is another process, and of both in one process, as BenchmarkMessage. It
// records every other slice of messages, so that other programs on the machine slow down both
// alike, and takes the medians. Run it with -cpu 1 -benchtime 200x.
func BenchmarkRecordingShare(b *testing.B) {
	if addr := os.Getenv(clientEnv); addr != "" {
		echoAll(b, addr)
		return
	}
	b.Run("server", func(b *testing.B) { share(b, startClient(b, "1")) })
	b.Run("server with 64 clients", func(b *testing.B) { share(b, startClient(b, "64")) })
	b.Run("both", func(b *testing.B) {
		share(b, func(_ *gateway.Server, addr string) func() {
			nc := dialRaw(b, addr)
			b.Cleanup(func() { _ = nc.Close() })
			return func() {
				if err := echoes(nc, slice); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// slice is how many messages are measured at once.
const slice = 2000

// share measures. connect starts a client, and returns what waits for a slice of messages.
func share(b *testing.B, connect func(srv *gateway.Server, addr string) func()) {
	srv, addr := serveEcho(b)
	i := inspect.New(inspect.Config{Gateway: srv, Token: token, URL: "ws://" + addr + "/api/"})
	defer i.Close()
	ctx, stop := context.WithCancel(context.Background())
	r, done := i.Record(recording.DefaultRules()), make(chan error, 1)
	go func() { done <- r.Run(ctx, io.Discard) }() // ends below
	wait := connect(srv, addr)
	cost := func(o gateway.Observer) float64 {
		srv.Observe(o)
		messages, before := srv.Stats().Messages, cpu(b)
		wait()
		srv.Observe(nil)
		i.Settle() // what was noted is written in the time of the messages that it is of
		return float64(cpu(b)-before) / float64(srv.Stats().Messages-messages)
	}
	cost(nil) // the first messages are dearer
	var without, with, more []float64
	for b.Loop() {
		w, o := cost(nil), cost(i.Observer())
		without, with, more = append(without, w), append(with, o), append(more, 100*(o-w)/w)
	}
	stop()
	<-done
	b.ReportMetric(median(without), "ns-unobserved")
	b.ReportMetric(median(with), "ns-recording")
	b.ReportMetric(median(more), "%")
	b.ReportMetric(0, "ns/op")
}

const (
	clientEnv  = "TYG_TEST_ECHO_CLIENT"
	clientsEnv = "TYG_TEST_ECHO_CLIENTS"
)

// startClient returns a connect for share that starts another process with so many clients.
func startClient(b *testing.B, clients string) func(*gateway.Server, string) func() {
	return func(srv *gateway.Server, addr string) func() {
		client := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkRecordingShare$",
			"-test.benchtime=1x")
		client.Env = append(os.Environ(), clientEnv+"="+addr, clientsEnv+"="+clients)
		if err := client.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = client.Process.Kill(); _ = client.Wait() })
		return func() {
			for from := srv.Stats().Messages; srv.Stats().Messages-from < slice; {
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// echoAll is the process of the clients, until their server ends.
func echoAll(b *testing.B, addr string) {
	clients, err := strconv.Atoi(os.Getenv(clientsEnv))
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	for range clients {
		nc := dialRaw(b, addr)
		all.Go(func() {
			for echoes(nc, slice) == nil {
			}
		})
	}
	all.Wait()
}

// echoes sends so many messages, each after the answer to the one before, which it differs from.
func echoes(nc net.Conn, n int) error {
	messages := make([][]byte, 10)
	for i := range messages {
		text := strings.Replace(echoed, "good", "goo"+strconv.Itoa(i), 1)
		messages[i] = wstest.Frame(ws.OpText, true, text)
	}
	answer := make([]byte, len(messages[0])-4) // without the mask
	for i := range n {
		if _, err := nc.Write(messages[i%len(messages)]); err != nil {
			return err
		}
		if _, err := io.ReadFull(nc, answer); err != nil {
			return err
		}
	}
	return nil
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
