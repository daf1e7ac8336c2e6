package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
	"github.com/tyg-dev/tyg/internal/paralleltest"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/tygtest"
)

// patience bounds everything that must happen soon.
const patience = time.Minute

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// server is the NATS server of all tests, which have clusters of their own on it.
var server *natsd.Server

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	natsdtest.FastElections()
	paralleltest.AtOnce(8)
	var err error
	if server, err = natsd.Start(natsd.Config{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := server.Shutdown(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if left := leaktest.Await(); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines are left after the tests:\n\n%s\n", left)
		return 1
	}
	return code
}

var clusters atomic.Int64

// newName returns the name of a new cluster.
func newName() string { return fmt.Sprint("test-", clusters.Add(1)) }

// A rig is a node of a cluster with its gateway behind a real listener.
type rig struct {
	*gateway.Server
	node *cluster.Node
	nc   *nats.Conn
	url  string // of the WebSocket
	l    net.Listener

	served       chan error
	down, killed bool
	unsure       bool // whether Leave goes well
}

// start serves a handler as a node until the test ends.
func start(t testing.TB, h tyg.Handler, cfg cluster.Config) *rig {
	t.Helper()
	return startServer(t, &gateway.Server{Handler: h}, server.URL(), cfg)
}

// startServer is start for a gateway, on a NATS server, to which options make the connection.
func startServer(
	t testing.TB, srv *gateway.Server, url string, cfg cluster.Config, options ...nats.Option,
) *rig {
	t.Helper()
	nc, err := nats.Connect(url, append(cluster.Options(), options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	cfg.Conn = nc
	srv.Logger = quiet
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	r := &rig{Server: srv, nc: nc, served: make(chan error, 1)}
	if r.node, err = cluster.Join(t.Context(), r.Server, cfg); err != nil {
		t.Fatal(err)
	}
	if r.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go func() { r.served <- r.Serve(r.l) }() // ends with Shutdown
	r.url = "http://" + r.l.Addr().String() + "/api/"
	t.Cleanup(func() { r.stop(t) })
	return r
}

// stop leaves the cluster in order.
func (r *rig) stop(t testing.TB) {
	if r.down {
		return
	}
	r.down = true
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := r.node.Leave(ctx); err != nil != r.killed && !r.unsure {
		t.Errorf("Leave: %v", err)
	}
	if err := <-r.served; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve ended with %v", err)
	}
}

// startThree starts a cluster of three.
func startThree(t testing.TB, h tyg.Handler, cfg cluster.Config) []*rig {
	t.Helper()
	cfg.Name = newName()
	var rigs []*rig
	for range 3 {
		rigs = append(rigs, start(t, h, cfg))
	}
	return rigs
}

// dialAny returns a Dial that takes one node after the other.
func dialAny(
	t *testing.T, rigs []*rig,
) func(context.Context, tygtest.Dial) (tygtest.Socket, error) {
	var next atomic.Int64
	return func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
		r := rigs[int(next.Add(1))%len(rigs)]
		return wstest.Dial(ctx, t, r.url, d, nil)
	}
}

func newGateway(h tyg.Handler) *gateway.Server { return &gateway.Server{Handler: h, Logger: quiet} }
