// Package admin serves what those who run a gateway want to know: whether it lives, whether it takes
// clients, and its metrics in the text format of Prometheus. It is for a listener of its own that
// strangers cannot reach.
//
//	/livez    200 as long as the process answers at all
//	/readyz   200 while the gateway takes clients, else 503
//	/metrics  metrics
//
// The metrics are those of API Gateway under their own names (ConnectCount, MessageCount, ClientError,
// IntegrationError, ExecutionError, IntegrationLatency in milliseconds), with the labels ApiId, Stage
// and, where a route is known, Route; and what API Gateway does not tell, as tyg_….
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html)
package admin

import (
	"io"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
)

// Config says of what to tell.
type Config struct {
	// APIID and Stage are the labels of API Gateway's metrics.
	APIID, Stage string

	// Gateway returns the counts of the gateway. It must not be nil.
	Gateway func() gateway.Stats

	// Functions returns what each function is doing, by name. Nil if there are none here.
	Functions func() map[string]functions.Stats
}

// An Admin is an http.Handler with the three paths. Make it with [New]. All methods may be called at
// the same time.
type Admin struct {
	mux   *http.ServeMux
	ready atomic.Bool
	count counters
}

var _ http.Handler = (*Admin)(nil)

// New returns an Admin that is not ready yet.
func New(cfg Config) *Admin {
	a := &Admin{mux: http.NewServeMux()}
	a.count = newCounters(cfg)
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		a.count.connects, a.count.client, a.count.integration, a.count.execution, a.count.latency,
		a.count.refusals,
		newSnapshot(cfg, a.Ready),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	a.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, "ok") })
	a.mux.HandleFunc("GET /readyz", a.readyz)
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return a
}

// SetReady says whether the gateway takes clients.
func (a *Admin) SetReady(ready bool) { a.ready.Store(ready) }

// Ready reports what SetReady said last.
func (a *Admin) Ready() bool { return a.ready.Load() }

// ServeHTTP serves one request.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

func (a *Admin) readyz(w http.ResponseWriter, _ *http.Request) {
	if !a.Ready() {
		w.WriteHeader(http.StatusServiceUnavailable)
		say(w, "not ready")
		return
	}
	say(w, "ok")
}

func say(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text+"\n") // who has hung up need not know
}
