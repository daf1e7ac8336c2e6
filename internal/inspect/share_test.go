//go:build unix

package inspect_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wstest"
)

// BenchmarkRecordingShare is by how much a recording makes a message dearer, in processor time of a
// server whose client is another process. It records every other 10,000 messages, so that other
// programs on the machine slow down both alike, and takes the medians. Run it with -cpu 1
// -benchtime 20x.
func BenchmarkRecordingShare(b *testing.B) {
	if addr := os.Getenv(clientEnv); addr != "" {
		echoForever(b, addr)
		return
	}
	srv, addr := serveEcho(b)
	i := inspect.New(inspect.Config{Gateway: srv, Token: token, URL: "ws://" + addr + "/api/"})
	defer i.Close()
	client := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkRecordingShare$",
		"-test.benchtime=1x")
	client.Env = append(os.Environ(), clientEnv+"="+addr)
	if err := client.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = client.Process.Kill(); _ = client.Wait() }()
	ctx, stop := context.WithCancel(context.Background())
	r, done := i.Record(recording.DefaultRules()), make(chan error, 1)
	go func() { done <- r.Run(ctx, io.Discard) }() // ends below
	cost(b, srv)                                   // the first messages are dearer
	var without, with, more []float64
	for b.Loop() {
		srv.Observe(nil)
		w := cost(b, srv)
		srv.Observe(i.Observer())
		o := cost(b, srv)
		without, with, more = append(without, w), append(with, o), append(more, 100*(o-w)/w)
	}
	stop()
	<-done
	b.ReportMetric(median(without), "ns-unobserved")
	b.ReportMetric(median(with), "ns-recording")
	b.ReportMetric(median(more), "%")
	b.ReportMetric(0, "ns/op")
}

const clientEnv = "TYG_TEST_ECHO_CLIENT"

// cost returns the processor time of a message, of the next 10,000.
func cost(b *testing.B, srv *gateway.Server) float64 {
	messages, before := srv.Stats().Messages, cpu(b)
	for {
		if n := srv.Stats().Messages - messages; n >= 10_000 {
			return float64(cpu(b)-before) / float64(n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// echoForever sends one message after the other until it is killed.
func echoForever(b *testing.B, addr string) {
	nc := dialRaw(b, addr)
	message := wstest.Frame(ws.OpText, true, echoed)
	answer := make([]byte, len(message)-4) // without the mask
	for {
		if _, err := nc.Write(message); err != nil {
			return
		}
		if _, err := io.ReadFull(nc, answer); err != nil {
			return
		}
	}
}
