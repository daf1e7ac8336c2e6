package admin

import (
	"github.com/prometheus/client_golang/prometheus"
)

// A snapshot collects the metrics that the gateway and the functions count. It reads them at each
// request.
type snapshot struct {
	cfg   Config
	ready func() bool

	messages, isReady, connections, connects, flow *prometheus.Desc
	throttled, failures, drops, closed, refused    *prometheus.Desc
	processes, waiting, starts                     *prometheus.Desc
}

var _ prometheus.Collector = (*snapshot)(nil)

func newSnapshot(cfg Config, ready func() bool) *snapshot {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &snapshot{
		cfg: cfg, ready: ready,
		messages: prometheus.NewDesc("MessageCount", "Messages from and to clients.", nil,
			prometheus.Labels{"ApiId": cfg.APIID, "Stage": cfg.Stage}),
		isReady:     desc("tyg_ready", "1 while the gateway accepts clients."),
		connections: desc("tyg_connections", "Connections that are open."),
		connects:    desc("tyg_connects_total", "Handshakes accepted."),
		flow: desc("tyg_messages_total", "Messages, received from and sent to clients.",
			"direction"),
		throttled: desc("tyg_throttled_total", "Messages to clients that read too slowly."),
		failures:  desc("tyg_failures_total", "Events whose handling failed or took too long."),
		closed: desc("tyg_closed_total",
			"Connections, and sockets before their handshake, that have ended, by reason.", "reason"),
		refused: desc("tyg_refused_total", "Handshakes refused, by reason.", "reason"),
		drops: desc("tyg_log_dropped_total",
			"Lines of the logs that were lost: the log was not read, or is full."),
		processes: desc("tyg_function_processes", "Processes of a function, by state.",
			"function", "state"),
		waiting: desc("tyg_function_waiting", "Events that wait for a process.", "function"),
		starts:  desc("tyg_function_starts_total", "Processes started.", "function"),
	}
}

// Describe sends the descriptions of all metrics.
func (s *snapshot) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		s.messages, s.isReady, s.connections, s.connects, s.flow, s.throttled, s.failures,
		s.drops, s.closed, s.refused,
		s.processes, s.waiting, s.starts,
	} {
		to <- d
	}
}

// Collect sends the current values.
func (s *snapshot) Collect(to chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	g := s.cfg.Gateway()
	count(s.messages, g.Messages+g.Sent)
	count(s.connects, g.Connects)
	count(s.flow, g.Messages, "received")
	count(s.flow, g.Sent, "sent")
	count(s.throttled, g.Throttled)
	count(s.failures, g.Failures)
	drops := g.LogDrops
	if s.cfg.LogDrops != nil {
		drops += s.cfg.LogDrops()
	}
	count(s.drops, drops)
	for reason, n := range g.Closed {
		count(s.closed, n, reason)
	}
	for reason, n := range g.Refused {
		count(s.refused, n, reason)
	}
	gauge(s.connections, g.Connections)
	ready := int64(0)
	if s.ready() {
		ready = 1
	}
	gauge(s.isReady, ready)
	if s.cfg.Functions == nil {
		return
	}
	for name, f := range s.cfg.Functions() {
		gauge(s.processes, int64(f.Starting), name, "starting")
		gauge(s.processes, int64(f.Idle), name, "idle")
		gauge(s.processes, int64(f.Busy), name, "busy")
		gauge(s.waiting, int64(f.Waiting), name)
		count(s.starts, int64(f.Starts), name)
	}
}
