package admin

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
)

// counters are the metrics that are counted here, with each event.
type counters struct {
	connects    prometheus.Counter
	client      prometheus.Counter
	integration *prometheus.CounterVec
	execution   *prometheus.CounterVec
	latency     *prometheus.HistogramVec
	refusals    *prometheus.CounterVec
}

func newCounters(cfg Config) counters {
	labels := prometheus.Labels{"ApiId": cfg.APIID, "Stage": cfg.Stage}
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}
	}
	byRoute := []string{"Route"}
	return counters{
		connects: prometheus.NewCounter(opts("ConnectCount",
			"Events sent to the integration of the $connect route.")),
		client: prometheus.NewCounter(opts("ClientError",
			"Handshakes answered with a 4xx status.")),
		integration: prometheus.NewCounterVec(opts("IntegrationError",
			"Events that the integration itself answered with a failure."), byRoute),
		execution: prometheus.NewCounterVec(opts("ExecutionError",
			"Events for which the integration could not be called or did not answer in time."), byRoute),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "IntegrationLatency", ConstLabels: labels,
			Help: "Milliseconds from sending an event to the integration until its answer.",
			Buckets: []float64{
				0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 29000,
			},
		}, byRoute),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tyg_refusals_total", Help: "Handshakes refused, by HTTP status.",
		}, []string{"status"}),
	}
}

// Trace returns the hooks by which the gateway reports what happens.
func (a *Admin) Trace() gateway.Trace {
	return gateway.Trace{Refused: a.count.refused, Handled: a.count.handled}
}

func (c *counters) refused(status int, _ string) {
	c.refusals.WithLabelValues(strconv.Itoa(status)).Inc()
	if status >= 400 && status < 500 {
		c.client.Inc()
	}
}

func (c *counters) handled(e tyg.Event, d time.Duration, err error) {
	if e.Type == tyg.EventConnect {
		c.connects.Inc()
	}
	c.latency.WithLabelValues(e.Route).Observe(float64(d) / float64(time.Millisecond))
	switch {
	case err == nil:
	case isAnswer(err):
		c.integration.WithLabelValues(e.Route).Inc()
	default:
		c.execution.WithLabelValues(e.Route).Inc()
	}
}

// isAnswer reports whether an error is an answer of the integration.
func isAnswer(err error) bool {
	if _, ok := errors.AsType[*functions.FunctionError](err); ok {
		return true
	}
	_, ok := errors.AsType[*tyg.Rejection](err)
	return ok && !errors.Is(err, context.DeadlineExceeded)
}
