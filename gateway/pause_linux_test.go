package gateway_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/selftest"
	"github.com/tyg-dev/tyg/internal/ws"
)

// pausedEnv makes of a test's process nothing but the server that is paused.
const pausedEnv = "TYG_TEST_PAUSED"

// TestPauseIsForgiven stops a server for longer than all its limits. Meanwhile some clients
// complete a message or a handshake, which lies in the socket, and others have nothing to say.
func TestPauseIsForgiven(t *testing.T) {
	// The clients connect within the limits on a busy machine, too.
	const ping, pause, clients = 4 * time.Second, 10 * time.Second, 10
	if os.Getenv(pausedEnv) != "" {
		servePaused(t, &gateway.Server{
			Handler: echo(), Logger: quiet, Extensions: gateway.Extensions{Ping: ping},
			Limits: gateway.Limits{Read: pause / 2, Idle: 2 * ping, Handshake: pause / 2},
		})
		return
	}
	sampletest.Part(t, 4) // it waits for ten seconds
	t.Parallel()
	addr, pid := selftest.Start(t, pausedEnv)
	// A server that stays stopped would never end.
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	r := &rig{url: "http://" + addr + "/api/"}
	whole := string(clientFrame(ws.OpText, true, "whole"))
	var silent, partial, pending []*wire
	for range clients {
		w := r.wire(t)
		w.write(t, whole+whole[:3])
		w.expect(t, "whole")
		partial, silent = append(partial, w), append(silent, r.wire(t))
		pending = append(pending, r.connect(t))
	}
	for _, w := range pending {
		w.write(t, r.handshake()[:20])
	}
	kill(t, pid, syscall.SIGSTOP)
	for i := range clients {
		partial[i].write(t, whole[3:])
		pending[i].write(t, r.handshake()[20:]+whole)
	}
	time.Sleep(pause) // is the attack
	kill(t, pid, syscall.SIGCONT)
	for i := range clients {
		partial[i].answerPings(t, 1)
		silent[i].write(t, whole)
		silent[i].answerPings(t, 1)
		pending[i].response(t)
		pending[i].answerPings(t, 1)
	}
}

func kill(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

// servePaused serves until stdin ends.
func servePaused(t *testing.T, srv *gateway.Server) {
	listener := listen(t, "tcp", "127.0.0.1:0")
	fmt.Println(listener.Addr())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }() // Shutdown ends it
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = srv.Shutdown(ctx) // the clients may be there still
	<-served
}
