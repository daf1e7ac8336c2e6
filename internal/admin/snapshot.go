package admin

import (
	"iter"
	"maps"
	"slices"
	"sync"
)

// sorted walks a map of counts by its keys, in order.
func sorted[T any](m *sync.Map) iter.Seq2[string, *T] {
	all := make(map[string]*T)
	m.Range(func(key, value any) bool {
		all[key.(string)] = value.(*T)
		return true
	})
	return byKey(all)
}

func byKey[T any](m map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// metrics returns all metrics at this moment.
func (a *Admin) metrics() []Metric {
	list := append(a.count.metrics(), a.snapshot()...)
	for _, more := range a.cfg.Metrics {
		list = append(list, more()...)
	}
	return append(list, processMetrics(a.began)...)
}

// snapshot returns what the gateway counts.
func (a *Admin) snapshot() []Metric {
	var list []Metric
	add := func(kind Kind, name, help string, n int64, labels ...Label) {
		list = append(list, Metric{
			Name: name, Help: help, Labels: labels, Kind: kind, Number: float64(n),
		})
	}
	g := a.cfg.Gateway()
	add(Counter, "MessageCount", "Messages from and to clients.", g.Messages+g.Sent, a.count.api...)
	ready := int64(0)
	if a.Ready() {
		ready = 1
	}
	add(Gauge, "tyg_ready", "1 while the gateway accepts clients.", ready)
	add(Gauge, "tyg_connections", "Connections that are open.", g.Connections)
	add(Counter, "tyg_connects_total", "Handshakes accepted.", g.Connects)
	const flow = "Messages, received from and sent to clients."
	add(Counter, "tyg_messages_total", flow, g.Messages, Label{"direction", "received"})
	add(Counter, "tyg_messages_total", flow, g.Sent, Label{"direction", "sent"})
	add(Counter, "tyg_throttled_total", "Messages to clients that read too slowly.", g.Throttled)
	add(Counter, "tyg_failures_total", "Events whose handling failed or took too long.", g.Failures)
	for reason, n := range byKey(g.Closed) {
		add(Counter, "tyg_closed_total",
			"Connections, and sockets before their handshake, that have ended, by reason.", n,
			Label{"reason", reason})
	}
	for reason, n := range byKey(g.Refused) {
		add(Counter, "tyg_refused_total", "Handshakes refused, by reason.", n, Label{"reason", reason})
	}
	drops := g.LogDrops
	if a.cfg.LogDrops != nil {
		drops += a.cfg.LogDrops()
	}
	add(Counter, "tyg_log_dropped_total",
		"Lines of the logs that were lost: the log was not read, or is full.", drops)
	return list
}
