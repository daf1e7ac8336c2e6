package admin

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// counters are the metrics that are counted here, with each event.
type counters struct {
	api      []Label // of API Gateway's metrics
	isAnswer func(error) bool

	connects atomic.Int64
	client   atomic.Int64
	refusals sync.Map // *atomic.Int64 by status
	routes   sync.Map // *routeCounts by route
}

// routeCounts are the counts of one route.
type routeCounts struct {
	integration, execution atomic.Int64
	latency                histogram
}

// bounds are the buckets of latencies, in milliseconds.
var bounds = [...]float64{
	0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 29000,
}

// A histogram counts latencies, and adds them up.
type histogram struct {
	buckets [len(bounds) + 1]atomic.Int64 // the last has those above all bounds
	nanos   atomic.Int64
}

func (h *histogram) observe(d time.Duration) {
	ms := float64(d) / float64(time.Millisecond)
	i, _ := slices.BinarySearch(bounds[:], ms) // a bound belongs to its bucket
	h.buckets[i].Add(1)
	h.nanos.Add(int64(d))
}

// metrics returns what Prometheus wants: how many are not above each bound.
func (h *histogram) metrics(m Metric, labels []Label) (list []Metric) {
	m.Kind = histogramKind
	total := int64(0)
	for i := range h.buckets {
		total += h.buckets[i].Load()
		bound := math.Inf(1)
		if i < len(bounds) {
			bound = bounds[i]
		}
		m.suffix, m.Number = "_bucket", float64(total)
		m.Labels = append(slices.Clone(labels), Label{"le", numberText(bound)})
		list = append(list, m)
	}
	m.Labels = labels
	m.suffix, m.Number = "_sum", float64(h.nanos.Load())/float64(time.Millisecond)
	list = append(list, m)
	m.suffix, m.Number = "_count", float64(total)
	return append(list, m)
}

// Trace returns the hooks by which the gateway reports what happens.
func (a *Admin) Trace() gateway.Trace {
	return gateway.Trace{Refused: a.count.refused, Handled: a.count.handled}
}

func (c *counters) refused(status int, _ string) {
	of[atomic.Int64](&c.refusals, strconv.Itoa(status)).Add(1)
	if status >= 400 && status < 500 {
		c.client.Add(1)
	}
}

// of returns the count of a key, which it makes.
func of[T any](m *sync.Map, key string) *T {
	v, ok := m.Load(key)
	if !ok {
		v, _ = m.LoadOrStore(key, new(T))
	}
	return v.(*T)
}

func (c *counters) handled(e tyg.Event, d time.Duration, err error) {
	if e.Type == tyg.EventConnect {
		c.connects.Add(1)
	}
	route := of[routeCounts](&c.routes, e.Route)
	route.latency.observe(d)
	switch {
	case err == nil:
	case c.isAnswer != nil && c.isAnswer(err), isRejection(err):
		route.integration.Add(1)
	default:
		route.execution.Add(1)
	}
}

// isRejection reports whether an error is an answer of the application.
func isRejection(err error) bool {
	_, ok := errors.AsType[*tyg.Rejection](err)
	return ok && !errors.Is(err, context.DeadlineExceeded)
}

// metrics returns the counts.
func (c *counters) metrics() []Metric {
	api := func(name, help string, n int64, labels []Label) Metric {
		return Metric{Name: name, Help: help, Kind: Counter, Number: float64(n), Labels: labels}
	}
	list := []Metric{
		api("ConnectCount", "Events sent to the integration of the $connect route.",
			c.connects.Load(), c.api),
		api("ClientError", "Handshakes answered with a 4xx status.", c.client.Load(), c.api),
	}
	for status, n := range sorted[atomic.Int64](&c.refusals) {
		list = append(list, api("tyg_refusals_total", "Handshakes refused, by HTTP status.", n.Load(),
			[]Label{{"status", status}}))
	}
	for key, r := range sorted[routeCounts](&c.routes) {
		labels := []Label{c.api[0], {"Route", key}, c.api[1]}
		if n := r.integration.Load(); n > 0 {
			list = append(list, api("IntegrationError",
				"Events that the integration itself answered with a failure.", n, labels))
		}
		if n := r.execution.Load(); n > 0 {
			list = append(list, api("ExecutionError",
				"Events for which the integration could not be called or did not answer in time.", n, labels))
		}
		list = append(list, r.latency.metrics(Metric{
			Name: "IntegrationLatency",
			Help: "Milliseconds from sending an event to the integration until its answer.",
		}, labels)...)
	}
	return list
}
