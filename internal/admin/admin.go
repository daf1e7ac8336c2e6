// Package admin serves the health and the metrics of a gateway. Serve it on a listener of its own
// that clients of the gateway cannot reach.
//
//	/livez    200 as long as the process answers
//	/readyz   200 while the gateway accepts clients, else 503
//	/metrics  metrics in the text format of Prometheus
//
// API Gateway's metrics have its names (ConnectCount, MessageCount, ClientError, IntegrationError,
// ExecutionError, IntegrationLatency in milliseconds) and the labels ApiId, Stage and, where a
// route is known, Route. Names of metrics that API Gateway does not have begin with tyg_.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html)
package admin

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/hosts"
)

// Config is what an Admin serves.
type Config struct {
	// APIID and Stage are the labels of API Gateway's metrics.
	APIID, Stage string

	// Gateway returns the counts of the gateway. It must not be nil.
	Gateway func() gateway.Stats

	// LogDrops returns how many lines of the log were dropped before they reached it, those of the
	// gateway's Stats not included. Nil if it is not known.
	LogDrops func() int64

	// Ready, if not nil, returns why clients must not connect, although SetReady says that they may.
	Ready func() error

	// Metrics return what others count, such as a node of a cluster.
	Metrics []func() []Metric

	// IsAnswer, if not nil, reports whether an error is an answer of the integration. A tyg.Rejection
	// is one anyway.
	IsAnswer func(error) bool

	// Hosts are the names by which it may be called, see gateway.Server. On loopback that is any
	// address and localhost besides; elsewhere any name, if there are none.
	Hosts []string
}

// An Admin is an http.Handler for the three paths. Make it with [New]. All methods may be called at
// the same time.
type Admin struct {
	cfg   Config
	mux   *http.ServeMux
	hosts hosts.List
	began time.Time
	ready atomic.Bool
	count counters
}

var _ http.Handler = (*Admin)(nil)

// New returns an Admin that is not ready yet.
func New(cfg Config) *Admin {
	a := &Admin{cfg: cfg, mux: http.NewServeMux(), began: time.Now()}
	a.hosts, _ = hosts.Parse(cfg.Hosts) // the gateway has checked them
	a.count.api = []Label{{"ApiId", cfg.APIID}, {"Stage", cfg.Stage}}
	a.count.isAnswer = cfg.IsAnswer
	a.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { writeLine(w, "ok") })
	a.mux.HandleFunc("GET /readyz", a.readyz)
	a.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = writeMetrics(w, a.metrics()) // it fails if the client is gone
	})
	return a
}

// SetReady sets whether the gateway accepts clients.
func (a *Admin) SetReady(ready bool) { a.ready.Store(ready) }

// Ready reports whether clients may connect: what SetReady set last, false before, unless
// Config.Ready says no.
func (a *Admin) Ready() bool {
	return a.ready.Load() && (a.cfg.Ready == nil || a.cfg.Ready() == nil)
}

// ServeHTTP serves one request. A page whose name was pointed to loopback cannot read metrics: its
// name is in the Host header.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !a.mayCall(r) {
		http.Error(w, "this listener has another name; call it at its address, or list the name in "+
			"\"hosts\"", http.StatusForbidden)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// mayCall reports whether the Host header has a name of this listener.
func (a *Admin) mayCall(r *http.Request) bool {
	if hosts.IsFixed(r.Host) || a.hosts.Has(r.Host) {
		return true
	}
	at, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return a.hosts.Empty() && (at == nil || !at.IP.IsLoopback())
}

func (a *Admin) readyz(w http.ResponseWriter, _ *http.Request) {
	if !a.Ready() {
		w.WriteHeader(http.StatusServiceUnavailable)
		writeLine(w, a.why())
		return
	}
	writeLine(w, "ok")
}

// why returns why clients must not connect.
func (a *Admin) why() string {
	if a.ready.Load() && a.cfg.Ready != nil {
		if err := a.cfg.Ready(); err != nil {
			return "not ready: " + err.Error()
		}
	}
	return "not ready"
}

func writeLine(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text+"\n") // it fails if the client is gone
}
